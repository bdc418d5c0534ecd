"""Where a due check may be examined, and who competes for the place: rules R2–R5 of kd-plan/1, visit by visit."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from scheduling.shifts import Shifts, instant
from scheduling.terms import Terms, is_holiday

STEP = 5
TOTAL = ""
# What may be wrong with a seat, in the order of kd-plan/1's chain of reasons (R7): the later, the nearer to a yes.
CHAIN = (
    "session.not-confirmed", "session.past", "session.on-holiday", "session.other-campaign", "session.unknown-window",
    "session.out-of-reach", "session.not-licensed", "session.not-equipped", "session.timing", "check.after-deadline",
    "worker.unavailable", "session.full", "line.absence-ceiling",
)  # fmt: skip
WORTH_WAITING_FOR = {"session.full", "line.absence-ceiling"}


@dataclass(frozen=True, slots=True)
class Crew:
    """A production line, as far as it decides where its people may go; `reaches` are minutes one way by site.

    `ceiling` people of its `headcount` may be away at once; a headcount of 0 is not known, nor is a `name` of None.
    """

    crew_id: UUID
    site: str
    shifts: Shifts
    ceiling: int
    reaches: Mapping[str, int]
    headcount: int = 0
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What a visit consists of."""

    package: str
    stations: tuple[str, ...]
    timing: tuple[str, ...] = ()
    bnn: bool = False
    cycle_minutes: int = 75


@dataclass(frozen=True, slots=True)
class Person:
    """A due check and what decides about its place; `away` holds inclusive ranges of days."""

    health_check_id: UUID
    worker_id: UUID
    unit_id: UUID
    campaign_id: UUID
    state: str
    crew: Crew
    need: Need
    priority: int
    due_on: date
    deadline: date | None = None
    away: tuple[tuple[date, date], ...] = ()

    def free_on(self, day: date) -> bool:
        """Whether the worker is not away on a day."""
        return not any(first <= day <= last for first, last in self.away)


class Window(NamedTuple):
    """An arrival window: minute of day, arrivals in all and per station."""

    start: int
    total: int
    capacity: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Session:
    """One team-day at a site."""

    session_id: UUID
    clinic_id: str
    campaign_id: UUID
    site: str
    day: date
    windows: tuple[Window, ...]
    status: str = "confirmed"
    bnn: bool = False
    open_cost: int = 6_000


class Seat(NamedTuple):
    """A window of a session, by its index."""

    session_id: UUID
    window: int


