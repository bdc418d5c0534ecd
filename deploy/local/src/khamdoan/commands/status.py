"""`khamdoan status`: what runs, as which process, on which port."""

import argparse
import os

from khamdoan import sockets, state
from khamdoan.commands import options
from khamdoan.commands.options import Subparsers
from khamdoan.services import READY_PATH
from khamdoan.state import State


def add_to(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser("status", help="đang chạy những gì / what runs")
    options.add_data(parser)
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """One line per process; exit status 1 when one of them is not ready."""
    running = state.read(given.data.resolve())
    conditions = {name: condition(running, name, pid) for name, pid in running.pids.items()}
    print(f"{'':14}{'pid':>8}{'port':>7}  ")
    for name, pid in running.pids.items():
        print(f"{name:14}{pid:>8}{shown_port(running, name):>7}  {conditions[name]}")
    return 0 if set(conditions.values()) == {"ready"} else 1


def shown_port(running: State, name: str) -> int:
    """The port a person would look for: the one that serves, else the one for operators."""
    return running.ports[name] if name in running.ports else running.ports[f"{name}-operations"]


def condition(running: State, name: str, pid: int) -> str:
    """`ready`, `not ready` or `ended`."""
    if not is_alive(pid):
        return "ended"
    if name in running.services:
        port = running.ports[f"{name}-operations"]
        return "ready" if sockets.answers(f"http://127.0.0.1:{port}{READY_PATH}") else "not ready"
    return "ready" if sockets.accepts(running.ports[name]) else "not ready"


def is_alive(pid: int) -> bool:
    """Whether the process exists; signal 0 only asks."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
