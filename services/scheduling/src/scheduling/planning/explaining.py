"""Why a plan is as it is, as data: cost and bound, scarce places, sessions opened or not, and each worker's case."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from scheduling.planning import changing, costs
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.model import (
    CAPACITY_EXHAUSTED,
    DEADLINE_PASSED,
    LINE_ABSENCE_LIMIT,
    WORKER_UNAVAILABLE,
    CapacityChange,
    CostParts,
    Instance,
    Line,
    Notes,
    Plan,
    Session,
    Worker,
)
from scheduling.planning.occupancy import Occupancy, Visits
from scheduling.planning.reasons import Chain

OPENED, NOT_NEEDED, NOT_PERMITTED, ON_HOLIDAY, OUT_OF_REACH = (
    "opened",
    "not_needed",
    "not_permitted",
    "on_holiday",
    "out_of_reach",
)
ONE_MORE_PLACE, ONE_MORE_ABSENT, LATER_DEADLINE, BACK_FROM_LEAVE, ANOTHER_SESSION = (
    "one_more_place",
    "one_more_absent",
    "later_deadline",
    "back_from_leave",
    "another_session",
)


@dataclass(frozen=True, slots=True)
class Scarcity:
    """A station (or "total") whose places ran out in some of a session's windows."""

    session: str
    station: str
    full_windows: int
    windows: int
    price: float


@dataclass(frozen=True, slots=True)
class SessionCase:
    """Why a session is opened or not; visits and the share of its places that are taken."""

    session: str
    verdict: str
    visits: int
    filled: float
    open_cost: int
    gain: float | None


@dataclass(frozen=True, slots=True)
class Remedy:
    """The nearest change that would serve a worker: what, where, and for a date the day it would have to be."""

    kind: str
    session: str | None = None
    window: int | None = None
    station: str | None = None
    line: str | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True)
