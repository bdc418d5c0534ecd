"""Reading and writing plans for `khamdoan plan …`: every obstacle is said in two languages, before the search."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from khamdoan.errors import SetupError
from scheduling.planning import Instance, Plan, Report, check, noting, reading
from scheduling.planning.consistency import UnreadableError

UNREADABLE = 2  # exit status, as the benchmark's own referee has it
LEAST = 0.1  # seconds; that much is searched however long reading took
Read = TypeVar("Read")


def prepare(output: Path) -> None:
    """A folder that cannot be written is said before the search, not after it."""
    try:
        output.mkdir(parents=True, exist_ok=True)
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
    bound, notes = read(folder, lambda: noting.read(folder, report.cost.total))
    appointments = {worker: (session, window) for worker, session, window in solution.appointments}
    return Plan(appointments, dict(solution.unassigned), report.cost, bound, notes)


def _invalid(report: Report) -> SetupError:
    first = "; ".join(f"{rule}: {found[0]}" for rule, found in sorted(report.violations.items()))
    vi, en = f"Kế hoạch không hợp lệ: {first}", f"The plan breaks rules: {first}"
    return SetupError("plan.invalid", vi, en)
