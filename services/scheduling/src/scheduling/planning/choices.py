"""Why somebody has this window and no cheaper one: which are full, and what those who sit there would lose."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from scheduling.planning import costs
from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.model import CostParts, Plan, Worker
from scheduling.planning.occupancy import Occupancy
from scheduling.planning.reasons import Chain

AT_ONCE = 8  # windows looked at together, the cheapest first
ARRIVAL = -1  # the place of somebody who needs no desk


@dataclass(frozen=True, slots=True)
class WindowCase:
    """What a visit costs, and how many of the windows allowed would be cheaper but cannot be had, and why not.

    `wanted` is the cheapest of the full ones that the line's ceiling allows, `saves` what it would save; those who sit
    there would lose at least `others_lose` by making room, as all else stands. None: there is no such window.
    """

    session: str
    window: int
    cost: CostParts
    options: int
    cheapest_elsewhere: int | None
    cheaper_but_full: int
    cheaper_for_line: int
    cheaper_unopened: int
    cheaper_free: int
    wanted: tuple[str, int] | None
    saves: int | None
    others_lose: int | None


@dataclass(frozen=True, slots=True)
class Options:
    """The windows allowed to one kind of worker, their cost, that of opening where nobody comes yet; which are full.

    `free` are those with room, by position here, the cheapest first.
    """

    windows: Ints
    cost: Ints
    opening: Ints
    full: Flags
    free: Ints


class Choices:
    """What everybody of a plan could have had instead."""

    def __init__(self, chain: Chain, occupancy: Occupancy, workers: Mapping[str, Worker], plan: Plan) -> None:
        self.chain, self.occupancy, self.plan = chain, occupancy, plan
        self.rules = rules = chain.rules
        open_cost = np.array([s.open_cost for s in rules.instance.sessions], dtype=np.int64)
        self.opening: Ints = np.where(occupancy.used, 0, open_cost)[rules.windows.session]
        self.paid = dict(zip(plan.appointments, costs.of_each(rules, workers, plan.appointments).tolist(), strict=True))
        self.kind_of = {who: alike(workers[who]) for who in plan.appointments}
        self.sitting: dict[int, list[Worker]] = defaultdict(list)
        for who, (session, index) in plan.appointments.items():
            self.sitting[occupancy.first_window[session] + index].append(workers[who])
        self._options: dict[tuple[object, ...], Options] = {}
        self._full: dict[str, Flags] = {}
        self._visits: dict[tuple[str, str, str], Ints] = {}
        self._leaving: dict[tuple[object, ...], tuple[int, bool]] = {}
        self._making_room: dict[tuple[int, int], int] = {}

    def case(self, worker: Worker) -> WindowCase:
        """Why a worker has this window and no other."""
        session, index = self.plan.appointments[worker.id]
        own = self.occupancy.first_window[session] + index
        options = self._of(worker)
        late, travel, shift, rest_day = self.paid[worker.id]
        cheaper = (options.cost < late + travel + shift + rest_day) & (options.windows != own)
        unopened = cheaper & ~options.full & (options.opening > 0)
        open_ = np.flatnonzero(cheaper & ~unopened)
        full = options.full[open_]
        blocked = self.occupancy.line_blocked(worker.line, worker.package, options.windows[open_], own)
        elsewhere = options.free[options.windows[options.free] != own]
        case = WindowCase(
            session, index, CostParts(late=late, travel=travel, shift=shift, rest_day=rest_day), len(options.windows),
            int(options.cost[elsewhere].min()) if len(elsewhere) else None,
            int(full.sum()), int((blocked & ~full).sum()), int(unopened.sum()), int((~blocked & ~full).sum()),
            None, None, None,
        )  # fmt: skip
        return self._with_wanted(case, worker, options, open_[full & ~blocked])

    def without(self, session: str) -> tuple[int, int]:
        """What the people of a session would cost more elsewhere, each on their own; how many have nowhere to go."""
        first = self.occupancy.first_window[session]
        lost = stranded = 0
        for window in range(first, first + len(self.rules.instance.sessions[self.rules.session_at[session]].windows)):
            for worker in self.sitting[window]:
                more, goes = self._leave(worker, window, session_too=True)
                lost, stranded = lost + more, stranded + (not goes)
        return lost, stranded

    @cached_property
    def savings(self) -> dict[str, int]:
        """Of sessions that nobody comes to: what the people for whom they are cheaper, as many as fit, would save."""
        flat, found = self.rules.windows, defaultdict[int, list[int]](list)
        for people in self.sitting.values():
            for worker in people:
                options, now = self._of(worker), sum(self.paid[worker.id])
                cheaper = np.flatnonzero((options.opening > 0) & (options.cost < now))
                at, first = np.unique(flat.session[options.windows[cheaper]], return_index=True)
                least = np.minimum.reduceat(options.cost[cheaper], first) if len(first) else first
                for s, cost in zip(at.tolist(), least.tolist(), strict=True):
                    found[s].append(now - cost)
        sessions = self.rules.instance.sessions
        return {sessions[s].id: sum(sorted(saved)[-sum(sessions[s].total) :]) for s, saved in found.items()}

    def _with_wanted(self, case: WindowCase, worker: Worker, options: Options, free: Ints) -> WindowCase:
        """The case with the cheapest of the full windows that the line's ceiling allows (`free`), if there is any."""
        if not len(free):
            return case
        best = int(free[options.cost[free].argmin()])
        window, flat = int(options.windows[best]), self.rules.windows
        place = self.rules.instance.sessions[int(flat.session[window])].id, int(flat.index[window])
        saves = case.cost.total - int(options.cost[best])
        return replace(case, wanted=place, saves=saves, others_lose=self._loss(worker, window))

    def _loss(self, worker: Worker, window: int) -> int:
        """What it would cost at least to make room in a full window: of every full desk, whoever loses least."""
        taken, flat = self.occupancy, self.rules.windows
        needs = self.rules.needs[self.rules.package_at[worker.package]]
        desks = np.flatnonzero(needs & (taken.stations[window] >= flat.capacity[window])).tolist()
        arrival = [ARRIVAL] if taken.total[window] >= flat.total[window] else []
        return max(self._least_loss(window, desk) for desk in (*arrival, *desks))

    def _least_loss(self, window: int, desk: int) -> int:
        """What whoever loses least by leaving a window would lose, of those who use a desk there."""
        if (window, desk) not in self._making_room:
            needs, at = self.rules.needs, self.rules.package_at
            people = [w for w in self.sitting[window] if desk == ARRIVAL or needs[at[w.package], desk]]
            least = min(self._leave(other, window, session_too=False)[0] for other in people)
            self._making_room[window, desk] = least
        return self._making_room[window, desk]

    def _leave(self, worker: Worker, window: int, *, session_too: bool) -> tuple[int, bool]:
        """What leaving a window, or its session, for another would cost, and whether there is one with room."""
        key = self.kind_of[worker.id], window, session_too
        if key not in self._leaving:
            options, session = self._of(worker), self.rules.windows.session
            left = options.windows[options.free]
            free = options.free[session[left] != session[window] if session_too else left != window]
            least, goes = self.rules.instance.weights.unassigned[worker.priority], False
            for first in range(0, len(free), AT_ONCE):
                some = free[first : first + AT_ONCE]
                blocked = self.occupancy.line_blocked(worker.line, worker.package, options.windows[some], window)
                if not blocked.all():
                    price = (options.cost[some] + options.opening[some])[~blocked]
                    least, goes = min(least, int(price.min())), True
                    break
            self._leaving[key] = least - sum(self.paid[worker.id]), goes
        return self._leaving[key]

    def _of(self, worker: Worker) -> Options:
        key = self.kind_of[worker.id]
        if key not in self._options:
            windows = self.chain.windows_for(worker)[1]
            cost, opening, full = self._costs(worker, windows), self.opening[windows], self._is_full(worker)[windows]
            free = np.flatnonzero(~full)
            free = free[np.argsort((cost + opening)[free], kind="stable")]
            self._options[key] = Options(windows, cost, opening, full, free)
        return self._options[key]

    def _costs(self, worker: Worker, windows: Ints) -> Ints:
        """What a visit costs in some of the windows allowed; alike but for being late where people come from alike."""
        rules, flat = self.rules, self.rules.windows
        line, of_kind = rules.instance.lines[rules.line_at[worker.line]], self.chain.windows_of_kind(worker)
        key = line.site, line.calendar, worker.package
        if key not in self._visits:
            package = [rules.package_at[worker.package]]
            self._visits[key] = rules.visit_costs(line.site, line.calendar, package, flat.of(of_kind))[0]
        late = rules.instance.weights.late_day[worker.priority] * np.maximum(flat.day[windows] - worker.due, 0)
        cost: Ints = self._visits[key][np.searchsorted(of_kind, windows)] + late
        return cost

    def _is_full(self, worker: Worker) -> Flags:
        """Which of all windows cannot take one more of the worker's package."""
        if worker.package not in self._full:
            windows = np.arange(len(self.rules.windows.total))
            self._full[worker.package] = self.occupancy.full(worker.package, windows)
        return self._full[worker.package]


def alike(worker: Worker) -> tuple[object, ...]:
    """What workers share whose cases are the same, their place apart."""
    return (worker.line, worker.package, worker.priority, worker.earliest, worker.due, worker.deadline,
            worker.unavailable)  # fmt: skip
