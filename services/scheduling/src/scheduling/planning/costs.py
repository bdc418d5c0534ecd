"""What a plan costs, by part (FORMAT section 5), for any number of appointments at once."""

from collections.abc import Iterable, Mapping

import numpy as np

from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.model import CostParts, Worker
from scheduling.planning.occupancy import Visits


def of_plan(
    rules: Rules,
    workers: Mapping[str, Worker],
    appointments: Mapping[str, tuple[str, int]],
    unassigned: Iterable[str],
    moved: int = 0,
) -> CostParts:
    """The cost parts of a whole plan."""
    unplaced = (workers[w].priority for w in unassigned)
    return of_visits(rules, *_rows(rules, workers, appointments), unplaced, moved)


def of_each(rules: Rules, workers: Mapping[str, Worker], appointments: Mapping[str, tuple[str, int]]) -> Ints:
    """Late, travel, shift and rest-day cost of each appointment, a row for each."""
    return _of_rows(rules, *_rows(rules, workers, appointments)).T


def of_visits(
    rules: Rules, visits: Visits, due: Ints, priority: Ints, unassigned: Iterable[int], moved: int = 0
) -> CostParts:
    """The cost parts of visits with their due days and priorities; `unassigned` are priorities too."""
    weights, used = rules.instance.weights, np.unique(rules.windows.session[visits.window])
    late, travel, shift, rest_day = (_of_rows(rules, visits, due, priority) @ visits.amount).tolist()
    return CostParts(
        unassigned=sum(weights.unassigned[p] for p in unassigned),
        late=late,
        travel=travel,
        shift=shift,
        rest_day=rest_day,
        opening=sum(rules.instance.sessions[s].open_cost for s in used.tolist()),
        moves=weights.move * moved,
    )


def of_visit(rules: Rules, worker: Worker, windows: Ints) -> Ints:
    """What a visit of the worker costs in each of some windows; what opening their sessions costs is not in it."""
    line, package, due, priority, one = (
        np.full(len(windows), n)
        for n in (rules.line_at[worker.line], rules.package_at[worker.package], worker.due, worker.priority, 1)
    )
    total: Ints = _of_rows(rules, Visits(line, package, windows, one), due, priority).sum(axis=0)
    return total


def _rows(
    rules: Rules, workers: Mapping[str, Worker], appointments: Mapping[str, tuple[str, int]]
) -> tuple[Visits, Ints, Ints]:
    """A visit for each appointment, with its due day and priority."""
    seated = [workers[w] for w in appointments]
    due, priority = (np.array(days, dtype=np.int64) for days in ([w.due for w in seated], [w.priority for w in seated]))
    return Visits.each(rules, workers, appointments), due, priority


def _of_rows(rules: Rules, visits: Visits, due: Ints, priority: Ints) -> Ints:
    """Late, travel, shift and rest-day cost of one of each row's visits."""
    weights = rules.instance.weights
    late = np.zeros(max(weights.late_day, default=0) + 1, dtype=np.int64)
    late[list(weights.late_day)] = list(weights.late_day.values())
    days = np.maximum(rules.windows.day[visits.window] - due, 0)
    return np.stack((late[priority] * days, *visit_parts(rules, visits.line, visits.package, visits.window)))


def visit_parts(rules: Rules, line: Ints, package: Ints, window: Ints) -> tuple[Ints, Ints, Ints]:
    """Travel, shift and rest-day cost of visits given by positions of line, package and window."""
    instance, flat = rules.instance, rules.windows
    travel, away, rest = (np.zeros(len(line), dtype=np.int64) for _ in range(3))
    cycles = np.array([p.cycle_minutes for p in instance.packages], dtype=np.int64)
    for site, calendar, own in rules.by_crew(line):
        shifts = rules.calendars[calendar]
        minutes = np.maximum(rules.travel_from(site)[flat.site[window[own]]], 0)
        start = flat.instant[window[own]]
        travel[own] = 2 * minutes * instance.weights.travel_minute
        back = start + cycles[package[own]] + minutes
        away[own] = (shifts.worked_before(back) - shifts.worked_before(start - minutes)) * instance.weights.shift_minute
        rest[own] = np.where(shifts.rest[flat.day[window[own]]], instance.weights.rest_day_visit, 0)
    return travel, away, rest