class WindowCase:
    """Why a worker has this window: what the visit costs, and what the cheapest other window would have cost."""

    session: str
    window: int
    cost: CostParts
    options: int
    cheapest_elsewhere: int | None
    cheaper_but_full: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The plan as a whole: what it costs, what it could cost at best, and what is scarce."""

    cost: CostParts
    bound: int
    unassigned_by_reason: dict[str, int]
    unassigned_by_priority: dict[int, int]
    scarce: tuple[Scarcity, ...]
    scarce_lines: tuple[tuple[str, float], ...]
    sessions: tuple[SessionCase, ...]


class Explanation:
    """Answers about one plan of one instance; each is computed when asked."""

    def __init__(self, instance: Instance, plan: Plan, first_free: int = 0) -> None:
        self.instance, self.plan, self.notes = instance, plan, plan.notes or Notes()
        self.rules = Rules(instance, first_free)
        self.workers = {w.id: w for w in instance.workers}
        self.occupancy = Occupancy(self.rules, Visits.named(self.rules, self.workers, plan.appointments))
        self.chain = Chain(self.rules)

    def overview(self, scarcest: int = 20) -> Overview:
        """The whole plan on one page."""
        reasons = Counter(self.plan.unassigned.values())
        priorities = Counter(self.workers[w].priority for w in self.plan.unassigned)
        return Overview(
            self.plan.cost,
            self.plan.bound,
            dict(reasons),
            dict(priorities),
            tuple(self._scarce()[:scarcest]),
            self._scarce_lines(scarcest),
            tuple(map(self.session, self.instance.sessions)),
        )

    def session(self, session: Session) -> SessionCase:
        """Why a session is opened or not."""
        visits, seats = self._visits.get(session.id, 0), sum(session.total)
        if visits:
            verdict = OPENED
        elif not session.permit:
            verdict = NOT_PERMITTED
        elif session.day in self.instance.holidays:
            verdict = ON_HOLIDAY
        else:
            verdict = NOT_NEEDED if session.site in self._reached else OUT_OF_REACH
        return SessionCase(
            session.id,
            verdict,
            visits,
            visits / seats if seats else 0.0,
            session.open_cost,
            self.notes.session_gains.get(session.id),
        )

    def remedy(self, worker_id: str) -> Remedy:
        """The nearest change that would give an unassigned worker a window."""
        worker, reason = self.workers[worker_id], self.plan.unassigned[worker_id]
        if reason == CAPACITY_EXHAUSTED:
            return self._more_places(worker, self.chain.windows_for(worker)[1])
        if reason == LINE_ABSENCE_LIMIT:
            windows = self.chain.windows_for(worker)[1]
            free = windows[~self.occupancy.full(worker.package, windows)]
            return replace(self._at(int(self._by_cost(worker, free)[0])), kind=ONE_MORE_ABSENT, line=worker.line)
        if reason in (DEADLINE_PASSED, WORKER_UNAVAILABLE):
            windows = self.chain.windows_of_kind(worker)
            days = self.rules.windows.day[windows]
            if reason == DEADLINE_PASSED:
                return replace(self._at(int(windows[days.argmin()])), kind=LATER_DEADLINE)
            in_time = windows if worker.deadline is None else windows[days <= worker.deadline]
            return replace(self._at(int(in_time[self.rules.windows.day[in_time].argmax()])), kind=BACK_FROM_LEAVE)
        return Remedy(ANOTHER_SESSION, line=worker.line, station=reason)

    def window(self, worker_id: str) -> WindowCase:
        """Why a worker has this window and no other."""
        worker, (session, index) = self.workers[worker_id], self.plan.appointments[worker_id]
        windows = self.chain.windows_for(worker)[1]
        own = self.occupancy.first_window[session] + index
        prices = self._costs(worker, windows)
        mine = int(self._costs(worker, np.array([own]))[0])
        full = self.occupancy.full(worker.package, windows)
        others = (windows != own) & ~full
        cost = costs.of_plan(self.rules, self.workers, {worker_id: (session, index)}, ())
        return WindowCase(
            session,
            index,
            replace(cost, opening=0),
            len(windows),
            int(prices[others].min()) if others.any() else None,
            int((full & (prices < mine)).sum()),
        )

    @cached_property
    def _visits(self) -> Counter[str]:
        return Counter(session for session, _ in self.plan.appointments.values())

    @cached_property
    def _reached(self) -> set[str]:
        sites = {self.instance.lines[self.rules.line_at[name]].site for name in {w.line for w in self.instance.workers}}
        near = [self.rules.within_reach(site) for site in sites]
        return {b for reach in near for b, ok in zip(self.rules.sites, reach, strict=True) if ok}

    def _scarce_lines(self, most: int) -> tuple[tuple[str, float], ...]:
        """Lines whose absence ceiling binds, with the price of one more person away, the dearest first."""
        return tuple(sorted(self.notes.line_prices.items(), key=lambda item: (-item[1], item[0]))[:most])

    def _scarce(self) -> list[Scarcity]:
        flat, found = self.rules.windows, []
        for session in self.instance.sessions:
            first, n = self.occupancy.first_window[session.id], len(session.windows)
            own = slice(first, first + n)
            full = {"total": self.occupancy.total[own] >= flat.total[own]}
            for q, station in enumerate(self.rules.stations):
                taken = self.occupancy.stations[own, q]
                full[station] = (taken >= flat.capacity[own, q]) & (taken > 0)
            if self._visits.get(session.id):
                found += [
                    Scarcity(session.id, name, int(f.sum()), n, self.notes.station_prices.get((session.id, name), 0.0))
                    for name, f in full.items()
                    if f.any()
                ]
        return sorted(found, key=lambda s: (-s.price, -s.full_windows / s.windows, s.session, s.station))

    def _more_places(self, worker: Worker, windows: Ints) -> Remedy:
        """The cheapest window that one more place would open, and the station that lacks it."""
        at = int(self._by_cost(worker, windows)[0])
        flat, needs = self.rules.windows, self.rules.needs[self.rules.package_at[worker.package]]
        short = np.flatnonzero(needs & (self.occupancy.stations[at] >= flat.capacity[at]))
        station = self.rules.stations[int(short[0])] if len(short) else "total"
        return replace(self._at(at), station=station)

    def _at(self, window: int) -> Remedy:
        flat = self.rules.windows
        return Remedy(
            ONE_MORE_PLACE,
            self.instance.sessions[int(flat.session[window])].id,
            int(flat.index[window]),
            day=int(flat.day[window]),
        )

    def _by_cost(self, worker: Worker, windows: Ints) -> Ints:
        ordered: Ints = windows[np.argsort(self._costs(worker, windows), kind="stable")]
        return ordered

    def _costs(self, worker: Worker, windows: Ints) -> Ints:
        n = len(windows)
        line = np.full(n, self.rules.line_at[worker.line])
        package = np.full(n, self.rules.package_at[worker.package])
        late = self.instance.weights.late_day[worker.priority]
        total: Ints = sum(
            costs.visit_parts(self.rules, line, package, windows),
            late * np.maximum(self.rules.windows.day[windows] - worker.due, 0),
        )
        return total


def what_if(
    instance: Instance,
    changes: Iterable[CapacityChange] = (),
    ceilings: dict[str, int] | None = None,
    added: Iterable[Session] = (),
    withdrawn: Iterable[str] = (),
) -> Instance:
    """The instance with other capacities, absence ceilings (line → per cent) or sessions, to be planned like any."""
    wanted = ceilings or {}
    gone = set(withdrawn)
    sessions = {s.id: s for s in (*instance.sessions, *added) if s.id not in gone}
    for change in changes:
        sessions[change.session] = changing.changed(sessions[change.session], change)
    lines = tuple(_with_ceiling(line, wanted.get(line.id)) for line in instance.lines)
    return replace(instance, sessions=tuple(sessions.values()), lines=lines)


def _with_ceiling(line: Line, per_cent: int | None) -> Line:
    return line if per_cent is None else replace(line, max_absent_pct=per_cent)
