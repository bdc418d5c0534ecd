"""A part of the problem on dense arrays: some classes, some sessions, what each may use and at what cost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Flags, Ints, Rules, Windows
from scheduling.planning.occupancy import Occupancy

FORBIDDEN = 10**9
Costs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Block:
    """Classes c, windows w, kinds k (site, calendar, package), days d, resources r; positions are local.

    `kind_cost[k, w]` is FORBIDDEN where R2 fails, `day_cost[c, d]` where R3 fails; a visit costs their sum.
    `places[w, r]` counts arrivals that need resource r, `uses[p, r]` says which packages need it.
    """

    classes: Ints
    size: Ints
    kind: Ints
    package: Ints
    line: Ints
    penalty: Ints
    day_cost: Costs
    kind_cost: Costs
    kind_place: Ints
    windows: Windows
    window_at: Ints
    window_day: Ints
    window_session: Ints
    sessions: Ints
    open_cost: Ints
    places: Ints
    uses: Flags
    resource_names: tuple[str, ...]
    lines: Ints
    ceiling: Ints
    line_place: Ints
    place_key: list[tuple[str, str]]
    cycle: Ints
    seat: Ints
    move: int

    def starts(self) -> Ints:
        """The position of every session's first window: the windows of a session stand together."""
        return np.flatnonzero(np.diff(self.window_session, prepend=-1))

    def costs(self, classes: Ints, windows: Ints) -> Costs:
        """Cost of one visit per pair (class, window)."""
        moved = (self.seat[classes] >= 0) & (self.seat[classes] != windows)
        visit: Costs = self.kind_cost[self.kind[classes], windows] + self.day_cost[classes, self.window_day[windows]]
        barred = self.windows.held[windows] & (self.seat[classes] != windows)
        return visit + np.where(moved, self.move, 0) + np.where(barred, FORBIDDEN, 0)


def build(rules: Rules, demand: Demand, chosen: Ints, sessions: Ints, fixed: Occupancy | None = None) -> Block:
    """The block of the chosen classes and sessions (positions); windows by day, without those nobody may use.

    `fixed` are appointments that stay: they take places, and the sessions they use are open at no further cost.
    """
    everything = rules.windows if fixed is None else fixed.remaining()
    window_at = rules.windows_in(sessions)
    window_at = window_at[everything.usable[window_at]]
    kinds, kind, place_key, kind_place = _kinds(rules, demand, chosen)
    cost = _kind_costs(rules, kinds, everything.of(window_at))
    used = (cost < FORBIDDEN).any(axis=0)
    kept = np.flatnonzero(used)[np.argsort(everything.day[window_at[used]], kind="stable")]
    window_at, cost = window_at[kept], np.ascontiguousarray(cost[:, kept])
    windows = everything.of(window_at)
    present, window_session = np.unique(windows.session, return_inverse=True)
    days, window_day = np.unique(windows.day, return_inverse=True)
    packages = demand.package[chosen]
    places, uses, names = _resources(rules, np.unique(packages), windows)
    lines, line = np.unique(demand.line[chosen], return_inverse=True)
    line_kind = np.zeros(len(lines), dtype=np.int64)
    line_kind[line] = kind_place[kind]
    instance = rules.instance
    return Block(
        classes=chosen,
        size=demand.size[chosen],
        kind=kind,
        package=packages,
        line=line,
        penalty=_penalties(rules, demand, chosen),
        day_cost=_day_costs(rules, demand, chosen, days),
        kind_cost=cost,
        kind_place=kind_place,
        windows=windows,
        window_at=window_at,
        window_day=window_day,
        window_session=window_session,
        sessions=present,
        open_cost=np.array(
            [0 if fixed and fixed.uses(int(s)) else instance.sessions[s].open_cost for s in present], dtype=np.int64
        ),
        places=places,
        uses=uses,
        resource_names=names,
        lines=lines,
        ceiling=np.array([instance.lines[x].ceiling for x in lines], dtype=np.int64),
        line_place=line_kind,
        place_key=place_key,
        cycle=np.array([instance.packages[p].cycle_minutes for p in packages], dtype=np.int64),
        seat=_local(demand.seat[chosen], window_at),
        move=instance.weights.move,
    )


