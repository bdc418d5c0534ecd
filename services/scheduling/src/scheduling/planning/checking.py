"""The own referee: every rule of kd-plan/1 on a finished plan, written plainly and apart from the engine's arrays."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from scheduling.planning import changing
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
    Appointments,
    Changes,
    CostParts,
    Instance,
    Plan,
    Session,
    Worker,
)

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """Violations by rule (empty = valid), the cost by part, and who is left out; the last three of a re-plan."""

    violations: dict[str, list[str]]
    cost: CostParts
    structural_penalty: int
    unassigned_by_priority: dict[int, int]
    unassigned_by_reason: dict[str, int]
    broken: int = 0
    overfull_excess: int = 0
    moved: int = 0

    @property
    def valid(self) -> bool:
        """Whether every rule holds."""
        return not self.violations


def check(
    instance: Instance, plan: Plan, changes: Changes | None = None, published: Appointments | None = None
) -> Report:
    """Hold a plan against every rule; `changes` and `published` turn it into the check of a re-plan."""
    if changes is None:
        return _Check(instance, plan).report()
    return _Recheck(changing.effective(instance, changes), plan, changes, published or {}).report()


class _Check:
    held: Mapping[str, Place] = {}  # appointments that R2 and R3 no longer concern

    def __init__(self, instance: Instance, plan: Plan, first_free: int = 0) -> None:
        self.instance, self.plan, self.first_free = instance, plan, first_free
        self.workers = {w.id: w for w in instance.workers}
        self.lines = {line.id: line for line in instance.lines}
        self.packages = {p.id: p for p in instance.packages}
        self.sessions = {s.id: s for s in instance.sessions}
        self.shifts = {
            name: sorted((d * DAY + s[0], d * DAY + s[1]) for d, s in enumerate(days) if s)
            for name, days in instance.calendars.items()
        }
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.seated = {w: at for w, at in plan.appointments.items() if self._known(w, at)}
        self.arrivals, self.at_station, self.away = self._loads()
        self.allowed = cache(self._allowed)
        self.minutes_away = cache(self._minutes_away)
        self.stage = cache(self._stage)
        self.blocked = cache(self._blocked)

    def report(self) -> Report:
        self._complete()
        for worker, at in self.seated.items():
            if self.held.get(worker) != at:
                self._eligible(self.workers[worker], at)
        self._capacity()
        for line in self.away:
            self._line_absence(line)
        structural = sum(self._reason(worker, code) for worker, code in self.plan.unassigned.items())
        missing = [self.workers[w] for w in self.plan.unassigned if w in self.workers]
        return Report(
            dict(self.faults),
            self._cost(missing),
            structural,
            dict(Counter(w.priority for w in missing)),
            dict(Counter(self.plan.unassigned.values())),
        )

    def _known(self, worker: str, at: Place) -> bool:
        session = self.sessions.get(at[0])
        known = worker in self.workers and session is not None and 0 <= at[1] < len(session.windows)
        if not known:
            self.faults["R1"].append(f"{worker}: no such worker or window")
        return known

    def _complete(self) -> None:
        """R1."""
        for worker in self.workers:
            times = (worker in self.plan.appointments) + (worker in self.plan.unassigned)
            if times != 1:
                self.faults["R1"].append(f"{worker} occurs {times} times")
        self.faults["R1"] += [f"{w} is no worker" for w in self.plan.unassigned if w not in self.workers]
        if not self.faults["R1"]:
            del self.faults["R1"]

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
            and self._equipped(package, at)
            and self._timed(calendar, package, at)
        )

    def _reachable(self, site: str, session: Session) -> bool:
        travel = self.instance.travel.get(site, {}).get(session.site)
        in_force = session.permit and session.day not in self.instance.holidays
        return in_force and travel is not None and travel <= self.instance.params.max_travel_minutes

    def _equipped(self, package: str, at: Place) -> bool:
        session, i = self.sessions[at[0]], at[1]
        return session.total[i] >= 1 and all(
            q in session.capacity and session.capacity[q][i] >= 1 for q in self.packages[package].stations
        )

    def _timed(self, calendar: str, package: str, at: Place) -> bool:
        params, session = self.instance.params, self.sessions[at[0]]
        start = session.windows[at[1]]
        instant = session.day * DAY + start
        since_end = min((instant - b for _, b in self.shifts[calendar] if b <= instant), default=None)
        needs = self.packages[package].timing
        if FASTING in needs and start >= params.fasting_before:
            return False
        if QUIET_REST in needs:
            working = any(a <= instant < b for a, b in self.shifts[calendar])
            if working or (since_end is not None and since_end < params.quiet_rest_minutes):
                return False
        return END_OF_SHIFT not in needs or (since_end is not None and since_end <= params.end_of_shift_minutes)

    def _absence(self, line: str, package: str, at: Place) -> tuple[int, int]:
        session = self.sessions[at[0]]
        travel = self.instance.travel.get(self.lines[line].site, {}).get(session.site, 0)
        start = session.day * DAY + session.windows[at[1]]
        return start - travel, start + self.packages[package].cycle_minutes + travel

    def _minutes_away(self, line: str, package: str, at: Place) -> int:
        begin, end = self._absence(line, package, at)
        return sum(max(0, min(end, b) - max(begin, a)) for a, b in self.shifts[self.lines[line].calendar])

    def _loads(self) -> tuple[Counter[Place], Counter[tuple[Place, str]], dict[str, Counter[tuple[int, int]]]]:
        groups = Counter((self.workers[w].line, self.workers[w].package, at) for w, at in self.seated.items())
        arrivals: Counter[Place] = Counter()
        stations: Counter[tuple[Place, str]] = Counter()
        away: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
        for (line, package, at), n in groups.items():
            arrivals[at] += n
            away[line][self._absence(line, package, at)] += n
            for station in self.packages[package].stations:
                stations[at, station] += n
        return arrivals, stations, away

    def _capacity(self) -> None:
        """R4."""
        for at, n in self.arrivals.items():
            if n > self.sessions[at[0]].total[at[1]]:
                self.faults["R4"].append(f"{at}: {n} arrivals")
        for (at, station), n in self.at_station.items():
            if n > self._places(at, station):
                self.faults["R4"].append(f"{at} {station}: {n} arrivals")

    def _places(self, at: Place, station: str) -> int:
        row = self.sessions[at[0]].capacity.get(station)
        return row[at[1]] if row is not None else 10**9  # a station not offered is a matter of R2

    def _line_absence(self, line: str) -> None:
        """R5: the load can only be too high where an absence or a shift begins."""
        crew, away = self.lines[line], self.away[line]
        for moment in self._moments(line, min(a for a, _ in away), max(b for _, b in away)):
            n = sum(k for (a, b), k in away.items() if a <= moment < b)
            if n > crew.ceiling:
                self.faults["R5"].append(f"{line}: {n} away at day {moment // DAY} minute {moment % DAY}")

    def _moments(self, line: str, begin: int, end: int) -> list[int]:
        shifts = self.shifts[self.lines[line].calendar]
        starts = {max(a, begin) for a, b in shifts if a < end and b > begin}
        starts |= {a for a, _ in self.away.get(line, ()) if begin <= a < end}
        return sorted(m for m in starts if any(a <= m < b for a, b in shifts))

    def _cost(self, missing: list[Worker]) -> CostParts:
        weights = self.instance.weights
        late = travel = shift = rest = 0
        for w, at in self.seated.items():
            worker, session = self.workers[w], self.sessions[at[0]]
            line = self.lines[worker.line]
            late += weights.late_day[worker.priority] * max(0, session.day - worker.due)
            travel += 2 * weights.travel_minute * self.instance.travel.get(line.site, {}).get(session.site, 0)
            shift += weights.shift_minute * self.minutes_away(line.id, worker.package, at)
            rest += weights.rest_day_visit * (self.instance.calendars[line.calendar][session.day] is None)
        opening = sum(self.sessions[s].open_cost for s in {s for s, _ in self.seated.values()})
        return CostParts(sum(weights.unassigned[w.priority] for w in missing), late, travel, shift, rest, opening)

    def _reason(self, who: str, claimed: str) -> int:
        """R7; the penalty if it is structural."""
        worker = self.workers.get(who)
        if worker is None:
            return 0
        true = self._true_reason(worker)
        if true != claimed:
            self.faults["R7"].append(f"{who}: claimed {claimed}, is {true or 'free to be placed'}")
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
        equipped = [(s.id, i) for s in licensed for i in range(len(s.windows)) if self._equipped(package, (s.id, i))]
        if not equipped:
            return NO_EQUIPPED_SESSION, []
        timed = [at for at in equipped if self._timed(calendar, package, at)]
        return (None, timed) if timed else (NO_WINDOW_FOR_TIMING, [])

    def _full(self, package: str, at: Place) -> bool:
        taken = self.arrivals[at] >= self.sessions[at[0]].total[at[1]]
        return taken or any(self.at_station[at, q] >= self._places(at, q) for q in self.packages[package].stations)

    def _blocked(self, line: str, package: str, at: Place) -> bool:
        begin, end = self._absence(line, package, at)
        visits: Mapping[tuple[int, int], int] = self.away.get(line, {})
        return any(
            sum(n for (a, b), n in visits.items() if a <= moment < b) + 1 > self.lines[line].ceiling
            for moment in self._moments(line, begin, end)
        )


class _Recheck(_Check):
    """The check of a re-plan on the effective instance: R8 and what moved."""

    def __init__(self, instance: Instance, plan: Plan, changes: Changes, published: Mapping[str, Place]) -> None:
        self.now, self.published = changes.now, published
        super().__init__(instance, plan, changes.now + instance.params.freeze_days)
        self.held = {w: at for w, at in published.items() if self.sessions[at[0]].day < self.now}

    def report(self) -> Report:
        broken = {w for w, at in self.published.items() if self._broken(w, at)}
        excess = self._overfull(broken)
        moved = {w for w, at in self.published.items() if w not in broken and self.plan.appointments.get(w) != at}
        for worker in moved:
            self._may_move(self.published[worker], worker, excess)
        for worker, at in self.seated.items():
            if self.published.get(worker) != at and self.sessions[at[0]].day < self.first_free:
                self.faults["R8"].append(f"{worker}: new appointment inside the frozen days")
        plain = super().report()
        cost = CostParts(
            plain.cost.unassigned,
            plain.cost.late,
            plain.cost.travel,
            plain.cost.shift,
            plain.cost.rest_day,
            plain.cost.opening,
            self.instance.weights.move * len(moved),
        )
        return Report(
            plain.violations,
            cost,
            plain.structural_penalty,
            plain.unassigned_by_priority,
            plain.unassigned_by_reason,
            sum(w in self.workers for w in broken),
            sum(excess.values()),
            len(moved),
        )

    def _broken(self, who: str, at: Place) -> bool:
        worker = self.workers.get(who)
        if worker is None:
            return True
        day, line = self.sessions[at[0]].day, self.lines[worker.line]
        may_stay = self.allowed(line.site, line.calendar, worker.package, at) and worker.free_on(day)
        return day >= self.now and not may_stay

    def _overfull(self, broken: set[str]) -> dict[Place, int]:
        arrivals: Counter[Place] = Counter()
        stations: Counter[tuple[Place, str]] = Counter()
        for worker, at in self.published.items():
            if worker not in broken and self.sessions[at[0]].day >= self.now:
                arrivals[at] += 1
                stations.update((at, q) for q in self.packages[self.workers[worker].package].stations)
        excess = {at: n - self.sessions[at[0]].total[at[1]] for at, n in arrivals.items()}
        for (at, station), n in stations.items():
            excess[at] = max(excess[at], n - self._places(at, station))
        return {at: n for at, n in excess.items() if n > 0}

    def _may_move(self, at: Place, worker: str, excess: Mapping[Place, int]) -> None:
        """R8 for one unbroken appointment that was changed."""
        day = self.sessions[at[0]].day
        if day < self.now:
            self.faults["R8"].append(f"{worker}: held appointment changed")
        elif day < self.first_free and (at not in excess or not self._full(self.workers[worker].package, at)):
            self.faults["R8"].append(f"{worker}: frozen appointment moved")
