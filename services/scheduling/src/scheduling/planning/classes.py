"""Workers who are alike for the plan, counted: same line, package, priority, dates and, in a re-plan, seat."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from scheduling.planning.eligibility import Flags, Ints, Rules
from scheduling.planning.model import DayRanges, Worker

FAR = 10**6


@dataclass(frozen=True, slots=True)
class Demand:
    """The classes: positions of line and package, allowed days (a row of `calendars`), members by position.

    `seat` is the window held under the published plan, -1 for none.
    """

    line: Ints
    package: Ints
    priority: Ints
    due: Ints
    dates: Ints
    seat: Ints
    size: Ints
    members: list[list[int]]
    calendars: Flags


def of(rules: Rules, workers: Iterable[tuple[int, Worker]], seats: Mapping[str, int] | None = None) -> Demand:
    """Classes of the workers, each given with its position; in order of first appearance."""
    days = sorted({s.day for s in rules.instance.sessions})
    last = days[-1] if days else 0
    date_rows: dict[bytes, int] = {}
    dates_of: dict[tuple[int, int | None, DayRanges], int] = {}
    classes: dict[tuple[str, str, int, int, int, int], list[int]] = {}
    held = seats or {}
    for position, worker in workers:
        dates = (worker.earliest, worker.deadline, worker.unavailable)
        row = dates_of.get(dates)
        if row is None:
            mask = bytes(worker.free_on(day) for day in days)
            row = dates_of[dates] = date_rows.setdefault(mask, len(date_rows))
        due = worker.due if worker.due < last else FAR
        key = (worker.line, worker.package, worker.priority, due, row, held.get(worker.id, -1))
        classes.setdefault(key, []).append(position)
    width = rules.instance.days + max(0, last - rules.instance.days + 1)
    calendars = np.zeros((len(date_rows), width), dtype=np.bool_)
    for mask, row in date_rows.items():
        calendars[row, days] = np.frombuffer(mask, dtype=np.bool_)
    keys = [
        (rules.line_at[line], rules.package_at[package], priority, due, row, seat)
        for line, package, priority, due, row, seat in classes
    ]
    table = np.array(keys, dtype=np.int64).reshape(len(keys), 6)
    members = list(classes.values())
    size = np.array([len(m) for m in members], dtype=np.int64)
    return Demand(
        line=table[:, 0],
        package=table[:, 1],
        priority=table[:, 2],
        due=table[:, 3],
        dates=table[:, 4],
        seat=table[:, 5],
        size=size,
        members=members,
        calendars=calendars,
    )
