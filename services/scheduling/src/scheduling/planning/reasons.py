"""R7: the true reason why a worker has no appointment, the first of the chain that applies."""

import itertools
from collections.abc import Iterable, Mapping

import numpy as np

from scheduling.planning.eligibility import Flags, Ints, Rules
from scheduling.planning.model import (
    CAPACITY_EXHAUSTED,
    DEADLINE_PASSED,
    LINE_ABSENCE_LIMIT,
    NO_EQUIPPED_SESSION,
    NO_LICENSED_SESSION,
    NO_REACHABLE_SESSION,
    NO_WINDOW_FOR_TIMING,
    WORKER_UNAVAILABLE,
    Worker,
)
from scheduling.planning.occupancy import Occupancy


class CouldBePlacedError(ValueError):
    """The worker fits into a free window: a plan that leaves them out is invalid."""


class Chain:
    """The funnel of R7 over one instance; windows are positions in `rules.windows`."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._by_kind: dict[tuple[str, str, str], tuple[str | None, Ints]] = {}
        order = np.argsort(rules.windows.site, kind="stable")
        edges = np.searchsorted(rules.windows.site[order], np.arange(len(rules.sites) + 1))
        site_at = {site: k for k, site in enumerate(rules.sites)}
        sessions = rules.instance.sessions
        self._session_site = np.array([site_at[s.site] for s in sessions], dtype=np.int64)
        self._session_usable = np.array([rules.in_force(s) for s in sessions], dtype=np.bool_)
        self._session_bnn = np.array([s.bnn for s in sessions], dtype=np.bool_)
        self._of_site = [order[a:b] for a, b in itertools.pairwise(edges)]

    def windows_for(self, worker: Worker) -> tuple[str | None, Ints]:
        """The structural reason, or None and the windows that data alone allow."""
        reason, windows = self._kind(worker)
        if reason:
            return reason, windows
        days = self.rules.windows.day[windows]
        in_time = windows if worker.deadline is None else windows[days <= worker.deadline]
        if not len(in_time):
            return DEADLINE_PASSED, in_time
        left = in_time[self._free(worker, self.rules.windows.day[in_time])]
        return (None, left) if len(left) else (WORKER_UNAVAILABLE, left)

    @staticmethod
    def _free(worker: Worker, days: Ints) -> Flags:
        """R3, as `Worker.free_on`, of many days that no deadline forbids."""
        free: Flags = days >= worker.earliest
        for first, last in worker.unavailable:
            free &= (days < first) | (days > last)
        return free

    def windows_of_kind(self, worker: Worker) -> Ints:
        """The windows that R2 allows people of the worker's line and package."""
        return self._kind(worker)[1]

    def _kind(self, worker: Worker) -> tuple[str | None, Ints]:
        line = self.rules.instance.lines[self.rules.line_at[worker.line]]
        key = (line.site, line.calendar, worker.package)
        if key not in self._by_kind:
            self._by_kind[key] = self._for_kind(*key)
        return self._by_kind[key]

    def reason(self, worker: Worker, occupancy: Occupancy) -> str:
        """The code for a worker without appointment. Raises CouldBePlacedError."""
        structural, windows = self.windows_for(worker)
        if structural:
            return structural
        free = windows[~occupancy.full(worker.package, windows)]
        if not len(free):
            return CAPACITY_EXHAUSTED
        window = self.open_window(worker, occupancy)
        if window is not None:
            raise CouldBePlacedError(f"{worker.id} fits window {window}")
        return LINE_ABSENCE_LIMIT

    def open_window(self, worker: Worker, occupancy: Occupancy) -> int | None:
        """The first window, used sessions before others, that takes one more visit of the worker; None if none does."""
        structural, windows = self.windows_for(worker)
        if structural:
            return None
        free = windows[~occupancy.full(worker.package, windows)]
        open_ = free[~occupancy.line_blocked(worker.line, worker.package, free)]
        used = occupancy.used[self.rules.windows.session[open_]]
        return int(open_[used.argmax()]) if len(open_) else None  # the first used one, or if none is, the first

    def _for_kind(self, site: str, calendar: str, package: str) -> tuple[str | None, Ints]:
        p = self.rules.package_at[package]
        near = np.flatnonzero(self.rules.within_reach(site))
        at = np.sort(np.concatenate([self._of_site[b] for b in near])) if len(near) else np.zeros(0, dtype=np.int64)
        windows = self.rules.windows.of(at)
        unlicensed = not self.rules.instance.packages[p].bnn
        sessions = self.rules.within_reach(site)[self._session_site] & self._session_usable
        if not sessions.any():
            return NO_REACHABLE_SESSION, at[:0]
        if not (sessions & (self._session_bnn | unlicensed)).any():
            return NO_LICENSED_SESSION, at[:0]
        steps: list[tuple[str, Flags]] = [
            (NO_EQUIPPED_SESSION, windows.usable & (windows.bnn | unlicensed)),
            (NO_EQUIPPED_SESSION, self.rules.equipped([p], windows)[0]),
            (NO_WINDOW_FOR_TIMING, self.rules.timing_met(calendar, [p], windows)[0]),
        ]
        left = np.ones(len(at), dtype=np.bool_)
        for code, passed in steps:
            left &= passed
            if not left.any():
                return code, at[left]
        return None, at[left]


def of_all(
    chain: Chain, occupancy: Occupancy, workers: Iterable[Worker], appointments: Mapping[str, tuple[str, int]]
) -> dict[str, str]:
    """The reason of every worker without appointment."""
    known: dict[tuple[object, ...], str] = {}
    reasons = {}
    for worker in workers:
        if worker.id not in appointments:
            key = kind(worker)
            if key not in known:
                known[key] = chain.reason(worker, occupancy)
            reasons[worker.id] = known[key]
    return reasons


def kind(worker: Worker) -> tuple[object, ...]:
    """The same for all whom the same windows take."""
    return worker.line, worker.package, worker.earliest, worker.deadline, worker.unavailable
