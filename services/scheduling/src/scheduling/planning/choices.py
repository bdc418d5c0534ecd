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
    """The windows allowed to one kind of worker, their cost, that of opening where nobody comes yet; which are full."""

    windows: Ints
    cost: Ints
    opening: Ints
    full: Flags


class Choices:
    """What everybody of a plan could have had instead."""

    def __init__(self, chain: Chain, occupancy: Occupancy, workers: Mapping[str, Worker], plan: Plan) -> None:
        self.chain, self.occupancy, self.workers, self.plan = chain, occupancy, workers, plan
        self.rules = chain.rules
        self._options: dict[tuple[object, ...], Options] = {}
        self._leaving: dict[tuple[object, ...], tuple[int, bool]] = {}
        self.sitting: dict[int, list[Worker]] = defaultdict(list)
        for who, (session, index) in plan.appointments.items():
            self.sitting[occupancy.first_window[session] + index].append(workers[who])

    def case(self, worker: Worker) -> WindowCase:
        """Why a worker has this window and no other."""
        session, index = self.plan.appointments[worker.id]
        own = self.occupancy.first_window[session] + index
        options = self._of(worker)
        parts = replace(costs.of_plan(self.rules, self.workers, {worker.id: (session, index)}, ()), opening=0)
        cheaper = (options.cost < parts.total) & (options.windows != own)
        full, unopened = cheaper & options.full, cheaper & ~options.full & (options.opening > 0)
        rest = np.flatnonzero(cheaper & ~options.full & (options.opening == 0))
        blocked = int(self.occupancy.line_blocked(worker.line, worker.package, options.windows[rest], own).sum())
        others = ~options.full & (options.windows != own)
        case = WindowCase(
            session, index, parts, len(options.windows),
            int(options.cost[others].min()) if others.any() else None,
            int(full.sum()), blocked, int(unopened.sum()), len(rest) - blocked, None, None, None,
        )  # fmt: skip
        return self._with_wanted(case, worker, options, np.flatnonzero(full))

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
        found: dict[int, list[int]] = defaultdict(list)
        flat, sessions = self.rules.windows, self.rules.instance.sessions
        for window, people in self.sitting.items():
            for worker in people:
                options = self._of(worker)
                now = self._now(worker, window)
                cheaper = np.flatnonzero((options.opening > 0) & (options.cost < now))
                least: dict[int, int] = {}
                at = flat.session[options.windows[cheaper]].tolist()
                for s, cost in zip(at, options.cost[cheaper].tolist(), strict=True):
                    least[s] = min(least.get(s, now), cost)
                for s, cost in least.items():
                    found[s].append(now - cost)
        return {sessions[s].id: sum(sorted(saved)[-sum(sessions[s].total) :]) for s, saved in found.items()}

    def _with_wanted(self, case: WindowCase, worker: Worker, options: Options, full: Ints) -> WindowCase:
        own = self.occupancy.first_window[case.session] + case.window
        free = full[~self.occupancy.line_blocked(worker.line, worker.package, options.windows[full], own)]
        if not len(free):
            return case
        best = int(free[options.cost[free].argmin()])
        window, flat = int(options.windows[best]), self.rules.windows
        place = self.rules.instance.sessions[int(flat.session[window])].id, int(flat.index[window])
        saves = case.cost.total - int(options.cost[best])
        return replace(case, wanted=place, saves=saves, others_lose=self._loss(worker, window))

    def _loss(self, worker: Worker, window: int) -> int:
        """What it would cost at least to make room in a full window: of every full desk, whoever loses least."""
        rules, taken, flat = self.rules, self.occupancy, self.rules.windows
        needs = rules.needs[rules.package_at[worker.package]]
        people = self.sitting[window]
        groups = [people] if taken.total[window] >= flat.total[window] else []
        for q in np.flatnonzero(needs & (taken.stations[window] >= flat.capacity[window])).tolist():
            groups.append([other for other in people if rules.needs[rules.package_at[other.package], q]])
        return max(min(self._leave(other, window, session_too=False)[0] for other in group) for group in groups)

    def _leave(self, worker: Worker, window: int, *, session_too: bool) -> tuple[int, bool]:
        """What leaving a window, or its session, for another would cost, and whether there is one with room."""
        key = (*alike(worker), window, session_too)
        if key not in self._leaving:
            options, session = self._of(worker), self.rules.windows.session
            now = self._now(worker, window)
            same = session[options.windows] == session[window] if session_too else options.windows == window
            free = np.flatnonzero(~options.full & ~same)
            price = options.cost[free] + options.opening[free]
            least, goes = self.rules.instance.weights.unassigned[worker.priority], False
            for some in np.array_split(np.argsort(price, kind="stable"), -(-len(free) // AT_ONCE) or 1):
                windows = options.windows[free[some]]
                possible = ~self.occupancy.line_blocked(worker.line, worker.package, windows, window)
                if possible.any():
                    least, goes = min(least, int(price[some[possible]].min())), True
                    break
            self._leaving[key] = least - now, goes
        return self._leaving[key]

    def _now(self, worker: Worker, window: int) -> int:
        """What a visit costs in the window that a worker has; one held before a change need not be allowed since."""
        return int(costs.of_visit(self.rules, worker, np.array([window]))[0])

    def _of(self, worker: Worker) -> Options:
        key = alike(worker)
        if key not in self._options:
            windows = self.chain.windows_for(worker)[1]
            session = self.rules.windows.session[windows]
            opening = np.array([s.open_cost for s in self.rules.instance.sessions], dtype=np.int64)[session]
            self._options[key] = Options(
                windows,
                costs.of_visit(self.rules, worker, windows),
                np.where(self.occupancy.used[session], 0, opening),
                self.occupancy.full(worker.package, windows),
            )
        return self._options[key]


def alike(worker: Worker) -> tuple[object, ...]:
    """What workers share whose cases are the same, their place apart."""
    return (worker.line, worker.package, worker.priority, worker.earliest, worker.due, worker.deadline,
            worker.unavailable)  # fmt: skip
