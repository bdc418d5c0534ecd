"""The own referee: every rule of kd-plan/1 on a finished plan, written plainly and apart from the engine's arrays."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from scheduling.planning import submission
from scheduling.planning.model import (
    CAPACITY_EXHAUSTED,
    DAY,
    DEADLINE_PASSED,
    END_OF_SHIFT,
    FASTING,
    LINE_ABSENCE_LIMIT,
    NO_EQUIPPED_SESSION,
    NO_LICENSED_SESSION,
    NO_REACHABLE_SESSION,
    NO_WINDOW_FOR_TIMING,
    QUIET_REST,
    STRUCTURAL_REASONS,
    WORKER_UNAVAILABLE,
    CostParts,
    Instance,
    Session,
    Worker,
)
from scheduling.planning.submission import Place, Submission


@dataclass(frozen=True, slots=True)
class Excess:
    """More people than a window (R4; of a `station` where named) or a line's ceiling (R5, at a moment) allows."""

    people: int
    allowed: int
    at: Place | None = None
    station: str = ""
    line: str = ""
    moment: int = 0

    @property
    def rule(self) -> str:
        """The rule that it breaks."""
        return "R4" if self.at else "R5"

    @property
    def code(self) -> str:
        """What it is called where appointments that must stay cause it."""
        return "plan.held-over-capacity" if self.at else "plan.held-beyond-ceiling"

    def __str__(self) -> str:
        if self.at:
            return f"{self.at}{' ' if self.station else ''}{self.station}: {self.people} arrivals"
        return f"{self.line}: {self.people} away at day {self.moment // DAY} minute {self.moment % DAY}"


