"""`khamdoan up`: start everything and stay until it is stopped."""

import argparse

from khamdoan import background, supervisor
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("up", help="khởi động toàn bộ / start everything, and stop it with Ctrl-C")
    options.add_data(parser)
    parser.add_argument(
        "--services", action=argparse.BooleanOptionalAction, default=True, help="start the five services too"
    )
    parser.add_argument("--detach", action="store_true", help="return once everything is ready; stop with `down`")
    parser.add_argument(
        "--throwaway", action="store_true", help="for tests: free ports instead of the usual ones, no fsync"
    )
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    """Supervise in the foreground, or start a supervisor and wait until it is ready."""
    if given.detach:
        background.start(given.data, flags(given), say)
    else:
        supervisor.run(given.data, with_services=given.services, throwaway=given.throwaway, say=say)


def flags(given: argparse.Namespace) -> list[str]:
    """The same wishes for the supervisor in the background."""
    return ["--services" if given.services else "--no-services", *(["--throwaway"] if given.throwaway else [])]


def say(sentence: str) -> None:
    """Print at once, even into a file."""
    print(sentence, flush=True)
