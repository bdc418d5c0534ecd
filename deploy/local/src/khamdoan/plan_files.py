"""Reading and writing plans for `khamdoan plan …`: every obstacle is said in two languages, before the search."""

import argparse
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeVar

from khamdoan.errors import SetupError
from scheduling.planning import Instance, Plan, Report, check, noting, reading, write_solution
from scheduling.planning.consistency import UnreadableError

UNREADABLE = 2  # exit status, as the benchmark's own referee has it
STOPPING = (signal.SIGINT, signal.SIGTERM)
LEAST = 0.1  # seconds; that much is searched however long reading took
Read = TypeVar("Read")


def prepare(output: Path) -> None:
    """A folder that cannot be written is said before the search, not after it."""
    with _written(output):
        output.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=output).close()


def write(plan: Plan, output: Path, *more: Callable[[Plan, Path], None]) -> None:
    """Write the plan's files, and what else belongs to it: all of it, or nothing, and what was there before stays."""
    with _written(output), tempfile.TemporaryDirectory(dir=output) as scratch:
        for part in (write_solution, *more):
            part(plan, Path(scratch))
        for file in Path(scratch).iterdir():
            file.replace(output / file.name)


@contextmanager
def _written(output: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        vi, en = f"Không ghi được {output}: {error.strerror}", f"Cannot write {output}: {error.strerror}"
        raise SetupError("plan.unwritable", vi, en) from error


def read(source: Path, reader: Callable[[], Read]) -> Read:
    """What the reader makes of a file or folder. Raises SetupError with status 2 where it cannot."""
    try:
        return reader()
    except (OSError, UnreadableError) as error:
        vi, en = f"Không đọc được {source}: {error}", f"Cannot read {source}: {error}"
        raise SetupError("plan.unreadable", vi, en, UNREADABLE) from error


def time_left(options: argparse.Namespace) -> float:
    """What is left of the limit: it holds for the whole command."""
    begun: float = options.begun
    limit: float = options.time_limit
    return max(LEAST, begun + limit - time.monotonic())


def valid_plan(instance: Instance, folder: Path) -> Plan:
    """The plan in a folder with what the engine noted beside it. Raises SetupError where it breaks a rule."""
    solution = read(folder, lambda: reading.read_solution(folder))
    report = check(instance, solution)
    if not report.valid:
        raise _invalid(report)
    bound, notes = read(folder, lambda: noting.read(folder, instance, report.cost.total))
    appointments = {worker: (session, window) for worker, session, window in solution.appointments}
    return Plan(appointments, dict(solution.unassigned), report.cost, bound, notes)


def _invalid(report: Report) -> SetupError:
    first = "; ".join(f"{rule}: {found[0]}" for rule, found in sorted(report.violations.items()))
    vi, en = f"Kế hoạch không hợp lệ: {first}", f"The plan breaks rules: {first}"
    return SetupError("plan.invalid", vi, en)


@contextmanager
def stoppable() -> Iterator[threading.Event]:
    """The event is set by Ctrl-C or a request to end: what was found by then is written. The next one ends at once."""
    stop = threading.Event()
    usual = {int(number): signal.getsignal(number) for number in STOPPING}

    def ask(number: int, _: FrameType | None) -> None:
        signal.signal(number, usual[number])
        stop.set()

    for number in usual:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
    if stop.is_set():
        print("Đã dừng theo yêu cầu với kế hoạch tốt nhất đến lúc đó.", file=sys.stderr)
        print("Stopped on request, with the best plan so far.", file=sys.stderr, flush=True)
        sys.stdout.flush()
        os._exit(0)  # a search in a thread cannot be broken off, only left behind
