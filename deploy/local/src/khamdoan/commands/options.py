"""What several commands ask in the same words."""

import argparse
import os
from pathlib import Path

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives its type no public name


def add_data(parser: argparse.ArgumentParser) -> None:
    """`--data DIR`: which stack is meant."""
    default = Path(os.environ.get("KHAMDOAN_DATA", ".khamdoan"))
    parser.add_argument(
        "--data", type=Path, default=default, metavar="DIR", help="folder of the stack's data (default: .khamdoan)"
    )