def _penalties(rules: Rules, demand: Demand, chosen: Ints) -> Ints:
    """Cost of leaving one of each class out; whoever held a seat then counts as moved."""
    weights = rules.instance.weights
    plain = np.array([weights.unassigned[int(p)] for p in demand.priority[chosen]], dtype=np.int64)
    return plain + np.where(demand.seat[chosen] >= 0, weights.move, 0)


def _local(seats: Ints, window_at: Ints) -> Ints:
    """Positions of global windows in the block, -1 where absent."""
    where = {int(w): k for k, w in enumerate(window_at)}
    return np.array([where.get(int(w), -1) for w in seats], dtype=np.int64)


def _kinds(
    rules: Rules, demand: Demand, chosen: Ints
) -> tuple[list[tuple[str, str, int]], Ints, list[tuple[str, str]], Ints]:
    lines = rules.instance.lines
    kind_at: dict[tuple[str, str, int], int] = {}
    kind = np.zeros(len(chosen), dtype=np.int64)
    for x, c in enumerate(chosen):
        line = lines[demand.line[c]]
        kind[x] = kind_at.setdefault((line.site, line.calendar, int(demand.package[c])), len(kind_at))
    place_at: dict[tuple[str, str], int] = {}
    kind_place = np.array(
        [place_at.setdefault((site, calendar), len(place_at)) for site, calendar, _ in kind_at], dtype=np.int64
    )
    return list(kind_at), kind, list(place_at), kind_place


def _kind_costs(rules: Rules, kinds: list[tuple[str, str, int]], windows: Windows) -> Costs:
    together: dict[tuple[str, str], list[int]] = {}
    for k, (site, calendar, _) in enumerate(kinds):
        together.setdefault((site, calendar), []).append(k)
    cost = np.full((len(kinds), len(windows.total)), FORBIDDEN, dtype=np.int64)
    for (site, calendar), rows in together.items():
        packages = [kinds[k][2] for k in rows]
        allowed = rules.eligible(site, calendar, packages, windows)
        cost[rows] = np.where(allowed, rules.visit_costs(site, calendar, packages, windows), FORBIDDEN)
    return cost


def _day_costs(rules: Rules, demand: Demand, chosen: Ints, days: Ints) -> Costs:
    late = rules.instance.weights.late_day
    per_day = np.array([late[int(p)] for p in demand.priority[chosen]], dtype=np.int64)
    cost = per_day[:, None] * np.maximum(days[None, :] - demand.due[chosen][:, None], 0)
    return np.where(demand.calendars[demand.dates[chosen]][:, days], cost, FORBIDDEN)


def _resources(rules: Rules, packages: Ints, windows: Windows) -> tuple[Ints, Flags, tuple[str, ...]]:
    """Station capacities that can bind: stations of the same packages share one row, `total` comes first."""
    needed: dict[bytes, list[int]] = {}
    for q in range(len(rules.stations)):
        if rules.needs[packages, q].any():
            needed.setdefault(rules.needs[packages, q].tobytes(), []).append(q)
    places, uses, names = [windows.total], [np.ones(len(rules.needs), dtype=np.bool_)], ["total"]
    for stations in needed.values():
        least = windows.capacity[:, stations].min(axis=1) if len(windows.total) else windows.total
        everybody = bool(rules.needs[packages, stations[0]].all())
        if everybody:
            places[0] = np.minimum(places[0], least)
        elif (least < windows.total).any():
            tightest = stations[int(windows.capacity[:, stations].sum(axis=0).argmin())]
            places.append(np.minimum(least, windows.total))
            uses.append(rules.needs[:, stations[0]])
            names.append(rules.stations[tightest])
    return np.stack(places, axis=1), np.stack(uses, axis=1), tuple(names)
