"""How full windows are and who of a line is away, from visits or named appointments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from scheduling.planning.eligibility import Flags, Ints, Rules, Windows
from scheduling.planning.model import Worker

NO_MOMENT = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Visits:
    """So many people (`amount`) of a line with a package in a window; all are positions, rows may repeat."""

    line: Ints
    package: Ints
    window: Ints
    amount: Ints

    @classmethod
    def each(cls, rules: Rules, workers: Mapping[str, Worker], appointments: Mapping[str, tuple[str, int]]) -> "Visits":
        """A row for each appointment, in their order."""
        first, people = first_windows(rules), [workers[w] for w in appointments]
        line = np.array([rules.line_at[who.line] for who in people], dtype=np.int64)
        package = np.array([rules.package_at[who.package] for who in people], dtype=np.int64)
        window = np.array([first[session] + index for session, index in appointments.values()], dtype=np.int64)
        return cls(line, package, window, np.ones(len(people), dtype=np.int64))

    @classmethod
    def named(
        cls, rules: Rules, workers: Mapping[str, Worker], appointments: Mapping[str, tuple[str, int]]
    ) -> "Visits":
        """Appointments, equal ones counted."""
        every = cls.each(rules, workers, appointments)
        packages, windows = len(rules.package_at), len(rules.windows.total)
        rows, amount = np.unique((every.line * packages + every.package) * windows + every.window, return_counts=True)
        kinds, window = np.divmod(rows, max(windows, 1))
        return cls(kinds // max(packages, 1), kinds % max(packages, 1), window, amount)

    def of(self, chosen: Ints | Flags) -> "Visits":
        """The chosen rows only."""
        return Visits(self.line[chosen], self.package[chosen], self.window[chosen], self.amount[chosen])

    def absences(self, rules: Rules) -> tuple[Ints, Ints]:
        """From when to when each keeps people away, in instants."""
        instance, flat = rules.instance, rules.windows
        cycles = np.array([p.cycle_minutes for p in instance.packages], dtype=np.int64)
        if not len(self.line):
            return self.window, self.window
        lines, line = np.unique(self.line, return_inverse=True)
        sites: dict[str, int] = {}
        site = np.array([sites.setdefault(instance.lines[x].site, len(sites)) for x in lines.tolist()], dtype=np.int64)
        travel = np.array([rules.travel_from(name) for name in sites], dtype=np.int64)
        minutes = np.maximum(travel[site[line], flat.site[self.window]], 0)
        start = flat.instant[self.window]
        return start - minutes, start + cycles[self.package] + minutes


class Occupancy:
    """Arrivals per window, in all and per station; absences per line as rows of (from, to, people)."""

    def __init__(self, rules: Rules, visits: Visits) -> None:
        self.rules, flat = rules, rules.windows
        self.first_window = first_windows(rules)
        self.total: Ints = _summed(visits.window, visits.amount, len(flat.total))
        self.stations: Ints = np.zeros(flat.capacity.shape, dtype=np.int64)
        for q in range(len(rules.stations)):
            needing = rules.needs[visits.package, q]
            self.stations[:, q] = _summed(visits.window, visits.amount * needing, len(flat.total))
        self.used: Flags = np.zeros(len(rules.instance.sessions), dtype=np.bool_)
        self.used[flat.session[visits.window]] = True
        begin, end = visits.absences(rules)
        order = np.argsort(visits.line, kind="stable")
        lines, edges = np.unique(visits.line[order], return_index=True)
        rows = np.stack((begin, end, visits.amount), axis=1)[order]
        names = [rules.instance.lines[x].id for x in lines.tolist()]
        self.away: dict[str, Ints] = dict(zip(names, np.split(rows, edges[1:]), strict=True)) if names else {}

    def add(self, line: str, package: str, window: int) -> None:
        """Count one visit of a line's people more in a window."""
        self.total[window] += 1
        self.stations[window] += self.rules.needs[self.rules.package_at[package]]
        self.used[self.rules.windows.session[window]] = True
        row = np.array([(*self.absence(line, package, window), 1)], dtype=np.int64)
        self.away[line] = np.concatenate((self.away[line], row)) if line in self.away else row

    def remaining(self) -> Windows:
        """The windows with the places that these appointments leave."""
        flat = self.rules.windows
        return replace(flat, total=flat.total - self.total, capacity=flat.capacity - self.stations)

    def uses(self, session: int) -> bool:
        """Whether anybody has an appointment in the session (a position)."""
        return bool(self.used[session])

    def absence(self, line: str, package: str, window: int) -> tuple[int, int]:
        """When such a visit keeps the worker away."""
        crew = self.rules.instance.lines[self.rules.line_at[line]]
        travel = max(int(self.rules.travel_from(crew.site)[self.rules.windows.site[window]]), 0)
        cycle = self.rules.instance.packages[self.rules.package_at[package]].cycle_minutes
        start = int(self.rules.windows.instant[window])
        return start - travel, start + cycle + travel

    def full(self, package: str, windows: Ints) -> Flags:
        """Which windows cannot take one more of this package."""
        flat, needs = self.rules.windows, self.rules.needs[self.rules.package_at[package]]
        stations = self.stations[windows][:, needs] >= flat.capacity[windows][:, needs]
        return (self.total[windows] >= flat.total[windows]) | stations.any(axis=1)

    def moments_beyond(self, line: str) -> Ints:
        """The instants at which more of a line begin to be away than its ceiling allows."""
        visits, crew = self.away[line], self.rules.instance.lines[self.rules.line_at[line]]
        moments = np.unique(self.rules.calendars[crew.calendar].next_on_shift(visits[:, 0]))
        beyond: Ints = moments[_away_at(moments, visits) > crew.ceiling]
        return beyond

    def line_blocks(self, line: str, package: str, window: int) -> bool:
        """Whether one more such visit would break R5."""
        return bool(self.line_blocked(line, package, np.array([window]))[0])

    def line_blocked(self, line: str, package: str, windows: Ints, instead: int | None = None) -> Flags:
        """In which windows one more such visit would break R5, or one instead of a visit in another window."""
        rules, visits = self.rules, self.away.get(line, np.zeros((0, 3), dtype=np.int64))
        crew = rules.instance.lines[rules.line_at[line]]
        if instead is not None:
            visits = np.concatenate((visits, [[*self.absence(line, package, instead), -1]]))
        travel = np.maximum(rules.travel_from(crew.site)[rules.windows.site[windows]], 0)
        begin = rules.windows.instant[windows] - travel
        end = begin + rules.instance.packages[rules.package_at[package]].cycle_minutes + 2 * travel
        moments = rules.calendars[crew.calendar].next_on_shift(np.concatenate((visits[:, 0], begin)))
        over = np.sort(moments[_away_at(moments, visits) + 1 > crew.ceiling])
        blocked: Flags = np.append(over, NO_MOMENT)[np.searchsorted(over, begin)] < end
        return blocked


def _away_at(moments: Ints, visits: Ints) -> Ints:
    """How many are away at each moment, of visits as rows of (from, to, people)."""
    left, back = (_counted_until(moments, visits[:, side], visits[:, 2]) for side in (0, 1))
    return left - back


def _counted_until(moments: Ints, instants: Ints, amounts: Ints) -> Ints:
    order = np.argsort(instants)
    counted: Ints = np.concatenate(([0], np.cumsum(amounts[order])))
    return counted[np.searchsorted(instants[order], moments, side="right")]


def first_windows(rules: Rules) -> dict[str, int]:
    """The position of every session's first window."""
    starts = np.searchsorted(rules.windows.session, np.arange(len(rules.instance.sessions)))
    return dict(zip((s.id for s in rules.instance.sessions), starts.tolist(), strict=True))


def _summed(at: Ints, amounts: Ints, count: int) -> Ints:
    return np.bincount(at, amounts, count).astype(np.int64)
