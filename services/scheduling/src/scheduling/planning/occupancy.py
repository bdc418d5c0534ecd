"""How full windows are and who of a line is away, from named appointments."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from scheduling.planning.eligibility import Flags, Ints, Rules, Windows
from scheduling.planning.model import Worker


class Occupancy:
    """Arrivals per window, in all and per station; absences per line as (from, to) instants."""

    def __init__(
        self, rules: Rules, workers: Mapping[str, Worker], appointments: Mapping[str, tuple[str, int]]
    ) -> None:
        self.rules = rules
        flat = rules.windows
        starts = np.searchsorted(flat.session, np.arange(len(rules.instance.sessions)))
        self.first_window = dict(zip((s.id for s in rules.instance.sessions), starts.tolist(), strict=True))
        grouped: dict[tuple[str, str, int], int] = {}
        for worker, (session, index) in appointments.items():
            who = workers[worker]
            key = (who.line, who.package, self.first_window[session] + index)
            grouped[key] = grouped.get(key, 0) + 1
        self.total: Ints = np.zeros(len(flat.total), dtype=np.int64)
        self.stations: Ints = np.zeros(flat.capacity.shape, dtype=np.int64)
        self.used = {self.rules.windows.session[window] for _, _, window in grouped}
        self.away: dict[str, list[tuple[int, int, int]]] = {}
        for (line, package, window), n in grouped.items():
            self.add(line, package, window, n)

    def add(self, line: str, package: str, window: int, n: int = 1) -> None:
        """Count `n` visits of a line's people more in a window."""
        self.total[window] += n
        self.stations[window] += n * self.rules.needs[self.rules.package_at[package]]
        begin, end = self.absence(line, package, window)
        self.away.setdefault(line, []).append((begin, end, n))

    def remaining(self) -> Windows:
        """The windows with the places that these appointments leave."""
        flat = self.rules.windows
        return replace(flat, total=flat.total - self.total, capacity=flat.capacity - self.stations)

    def uses(self, session: int) -> bool:
        """Whether anybody has an appointment in the session (a position)."""
        return session in self.used

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

    def line_blocks(self, line: str, package: str, window: int) -> bool:
        """Whether one more such visit would break R5."""
        crew = self.rules.instance.lines[self.rules.line_at[line]]
        begin, end = self.absence(line, package, window)
        shifts = self.rules.calendars[crew.calendar]
        visits = np.array(self.away.get(line, ()), dtype=np.int64).reshape(-1, 3)
        moments = shifts.next_on_shift(np.append(visits[:, 0], begin))
        moments = moments[(moments >= begin) & (moments < end)]
        present = (visits[:, 0] <= moments[:, None]) & (moments[:, None] < visits[:, 1])
        return bool(len(moments)) and int((present * visits[:, 2]).sum(axis=1).max()) + 1 > crew.ceiling