class Room:
    """Some sessions and everybody who has a place in them or is away from a crew meanwhile.

    Absences are counted in steps of five minutes, the grain of kd-plan/1; what is finer counts as a whole step.
    """

    def __init__(self, sessions: Iterable[Session], terms: Terms, today: date) -> None:
        self.sessions = {session.session_id: session for session in sessions}
        self.terms = terms
        self.today = today
        self.arrivals: Counter[tuple[Seat, str]] = Counter()
        self.people_in: Counter[UUID] = Counter()
        self._absent: Counter[tuple[UUID, int]] = Counter()
        self._eligible: dict[tuple[UUID, Need, Seat], str | None] = {}
        self._costs: dict[tuple[UUID, Need, UUID], list[tuple[int, Seat]]] = {}

    @property
    def last_frozen(self) -> date:
        """The last of the days, from today on, on which plans change nothing."""
        return self.today + timedelta(days=self.terms.freeze_days - 1)

    def refusal(self, person: Person, seat: Seat) -> str | None:
        """The first rule that forbids the seat, None if the person may have it."""
        session = self.sessions[seat.session_id]
        return (
            self._closed(person, session)
            or self._not_eligible(person.crew, person.need, seat)
            or self._wrong_day(person, session.day)
            or ("session.full" if self.full(person.need, seat) else None)
            or ("line.absence-ceiling" if self._line_blocks(person.crew, person.need, seat) else None)
        )

    def seat_in(self, person: Person, session_id: UUID, window: int | None) -> Seat | str:
        """The named window or the first that suits, else the code of what came nearest to a yes."""
        windows = range(len(self.sessions[session_id].windows)) if window is None else (window,)
        refusals = []
        for index in windows:
            refusal = self.refusal(person, Seat(session_id, index))
            if refusal is None:
                return Seat(session_id, index)
            refusals.append(refusal)
        return max(refusals, key=CHAIN.index)

    def ways(self, person: Person, besides: UUID | None = None, after: date = date.min) -> list[tuple[int, int, Seat]]:
        """Every seat after a day that suits the person, taken or not, the cheapest first: cost of the visit, day, seat.

        Costs are the planning format's, without that of opening the session.
        """
        late = self.terms.weights.late_day[person.priority]
        found: list[tuple[int, int, Seat]] = []
        for session in self.sessions.values():
            elsewhere = session.session_id != besides and session.day > after
            if elsewhere and self._reaches(person.crew, session) and self._suits(person, session):
                wait = late * max(0, (session.day - person.due_on).days)
                for cost, seat in self._seats_by_cost(person.crew, person.need, session):
                    found.append((cost + wait, session.day.toordinal(), seat))
        return sorted(found)

    def best(self, person: Person, besides: UUID | None = None, after: date = date.min) -> Seat | None:
        """The cheapest seat in the room after a day, by the planning format's costs; None if no seat suits."""
        ways = self.ways(person, besides, after)
        found = sorted((cost + self._opening(seat.session_id), day, seat) for cost, day, seat in ways)
        return next((seat for _, _, seat in found if self.takes(person, seat)), None)

    def takes(self, person: Person, seat: Seat) -> bool:
        """Whether a seat that suits the person is free for one of their line."""
        return not self.full(person.need, seat) and not self._line_blocks(person.crew, person.need, seat)

    def is_used(self, session_id: UUID) -> bool:
        """Whether anybody is in the session, so that its opening is paid for."""
        return self.people_in[session_id] > 0

    def put(self, person: Person, seat: Seat, by: int = 1) -> None:
        """Somebody arrives in the seat and is away meanwhile (`by=-1`: is no longer)."""
        session = self.sessions[seat.session_id]
        self._count(person.need, seat, by)
        self.go(person.crew, person.need, session.site, session.day, session.windows[seat.window].start, by)

    def nearest(self, person: Person, session_id: UUID, start: int) -> Seat | None:
        """The seat in a session that begins nearest to a minute of its day; None if no seat suits."""
        windows = self.sessions[session_id].windows
        by_distance = sorted(range(len(windows)), key=lambda index: (abs(windows[index].start - start), index))
        seats = (Seat(session_id, index) for index in by_distance)
        return next((seat for seat in seats if self.refusal(person, seat) is None), None)

    def take(self, need: Need, seat: Seat) -> None:
        """Somebody with this need arrives in the seat."""
        self._count(need, seat, 1)

    def leave(self, need: Need, seat: Seat) -> None:
        """Somebody with this need no longer arrives in the seat."""
        self._count(need, seat, -1)

    def go(self, crew: Crew, need: Need, site: str, day: date, start: int, by: int = 1) -> None:
        """Somebody of the crew is away for a visit (`by=-1`: is no longer)."""
        for step in _steps(*_span(crew, need, site, day, start)):
            self._absent[crew.crew_id, step] += by

    def has_room(self, need: Need, seat: Seat) -> bool:
        """Whether somebody who stands at the door may be taken in: capacity and licence, whatever the time of day."""
        session = self.sessions[seat.session_id]
        return (session.bnn or not need.bnn) and not self.full(need, seat)

    def full(self, need: Need, seat: Seat) -> bool:
        """R4: the window or one of the stations needed has reached its capacity."""
        window = self.sessions[seat.session_id].windows[seat.window]
        return self.arrivals[seat, TOTAL] >= window.total or any(
            self.arrivals[seat, station] >= window.capacity.get(station, 0) for station in need.stations
        )

    def _count(self, need: Need, seat: Seat, by: int) -> None:
        if seat.session_id in self.sessions:
            self.people_in[seat.session_id] += by
            for station in (TOTAL, *need.stations):
                self.arrivals[seat, station] += by

    def _closed(self, person: Person, session: Session) -> str | None:
        if session.status != "confirmed":
            return "session.not-confirmed"
        if session.day <= self.today:
            return "session.past"
        if is_holiday(session.day):
            return "session.on-holiday"
        return "session.other-campaign" if session.campaign_id != person.campaign_id else None

    def _suits(self, person: Person, session: Session) -> bool:
        return self._closed(person, session) is None and self._wrong_day(person, session.day) is None

    def _opening(self, session_id: UUID) -> int:
        return 0 if self.is_used(session_id) else self.sessions[session_id].open_cost

    def _wrong_day(self, person: Person, day: date) -> str | None:
        overdue = person.deadline is not None and person.deadline < self.today
        if person.deadline is not None and not overdue and day > person.deadline:
            return "check.after-deadline"
        return None if person.free_on(day) else "worker.unavailable"

    def _not_eligible(self, crew: Crew, need: Need, seat: Seat) -> str | None:
        key = (crew.crew_id, need, seat)
        if key not in self._eligible:
            self._eligible[key] = self._why_not_eligible(crew, need, seat)
        return self._eligible[key]

    def _why_not_eligible(self, crew: Crew, need: Need, seat: Seat) -> str | None:
        session = self.sessions[seat.session_id]
        if not 0 <= seat.window < len(session.windows):
            return "session.unknown-window"
        window = session.windows[seat.window]
        if not self._reaches(crew, session):
            return "session.out-of-reach"
        if need.bnn and not session.bnn:
            return "session.not-licensed"
        if window.total < 1 or any(window.capacity.get(station, 0) < 1 for station in need.stations):
            return "session.not-equipped"
        return None if self._timing_met(crew, need, session.day, window.start) else "session.timing"

    def _reaches(self, crew: Crew, session: Session) -> bool:
        minutes = crew.reaches.get(session.site)
        return minutes is not None and minutes <= self.terms.max_travel_minutes

    def _timing_met(self, crew: Crew, need: Need, day: date, start: int) -> bool:
        at = instant(day, start)
        since_end = crew.shifts.since_last_end(at) if need.timing else None
        if "fasting" in need.timing and start >= self.terms.fasting_before:
            return False
        if "quiet_rest" in need.timing:
            if any(crew.shifts.within(at, at + 1)):
                return False
            if since_end is not None and since_end < self.terms.quiet_rest_minutes:
                return False
        too_late = since_end is None or since_end > self.terms.end_of_shift_minutes
        return not ("end_of_shift" in need.timing and too_late)

    def _line_blocks(self, crew: Crew, need: Need, seat: Seat) -> bool:
        """R5: one more visit would take too many of the crew away at some instant of a shift."""
        session = self.sessions[seat.session_id]
        start, end = _span(crew, need, session.site, session.day, session.windows[seat.window].start)
        return any(
            self._absent[crew.crew_id, step] >= crew.ceiling
            for begins, ends in crew.shifts.within(start, end)
            for step in _steps(begins, ends)
        )

    def _seats_by_cost(self, crew: Crew, need: Need, session: Session) -> list[tuple[int, Seat]]:
        key = (crew.crew_id, need, session.session_id)
        if key not in self._costs:
            seats = [Seat(session.session_id, index) for index in range(len(session.windows))]
            self._costs[key] = [
                (self._visit_cost(crew, need, session, seat.window), seat)
                for seat in seats
                if self._not_eligible(crew, need, seat) is None
            ]
        return self._costs[key]

    def _visit_cost(self, crew: Crew, need: Need, session: Session, window: int) -> int:
        weights = self.terms.weights
        start, end = _span(crew, need, session.site, session.day, session.windows[window].start)
        worked = sum(ends - begins for begins, ends in crew.shifts.within(start, end))
        rest_day = weights.rest_day_visit if crew.shifts.on(session.day.toordinal()) is None else 0
        return weights.travel_minute * 2 * crew.reaches[session.site] + weights.shift_minute * worked + rest_day


def _span(crew: Crew, need: Need, site: str, day: date, start: int) -> tuple[int, int]:
    """From when to when a visit keeps somebody away; a site the crew no longer reaches counts as near."""
    travel = crew.reaches.get(site, 0)
    at = instant(day, start)
    return at - travel, at + need.cycle_minutes + travel


def _steps(start: int, end: int) -> range:
    return range(start // STEP, -(-end // STEP))
