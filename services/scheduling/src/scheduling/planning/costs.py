"""What a plan costs, by part (FORMAT section 5), for any number of appointments at once."""

from collections.abc import Iterable, Mapping

import numpy as np

from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.model import CostParts, Worker
from scheduling.planning.occupancy import Visits, first_windows


def of_plan(
    rules: Rules,
    workers: Mapping[str, Worker],
    appointments: Mapping[str, tuple[str, int]],
    unassigned: Iterable[str],
    moved: int = 0,
) -> CostParts:
    """The cost parts of a whole plan."""
    first = first_windows(rules)
    seated = [workers[w] for w in appointments]
    visits = Visits(
        np.array([rules.line_at[w.line] for w in seated], dtype=np.int64),
        np.array([rules.package_at[w.package] for w in seated], dtype=np.int64),
        np.array([first[s] + i for s, i in appointments.values()], dtype=np.int64),
        np.ones(len(seated), dtype=np.int64),
    )
    due = np.array([w.due for w in seated], dtype=np.int64)
    priority = np.array([w.priority for w in seated], dtype=np.int64)
    return of_visits(rules, visits, due, priority, (workers[w].priority for w in unassigned), moved)


def of_visits(
    rules: Rules, visits: Visits, due: Ints, priority: Ints, unassigned: Iterable[int], moved: int = 0
) -> CostParts:
    """The cost parts of visits with their due days and priorities; `unassigned` are priorities too."""
    weights, window = rules.instance.weights, visits.window
    late = np.zeros(max(weights.late_day, default=0) + 1, dtype=np.int64)
    late[list(weights.late_day)] = list(weights.late_day.values())
    days = np.maximum(rules.windows.day[window] - due, 0)
    travel, shift, rest = visit_parts(rules, visits.line, visits.package, window)
    return CostParts(
        unassigned=sum(weights.unassigned[p] for p in unassigned),
        late=int((late[priority] * days * visits.amount).sum()),
        travel=int((travel * visits.amount).sum()),
        shift=int((shift * visits.amount).sum()),
        rest_day=int((rest * visits.amount).sum()),
        opening=sum(rules.instance.sessions[s].open_cost for s in np.unique(rules.windows.session[window]).tolist()),
        moves=weights.move * moved,
    )


def of_visit(rules: Rules, worker: Worker, windows: Ints) -> Ints:
    """What a visit of the worker costs in each of some windows; what opening their sessions costs is not in it."""
    line = np.full(len(windows), rules.line_at[worker.line])
    package = np.full(len(windows), rules.package_at[worker.package])
    late = rules.instance.weights.late_day[worker.priority]
    total: Ints = sum(visit_parts(rules, line, package, windows), np.zeros(len(windows), dtype=np.int64))
    total += late * np.maximum(rules.windows.day[windows] - worker.due, 0)
    return total


def visit_parts(rules: Rules, line: Ints, package: Ints, window: Ints) -> tuple[Ints, Ints, Ints]:
    """Travel, shift and rest-day cost of visits given by positions of line, package and window."""
    instance, flat = rules.instance, rules.windows
    travel, away, rest = (np.zeros(len(line), dtype=np.int64) for _ in range(3))
    cycles = np.array([p.cycle_minutes for p in instance.packages], dtype=np.int64)
    crews: dict[tuple[str, str], list[int]] = {}
    for x in np.unique(line).tolist():
        crews.setdefault((instance.lines[x].site, instance.lines[x].calendar), []).append(x)
    crew_of = np.zeros(len(instance.lines), dtype=np.int64)
    for crew, members in enumerate(crews.values()):
        crew_of[members] = crew
    order = np.argsort(crew_of[line], kind="stable") if len(line) else line
    edges = np.searchsorted(crew_of[line][order], np.arange(len(crews) + 1))
    for (site, calendar), first, past in zip(crews, edges[:-1], edges[1:], strict=True):
        own = order[first:past]
        shifts = rules.calendars[calendar]
        minutes = np.maximum(rules.travel_from(site)[flat.site[window[own]]], 0)
        start = flat.instant[window[own]]
        travel[own] = 2 * minutes * instance.weights.travel_minute
        back = start + cycles[package[own]] + minutes
        away[own] = (shifts.worked_before(back) - shifts.worked_before(start - minutes)) * instance.weights.shift_minute
        rest[own] = np.where(shifts.rest[flat.day[window[own]]], instance.weights.rest_day_visit, 0)
    return travel, away, rest
