"""What several commands ask in the same words."""

import argparse
import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID

Subparsers = argparse._SubParsersAction  # noqa: SLF001 - argparse gives its type no public name


def add_data(parser: argparse.ArgumentParser) -> None:
    """`--data DIR`: which stack is meant."""
    default = Path(os.environ.get("KHAMDOAN_DATA", ".khamdoan"))
    parser.add_argument(
        "--data", type=Path, default=default, metavar="DIR", help="folder of the stack's data (default: .khamdoan)"
    )


def an_id(text: str) -> UUID:
    """A type of argument: the id of a receipt, a worker, a dead letter."""
    with suppress(ValueError):
        return UUID(text)
    raise argparse.ArgumentTypeError(
        f"{text!r}: cần một mã UUID / an id such as 01a203a9-0000-4000-8000-000000000000 is needed"
    )