@dataclass(frozen=True, slots=True)
class Report:
    """Violations by rule (empty = valid), the cost by part, who is placed, who left out; then what a re-plan moved.

    `held` are those of them that appointments cause which a re-plan must keep: no plan is without them.
    """

    violations: dict[str, list[str]]
    cost: CostParts
    structural_penalty: int
    assigned: int
    sessions_used: int
    unassigned_by_priority: dict[int, int]
    unassigned_by_reason: dict[str, int]
    broken: int = 0
    overfull_excess: int = 0
    moved: int = 0
    held: tuple[Excess, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether every rule holds."""
        return not self.violations

    @property
    def best_possible(self) -> bool:
        """Whether every rule holds that appointments which stay let hold."""
        return sum(map(len, self.violations.values())) == len(self.held)


class Check:
    """Every rule on what was handed in; loads and stages are found once and looked up."""

    held: Mapping[str, Place] = {}  # appointments that R2 and R3 no longer concern

    def __init__(self, instance: Instance, handed_in: Submission, first_free: int = 0) -> None:
        self.instance, self.first_free = instance, first_free
        self.workers = {w.id: w for w in instance.workers}
        self.lines = {line.id: line for line in instance.lines}
        self.packages = {p.id: p for p in instance.packages}
        self.sessions = {s.id: s for s in instance.sessions}
        self.shifts = {
            name: sorted((d * DAY + s[0], d * DAY + s[1]) for d, s in enumerate(days) if s)
            for name, days in instance.calendars.items()
        }
        self.ends = {name: sorted(b for _, b in shifts) for name, shifts in self.shifts.items()}
        self.longest = {name: max((b - a for a, b in shifts), default=0) for name, shifts in self.shifts.items()}
        faults: list[str] = []
        self.seated = submission.seated(handed_in.appointments, self.workers, self.sessions, faults)
        self.left_out = submission.left_out(handed_in.unassigned, self.workers, self.seated, faults)
        self.faults: dict[str, list[str]] = defaultdict(list, {"R1": faults} if faults else {})
        self.arrivals, self.at_station, self.away = self._loads()
        self.allowed = cache(self._allowed)
        self.equipped = cache(self._equipped)
        self.minutes_away = cache(self._minutes_away)
        self.absences = cache(self._absences)
        self.stage = cache(self._stage)
        self.blocked = cache(self._blocked)

    def report(self) -> Report:
        for worker, at in self.seated.items():
            if self.held.get(worker) != at:
                self._eligible(self.workers[worker], at)
        for excess in self.excesses():
            self.faults[excess.rule].append(str(excess))
        structural = sum(self._reason(self.workers[w], code) for w, code in self.left_out.items())
        missing = [self.workers[w] for w in self.left_out]
        return Report(
            dict(self.faults),
            self._cost(missing),
            structural,
            len(self.seated),
            len({session for session, _ in self.seated.values()}),
            dict(Counter(w.priority for w in missing)),
            dict(Counter(self.left_out.values())),
        )

    def _eligible(self, worker: Worker, at: Place) -> None:
        """R2 and R3."""
        line = self.lines[worker.line]
        if not self.allowed(line.site, line.calendar, worker.package, at):
            self.faults["R2"].append(f"{worker.id} may not use {at}")
        if not worker.free_on(self.sessions[at[0]].day):
            self.faults["R3"].append(f"{worker.id} on day {self.sessions[at[0]].day}")

    def _allowed(self, site: str, calendar: str, package: str, at: Place) -> bool:
        session = self.sessions[at[0]]
        return (
            self._reachable(site, session)
            and (session.bnn or not self.packages[package].bnn)
            and self.equipped(package, at)
            and self._timed(calendar, package, at)
        )

    def _reachable(self, site: str, session: Session) -> bool:
        travel = self._travel(site, session)
        in_force = session.permit and session.day not in self.instance.holidays
        return in_force and travel is not None and travel <= self.instance.params.max_travel_minutes

    def _travel(self, site: str, session: Session) -> int | None:
        """Minutes one way; None where nobody can travel."""
        return self.instance.travel.get(site, {}).get(session.site)

    def _equipped(self, package: str, at: Place) -> bool:
        session, i = self.sessions[at[0]], at[1]
        return session.total[i] >= 1 and all(
            q in session.capacity and session.capacity[q][i] >= 1 for q in self.packages[package].stations
        )

    def _timed(self, calendar: str, package: str, at: Place) -> bool:
        params, session = self.instance.params, self.sessions[at[0]]
        start = session.windows[at[1]]
        instant = session.day * DAY + start
        ended = bisect_right(self.ends[calendar], instant)
        since_end = instant - self.ends[calendar][ended - 1] if ended else None
        needs = self.packages[package].timing
        if FASTING in needs and start >= params.fasting_before:
            return False
        if QUIET_REST in needs:
            working = self._working(calendar, instant)
            if working or (since_end is not None and since_end < params.quiet_rest_minutes):
                return False
        return END_OF_SHIFT not in needs or (since_end is not None and since_end <= params.end_of_shift_minutes)

    def _absence(self, line: str, package: str, at: Place) -> tuple[int, int]:
        session = self.sessions[at[0]]
        travel = self._travel(self.lines[line].site, session) or 0
        start = session.day * DAY + session.windows[at[1]]
        return start - travel, start + self.packages[package].cycle_minutes + travel

    def _minutes_away(self, line: str, package: str, at: Place) -> int:
        begin, end = self._absence(line, package, at)
        return sum(max(0, min(end, b) - max(begin, a)) for a, b in self._near(self.lines[line].calendar, begin, end))

    def _loads(self) -> tuple[Counter[Place], Counter[tuple[Place, str]], dict[str, Counter[tuple[int, int]]]]:
        groups = Counter((self.workers[w].line, self.workers[w].package, at) for w, at in self.seated.items())
        arrivals: Counter[Place] = Counter()
        stations: Counter[tuple[Place, str]] = Counter()
        away: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
        for (line, package, at), n in groups.items():
            arrivals[at] += n
            if self._travel(self.lines[line].site, self.sessions[at[0]]) is not None:
                away[line][self._absence(line, package, at)] += n
            for station in self.packages[package].stations:
                stations[at, station] += n
        return arrivals, stations, away

    def excesses(self) -> Iterator[Excess]:
        """R4 and R5: where there are too many."""
        for at, n in self.arrivals.items():
            if n > (total := self.sessions[at[0]].total[at[1]]):
                yield Excess(n, total, at)
        for (at, station), n in self.at_station.items():
            if n > (places := self._places(at, station)):
                yield Excess(n, places, at, station)
        for line in self.away:
            yield from self._line_absence(line)

    def _places(self, at: Place, station: str) -> int:
        row = self.sessions[at[0]].capacity.get(station)
        return row[at[1]] if row is not None else 10**9  # a station not offered is a matter of R2

    def _line_absence(self, line: str) -> Iterator[Excess]:
        """R5: the load can only be too high where an absence or a shift begins."""
        crew, away = self.lines[line], self.away[line]
        for moment in self._moments(line, min(a for a, _ in away), max(b for _, b in away)):
            if (n := self._away_at(line, moment)) > crew.ceiling:
                yield Excess(n, crew.ceiling, line=line, moment=moment)

    def _away_at(self, line: str, moment: int) -> int:
        """How many of a line are away at a moment: of those who leave before it, late enough to be away still."""
        absences, longest = self.absences(line)
        some = absences[bisect_left(absences, (moment - longest,)) : bisect_left(absences, (moment + 1,))]
        return sum(n for _, back, n in some if moment < back)

    def _absences(self, line: str) -> tuple[list[tuple[int, ...]], int]:
        """A line's absences as (from, to, people), in order, and how long the longest is."""
        rows = sorted((a, b, n) for (a, b), n in self.away.get(line, {}).items())
        return list(rows), max((b - a for a, b, _ in rows), default=0)

    def _moments(self, line: str, begin: int, end: int) -> list[int]:
        calendar = self.lines[line].calendar
        starts = {max(a, begin) for a, b in self._near(calendar, begin, end) if b > begin}
        starts |= {a for a, _ in self.away.get(line, ()) if begin <= a < end}
        return sorted(m for m in starts if self._working(calendar, m))

    def _near(self, calendar: str, begin: int, end: int) -> list[tuple[int, int]]:
        """The shifts that begin before the end of a span of time and may last into it."""
        shifts, longest = self.shifts[calendar], self.longest[calendar]
        return shifts[bisect_left(shifts, (begin - longest, 0)) : bisect_left(shifts, (end, 0))]

    def _working(self, calendar: str, moment: int) -> bool:
        return any(a <= moment < b for a, b in self._near(calendar, moment, moment + 1))

    def _cost(self, missing: list[Worker]) -> CostParts:
        weights = self.instance.weights
        late = travel = shift = rest = 0
        for w, at in self.seated.items():
            worker, session = self.workers[w], self.sessions[at[0]]
            line = self.lines[worker.line]
            late += weights.late_day[worker.priority] * max(0, session.day - worker.due)
            minutes = self._travel(line.site, session)
            if minutes is None:  # a visit that cannot be made has no such cost; R2 tells of it
                continue
            travel += 2 * weights.travel_minute * minutes
            shift += weights.shift_minute * self.minutes_away(line.id, worker.package, at)
            rest += weights.rest_day_visit * (self.instance.calendars[line.calendar][session.day] is None)
        opening = sum(self.sessions[s].open_cost for s in {s for s, _ in self.seated.values()})
        return CostParts(sum(weights.unassigned[w.priority] for w in missing), late, travel, shift, rest, opening)

    def _reason(self, worker: Worker, claimed: str) -> int:
        """R7; the penalty if it is structural."""
        true = self._true_reason(worker)
        if true != claimed:
            self.faults["R7"].append(f"{worker.id}: claimed {claimed}, is {true or 'free to be placed'}")
        return self.instance.weights.unassigned[worker.priority] if true in STRUCTURAL_REASONS else 0

    def _true_reason(self, worker: Worker) -> str | None:
        line = self.lines[worker.line]
        code, places = self.stage(line.site, line.calendar, worker.package)
        if code:
            return code
        days = {at: self.sessions[at[0]].day for at in places}
        in_time = [at for at in places if worker.deadline is None or days[at] <= worker.deadline]
        if not in_time:
            return DEADLINE_PASSED
        left = [at for at in in_time if worker.free_on(days[at])]
        if not left:
            return WORKER_UNAVAILABLE
        free = [at for at in left if not self._full(worker.package, at)]
        if not free:
            return CAPACITY_EXHAUSTED
        blocked = all(self.blocked(worker.line, worker.package, at) for at in free)
        return LINE_ABSENCE_LIMIT if blocked else None

    def _stage(self, site: str, calendar: str, package: str) -> tuple[str | None, list[Place]]:
        """The first structural reason of such workers, or the windows left."""
        near = [s for s in self.instance.sessions if s.day >= self.first_free and self._reachable(site, s)]
        if not near:
            return NO_REACHABLE_SESSION, []
        licensed = [s for s in near if s.bnn or not self.packages[package].bnn]
        if not licensed:
            return NO_LICENSED_SESSION, []
        equipped = [(s.id, i) for s in licensed for i in range(len(s.windows)) if self.equipped(package, (s.id, i))]
        if not equipped:
            return NO_EQUIPPED_SESSION, []
        timed = [at for at in equipped if self._timed(calendar, package, at)]
        return (None, timed) if timed else (NO_WINDOW_FOR_TIMING, [])

    def _full(self, package: str, at: Place) -> bool:
        taken = self.arrivals[at] >= self.sessions[at[0]].total[at[1]]
        return taken or any(self.at_station[at, q] >= self._places(at, q) for q in self.packages[package].stations)

    def _blocked(self, line: str, package: str, at: Place) -> bool:
        begin, end = self._absence(line, package, at)
        ceiling = self.lines[line].ceiling
        return any(self._away_at(line, moment) >= ceiling for moment in self._moments(line, begin, end))
