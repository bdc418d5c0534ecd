"""R2 on arrays: which (site, calendar, package) may use which window, and what one visit costs there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scheduling.planning.model import DAY, END_OF_SHIFT, FASTING, QUIET_REST, Instance, Session, Shift

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NEVER = -(10**9)


class Calendar:
    """The shifts of one calendar on the absolute minute axis."""

    def __init__(self, shifts: Sequence[Shift | None]) -> None:
        spans = sorted((d * DAY + s[0], d * DAY + s[1]) for d, s in enumerate(shifts) if s is not None)
        self.starts: Ints = np.array([a for a, _ in spans], dtype=np.int64)
        self.ends: Ints = np.array([b for _, b in spans], dtype=np.int64)
        self.rest: Flags = np.array([s is None for s in shifts], dtype=np.bool_)
        self._before: Ints = np.concatenate(([0], np.cumsum(self.ends - self.starts)))

    def worked_before(self, instants: Ints) -> Ints:
        """Minutes on shift before each instant."""
        k = np.searchsorted(self.starts, instants, side="right")
        if not len(self.starts):
            return np.zeros_like(instants)
        last = np.maximum(k - 1, 0)
        inside = np.minimum(instants, self.ends[last]) - self.starts[last]
        return np.where(k > 0, self._before[last] + inside, 0)

    def on_shift(self, instants: Ints) -> Flags:
        """Whether each instant lies in a shift."""
        return self.worked_before(instants + 1) > self.worked_before(instants)

    def since_last_end(self, instants: Ints) -> Ints:
        """Minutes since the latest shift end at or before each instant; -1 if there was none."""
        k = np.searchsorted(self.ends, instants, side="right")
        if not len(self.ends):
            return np.full_like(instants, -1)
        return np.where(k > 0, instants - self.ends[np.maximum(k - 1, 0)], -1)

    def next_on_shift(self, instants: Ints) -> Ints:
        """The first instant on shift at or after each instant; a far future if there is none."""
        k = np.searchsorted(self.starts, instants, side="right")
        padded = np.append(self.starts, np.int64(10**12))
        return np.where(self.on_shift(instants), instants, padded[k])


@dataclass(frozen=True, slots=True)
class Windows:
    """All windows of some sessions, flat; `capacity` has one column per station, 0 where not offered.

    Those `held` are for whoever has a place there and for nobody else.
    """

    session: Ints
    index: Ints
    day: Ints
    instant: Ints
    total: Ints
    capacity: Ints
    site: Ints
    usable: Flags
    bnn: Flags
    held: Flags

    def of(self, chosen: Ints) -> "Windows":
        """The chosen windows only."""
        return Windows(
            self.session[chosen],
            self.index[chosen],
            self.day[chosen],
            self.instant[chosen],
            self.total[chosen],
            self.capacity[chosen],
            self.site[chosen],
            self.usable[chosen],
            self.bnn[chosen],
            self.held[chosen],
        )


class Rules:
    """R2 and the cost of a visit for one instance; ids are positions in the instance's tuples."""

    def __init__(self, instance: Instance, first_free: int = 0, held: frozenset[tuple[str, int]] = frozenset()) -> None:
        self.instance = instance
        self.first_free = first_free
        self.held = held  # windows before that day which whoever has a place there may keep
        self.holding = frozenset(session for session, _ in held)
        self.stations = sorted({q for p in instance.packages for q in p.stations})
        self.package_at = {p.id: k for k, p in enumerate(instance.packages)}
        self.line_at = {line.id: k for k, line in enumerate(instance.lines)}
        self.session_at = {s.id: k for k, s in enumerate(instance.sessions)}
        self.calendars = {name: Calendar(shifts) for name, shifts in instance.calendars.items()}
        self.sites = sorted({s.site for s in instance.sessions})
        self.needs: Flags = np.array(
            [[q in p.stations for q in self.stations] for p in instance.packages], dtype=np.bool_
        ).reshape(len(instance.packages), len(self.stations))
        self._site_at = {site: k for k, site in enumerate(self.sites)}
        self._listed: dict[str, Ints] = {}

    @cached_property
    def windows(self) -> Windows:
        """Every window of every session; those before the first free day count as unusable unless they are held."""
        rows = []
        capacity: list[list[int]] = []
        for s, session in enumerate(self.instance.sessions):
            usable, late = self.in_force(session), session.day >= self.first_free
            offered = [session.capacity.get(q) for q in self.stations]
            for i, start in enumerate(session.windows):
                rows.append(
                    (
                        s,
                        i,
                        session.day,
                        session.day * DAY + start,
                        session.total[i],
                        self._site_at[session.site],
                        usable and (late or (session.id, i) in self.held),
                        session.bnn,
                        not late,
                    )
                )
                capacity.append([0 if c is None else c[i] for c in offered])
        table = np.array(rows, dtype=np.int64).reshape(len(rows), 9)
        places = np.array(capacity, dtype=np.int64).reshape(len(rows), len(self.stations))
        return Windows(
            table[:, 0],
            table[:, 1],
            table[:, 2],
            table[:, 3],
            table[:, 4],
            places,
            table[:, 5],
            table[:, 6].astype(np.bool_),
            table[:, 7].astype(np.bool_),
            table[:, 8].astype(np.bool_),
        )

    def windows_in(self, sessions: Ints) -> Ints:
        """The positions of all windows of some sessions, in order of the sessions' positions."""
        chosen = np.sort(sessions)
        first, past = (np.searchsorted(self.windows.session, chosen, side=side) for side in ("left", "right"))
        length = past - first
        return np.repeat(first - np.cumsum(length) + length, length) + np.arange(int(length.sum()))

    def in_force(self, session: Session) -> bool:
        """Whether the session has its permit, is on no holiday, and not before the first free day unless held."""
        late = session.day >= self.first_free or session.id in self.holding
        return session.permit and session.day not in self.instance.holidays and late

    def travel_from(self, site: str) -> Ints:
        """Minutes to every session site; NEVER where it is not listed."""
        if site not in self._listed:
            reach = self.instance.travel.get(site, {})
            listed = [(self._site_at[b], n) for b, n in reach.items() if b in self._site_at]
            self._listed[site] = np.array(listed, dtype=np.int64).reshape(len(listed), 2)
        minutes: Ints = np.full(len(self.sites), NEVER, dtype=np.int64)  # kept as listed: most sites reach few of many
        minutes[self._listed[site][:, 0]] = self._listed[site][:, 1]
        return minutes

    def within_reach(self, site: str) -> Flags:
        """Session sites that a worker of this site may travel to."""
        minutes = self.travel_from(site)
        near: Flags = (minutes != NEVER) & (minutes <= self.instance.params.max_travel_minutes)
        return near

    def equipped(self, packages: Sequence[int], windows: Windows) -> Flags:
        """R2.4 per package and window."""
        lacking = (windows.capacity < 1).astype(np.float32) @ self.needs[list(packages)].T.astype(np.float32)
        complete: Flags = np.asarray((lacking.T < 0.5) & (windows.total >= 1))
        return complete

    def timings(self, calendar: str, windows: Windows) -> dict[str, Flags]:
        """R2.5 per window: where each need is met."""
        params, shifts = self.instance.params, self.calendars[calendar]
        since_end = shifts.since_last_end(windows.instant)
        rested = (since_end < 0) | (since_end >= params.quiet_rest_minutes)
        return {
            FASTING: windows.instant % DAY < params.fasting_before,
            QUIET_REST: ~shifts.on_shift(windows.instant) & rested,
            END_OF_SHIFT: (since_end >= 0) & (since_end <= params.end_of_shift_minutes),
        }

    def timing_met(self, calendar: str, packages: Sequence[int], windows: Windows) -> Flags:
        """R2.5 per package and window."""
        met = self.timings(calendar, windows)
        rows = []
        for p in packages:
            row = np.ones(len(windows.instant), dtype=np.bool_)
            for need in self.instance.packages[p].timing:
                row &= met[need]
            rows.append(row)
        return np.array(rows, dtype=np.bool_).reshape(len(packages), len(windows.instant))

    def by_crew(self, line: Ints) -> Iterator[tuple[str, str, Ints]]:
        """Rows given by positions of lines, by the site and the calendar of their line."""
        lines, which = np.unique(line, return_inverse=True)
        crews: dict[tuple[str, str], int] = {}
        at = [(self.instance.lines[x].site, self.instance.lines[x].calendar) for x in lines.tolist()]
        crew = np.array([crews.setdefault(key, len(crews)) for key in at], dtype=np.int64)[which]
        order = np.argsort(crew, kind="stable")
        edges = np.searchsorted(crew[order], np.arange(len(crews) + 1)).tolist()
        for (site, calendar), (first, past) in zip(crews, pairwise(edges), strict=True):
            yield site, calendar, order[first:past]

    def allows(self, line: Ints, package: Ints, window: Ints) -> Flags:
        """R2 of visits given by positions of line, package and window."""
        packages, some = self.instance.packages, self.windows.of(window)
        unlicensed = np.array([not p.bnn for p in packages], dtype=np.bool_)[package]
        equipped = ((some.capacity >= 1) | ~self.needs[package]).all(axis=1) & (some.total >= 1)
        allowed: Flags = some.usable & (some.bnn | unlicensed) & equipped
        for site, calendar, own in self.by_crew(line):
            allowed[own] &= self.within_reach(site)[some.site[own]]
            for need, met in self.timings(calendar, some.of(own)).items():
                wanted = np.array([need in p.timing for p in packages], dtype=np.bool_)
                allowed[own] &= met | ~wanted[package[own]]
        return allowed

    def eligible(self, site: str, calendar: str, packages: Sequence[int], windows: Windows) -> Flags:
        """R2 per package and window."""
        reach = windows.usable & self.within_reach(site)[windows.site]
        licensed = np.array([not self.instance.packages[p].bnn for p in packages], dtype=np.bool_)
        allowed: Flags = (
            reach
            & (licensed[:, None] | windows.bnn)
            & self.equipped(packages, windows)
            & self.timing_met(calendar, packages, windows)
        )
        return allowed

    def visit_costs(self, site: str, calendar: str, packages: Sequence[int], windows: Windows) -> Ints:
        """Travel, shift and rest-day cost per package and window; meaningless where out of reach."""
        weights, shifts = self.instance.weights, self.calendars[calendar]
        travel = np.maximum(self.travel_from(site)[windows.site], 0)
        cycles = np.array([self.instance.packages[p].cycle_minutes for p in packages], dtype=np.int64)
        lengths, which = np.unique(cycles, return_inverse=True)
        leave = windows.instant - travel
        back = windows.instant + lengths[:, None] + travel
        away = (shifts.worked_before(back) - shifts.worked_before(leave)) * weights.shift_minute
        rest = np.where(shifts.rest[windows.day], weights.rest_day_visit, 0)
        by_length: Ints = 2 * travel * weights.travel_minute + away + rest
        return by_length[which]
