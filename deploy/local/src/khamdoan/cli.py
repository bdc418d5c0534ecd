"""The command `khamdoan`."""

import argparse
import importlib
import os
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

from khamdoan import accounts
from khamdoan.errors import SetupError

# Only the module of the command that is asked for is imported: `up` has no use for a solver, nor `plan` for Kafka.
COMMANDS = {
    "up": "khamdoan.commands.up",
    "down": "khamdoan.commands.down",
    "status": "khamdoan.commands.status",
    "env": "khamdoan.commands.env",
    "logs": "khamdoan.commands.logs",
    "prepare": "khamdoan.commands.prepare",
    "acls": "khamdoan.commands.acls",
    "topics": "khamdoan.commands.topics",
    "demo": "khamdoan.commands.demo",
    "roster": "khamdoan.commands.roster",
    "plan": "khamdoan.commands.plan",
    "subject": "khamdoan.commands.subject",
    "trace": "khamdoan.commands.trace",
    "dead-letters": "khamdoan.commands.dead_letters",
    "rebuild": "khamdoan.commands.rebuild",
}


INTERRUPTED = 130  # exit status, as shells have it


class Parser(argparse.ArgumentParser):
    """Says in both languages that a command was called wrongly; what exactly is wrong, argparse says in English."""

    def error(self, message: str) -> NoReturn:
        """End with the usage and status 2."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: gọi lệnh chưa đúng / wrong arguments: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; an obstacle is said in two languages, without a traceback."""
    _leave_out_of_the_shell()
    accounts.let_walk()
    begun = argparse.Namespace(begun=time.monotonic())  # who promises to be done in time counts the imports too
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = parser(given).parse_args(given, begun)
        return int(options.run(options) or 0)
    except SetupError as error:
        return _say(error)
    except KeyboardInterrupt:
        return _say(SetupError("interrupted", "Đã dừng theo yêu cầu.", "Stopped on request.", INTERRUPTED))
    except OSError as error:
        if error.filename is None:
            raise
        why = f"{error.filename}: {error.strerror}"
        return _say(SetupError("file.away", f"Không mở hay tạo được {why}.", f"Cannot open or make {why}."))


def _leave_out_of_the_shell() -> None:
    """No proxy reaches this machine (Maven has its own settings); PGSSLMODE and the like are about other databases."""
    os.environ.update(no_proxy="*", NO_PROXY="*")
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def _say(obstacle: SetupError) -> int:
    print(f"khamdoan: {obstacle.code}\n  {obstacle.vi}\n  {obstacle.en}", file=sys.stderr)
    return obstacle.status


def parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of the command in `given`, or of all commands when it names none."""
    described = Parser(prog="khamdoan", description="Khám Đoàn trên một máy / on one machine.")
    subparsers = described.add_subparsers(required=True, metavar="COMMAND")
    named = [name for name in given[:1] if name in COMMANDS]
    for name in named or COMMANDS:
        importlib.import_module(COMMANDS[name]).add_to(subparsers)
    return described
