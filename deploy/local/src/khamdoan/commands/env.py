"""`khamdoan env`: the environment of a running stack, to be taken over by a shell."""

import argparse
import shlex

from khamdoan import state
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers
from khamdoan.errors import SetupError


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("env", help='biến môi trường / variables for a shell: eval "$(khamdoan env)"')
    options.add_data(parser)
    parser.add_argument("service", nargs="?", help="those of one service, to run it by hand (default: a superuser's)")
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> None:
    """Print `export` lines."""
    running = state.read(given.data.resolve())
    for name, value in sorted(environment(running, given.service).items()):
        print(f"export {name}={shlex.quote(value)}")


def environment(running: state.State, service: str | None) -> dict[str, str]:
    """The variables of `service`, or of a client of the servers."""
    if service is None:
        return running.environment
    if service not in running.services:
        known = ", ".join(running.services) or "-"
        raise SetupError(
            "service-unknown",
            f"Không có dịch vụ {service}; hiện có: {known}.",
            f"There is no service {service}; there are: {known}.",
        )
    return running.services[service]
