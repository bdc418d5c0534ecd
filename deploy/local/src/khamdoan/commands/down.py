"""`khamdoan down`: stop what `khamdoan up` started."""

import argparse

from khamdoan import background, places, state
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("down", help="dừng toàn bộ / stop everything")
    options.add_data(parser)
    parser.add_argument("--discard", action="store_true", help="delete the stack's data too, if it runs or not")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    """Ask, wait until it has happened, and forget the data if that is wished."""
    if not given.discard:
        background.stop(given.data, print)
        return
    for folder in (given.data / state.DEMO, given.data):  # a demo's data lies within, and goes too
        if state.is_held(folder):
            background.stop(folder, print)
    for folder in (given.data / state.DEMO, given.data):
        if folder.exists():
            places.discard(places.of(folder))
