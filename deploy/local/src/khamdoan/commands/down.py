"""`khamdoan down`: stop what `khamdoan up` started."""

import argparse

from khamdoan import background
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("down", help="dừng toàn bộ / stop everything")
    options.add_data(parser)
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    """Ask, and wait until it has happened."""
    background.stop(given.data, print)
