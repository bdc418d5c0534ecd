"""The booking floor: people, seats and the wait-list under lock, and every turn an appointment may take on it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5

from contracts.appointments import (
    AppointmentCancelled,
    AppointmentKept,
    AppointmentMade,
    AppointmentMissed,
    AppointmentMoved,
    RequestAnswered,
)
from contracts.base import Event
from contracts.scheduling import HealthCheckBecameDue, HealthCheckWithdrawn
from scheduling import relocating
from scheduling.model import Need, Person, Room, Seat
from scheduling.problems import problem
from shared.outbox import Outgoing

Says = Callable[[Event], Outgoing]
MadeBy = Literal["plan", "booking", "wait-list", "walk-in", "move"]
LostBy = Literal["left", "refused", "absence", "session-withdrawn", "permit-revoked", "replaced"]
Because = Literal["session-cut"]
MissedBy = Literal["absent", "unreported"]
EndedBy = Literal["left", "refused"]
DISPLACING = frozenset({"absence", "session-withdrawn", "permit-revoked"})
IDS = ("appointment_id", "health_check_id", "worker_id", "unit_id", "campaign_id", "session_id", "clinic_id")
PLACE = ("site", "day", "window", "start", "package", "stations")


@dataclass(slots=True)
class Appointment:
    """A due check's place; `window` is the index of the arrival window that begins at minute `start`."""

    appointment_id: UUID
    health_check_id: UUID
    worker_id: UUID
    unit_id: UUID
    campaign_id: UUID
    session_id: UUID
    clinic_id: str
    site: str
    day: date
    window: int
    start: int
    package: str
    stations: Sequence[str]
    state: str = "booked"
    plan_id: UUID | None = None

    @property
    def seat(self) -> Seat:
        """Where it is."""
        return Seat(self.session_id, self.window)

    def facts(self) -> dict[str, Any]:
        """What its events say of it."""
        return {name: getattr(self, name) for name in (*IDS, *PLACE)}

    def parties(self) -> dict[str, Any]:
        """The ids that its shorter events carry."""
        return {name: getattr(self, name) for name in IDS}


class Waiting(NamedTuple):
    """An entry of the wait-list; `place` is its turn, `ref` the request that it answers."""

    request_id: UUID
    health_check_id: UUID
    session_id: UUID
    window: int | None
    ref: str
    place: int | None = None


class Renewal(NamedTuple):
    """What an ended check would be today, if it were due again; `state` is joined where it counts with another."""

    due: HealthCheckBecameDue
    need: Need
    state: Literal["open", "joined"] = "open"

    def of(self, person: Person) -> Person:
        """The person with that check."""
        due, need = self.due, self.need
        return replace(person, need=need, priority=due.priority, due_on=due.due_on, deadline=due.legal_deadline)


@dataclass(slots=True)
class Floor:
    """What one transaction has locked to decide upon, and what it decided: `seating.settle` writes it.

    `live` holds the booked appointment of a check, `joined` and `left` are turns of the wait-list, `loosened` the
    sessions in which somebody gave up a seat, `displaced` the checks that lost theirs and found no other.
    """

    room: Room
    people: dict[UUID, Person]
    live: dict[UUID, Appointment]
    waiting: dict[UUID, list[Waiting]]
    states: dict[UUID, str] = field(default_factory=dict)
    made: list[Appointment] = field(default_factory=list)
    changed: dict[UUID, Appointment] = field(default_factory=dict)
    renewed: list[Renewal] = field(default_factory=list)
    joined: list[Waiting] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    loosened: set[UUID] = field(default_factory=set)
    displaced: set[UUID] = field(default_factory=set)
    said: list[Outgoing] = field(default_factory=list)

    def state_of(self, person: Person) -> str:
        """The state of a check as this transaction sees it."""
        return self.states.get(person.health_check_id, person.state)

    def book(
        self, person: Person, seat: Seat, by: MadeBy, says: Says, appointment_id: UUID, plan_id: UUID | None = None
    ) -> Appointment:
        """Give an open check the seat."""
        session = self.room.sessions[seat.session_id]
        appointment = Appointment(
            appointment_id, person.health_check_id, person.worker_id, person.unit_id, person.campaign_id,
            seat.session_id, session.clinic_id, session.site, session.day, seat.window,
            session.windows[seat.window].start, person.need.package, person.need.stations, plan_id=plan_id,
        )  # fmt: skip
        self._occupy(person, appointment)
        self.live[person.health_check_id] = appointment
        self.states[person.health_check_id] = "booked"
        self.made.append(appointment)
        self.said.append(says(AppointmentMade(**appointment.facts(), by=by, plan_id=plan_id)))
        return appointment

    def move(self, person: Person, seat: Seat, reason: str, says: Says) -> Appointment:
        """Give the live appointment another seat; the caller has vacated the old one."""
        appointment, session = self.live[person.health_check_id], self.room.sessions[seat.session_id]
        from_session, from_clinic = appointment.session_id, appointment.clinic_id
        appointment.session_id, appointment.clinic_id = seat.session_id, session.clinic_id
        appointment.site, appointment.day = session.site, session.day
        appointment.window, appointment.start = seat.window, session.windows[seat.window].start
        self._occupy(person, appointment)
        self.changed[appointment.appointment_id] = appointment
        self.loosened.add(from_session)
        self.said.append(
            says(
                AppointmentMoved(
                    **appointment.facts(), from_session_id=from_session, from_clinic_id=from_clinic, reason=reason
                )
            )
        )
        return appointment

    def vacate(self, person: Person) -> None:
        """Take the live appointment out of its seat, for a move or for good."""
        appointment = self.live[person.health_check_id]
        self.room.leave(person.need, appointment.seat)
        self.room.go(person.crew, person.need, appointment.site, appointment.day, appointment.start, by=-1)

    def stay(self, person: Person) -> None:
        """Put a vacated appointment back into its seat."""
        self._occupy(person, self.live[person.health_check_id])

    def cancel(self, person: Person, reason: LostBy, says: Says, because: Because | None = None) -> Appointment:
        """Give up the live appointment; the caller has vacated its seat."""
        appointment = self.live.pop(person.health_check_id)
        appointment.state = "cancelled"
        self.changed[appointment.appointment_id] = appointment
        self.states[person.health_check_id] = "open"
        self.loosened.add(appointment.session_id)
        if reason in DISPLACING:
            self.displaced.add(person.health_check_id)
        self.said.append(says(AppointmentCancelled(**appointment.parties(), reason=reason, because=because)))
        return appointment

    def keep(self, person: Person, appointment: Appointment, says: Says, *, walk_in: bool = False) -> None:
        """The worker came; a check that was concluded meanwhile stays so."""
        appointment.state = "kept"
        self.changed[appointment.appointment_id] = appointment
        self.live.pop(person.health_check_id, None)
        if self.state_of(person) != "fulfilled":
            self.states[person.health_check_id] = "attended"
        self.said.append(says(AppointmentKept(**appointment.facts(), walk_in=walk_in)))

    def miss(self, person: Person, appointment: Appointment, reason: MissedBy, says: Says) -> None:
        """The worker did not come; the check is open again."""
        appointment.state = "missed"
        self.changed[appointment.appointment_id] = appointment
        self.live.pop(person.health_check_id, None)
        self.states[person.health_check_id] = "open"
        self.said.append(says(AppointmentMissed(**appointment.parties(), day=appointment.day, reason=reason)))

    def end(self, person: Person, reason: EndedBy, says: Says, day: date | None = None) -> None:
        """End a check without a visit; its seat goes to the wait-list."""
        appointment = self.live.get(person.health_check_id)
        if appointment is not None:
            self.vacate(person)
            self.cancel(person, reason, says)
        self.states[person.health_check_id] = reason
        withdrawn = HealthCheckWithdrawn(
            health_check_id=person.health_check_id, worker_id=person.worker_id, unit_id=person.unit_id,
            campaign_id=person.campaign_id, reason=reason, on_day=day or self.room.today,
        )  # fmt: skip
        self.said.append(says(withdrawn))
        if appointment is not None and appointment.session_id in self.room.sessions:
            self.promote(appointment.session_id, says)

    def renew(self, person: Person, renewal: Renewal, says: Says) -> Person:
        """Let a check that ended be due again; returns the person as of now."""
        self.people[person.health_check_id] = again = renewal.of(person)
        self.states[person.health_check_id] = renewal.state
        self.renewed.append(renewal)
        self.said.append(says(renewal.due))
        return again

    def relocate(
        self, people: Iterable[Person], reason: LostBy, says: dict[UUID, Says], because: Because | None = None
    ) -> None:
        """Find the live appointments other seats, the cheapest for all together; give up those for whom there is none.

        Nobody is moved onto a frozen day, of which they might hear too late.
        """
        by_urgency = urgent_first(people)
        for person in by_urgency:
            self.vacate(person)
        seats = relocating.seats(self.room, by_urgency, after=self.room.last_frozen)
        for person in sorted(by_urgency, key=lambda p: p.health_check_id not in seats):
            seat = seats.get(person.health_check_id) or self.room.best(person, after=self.room.last_frozen)
            if seat is None:
                self.cancel(person, reason, says[person.health_check_id], because)
            else:
                self.move(person, seat, because or reason, says[person.health_check_id])

    def shift(self, people: Iterable[Person], reason: Because, says: dict[UUID, Says]) -> list[Person]:
        """Give each another window of the same session, the nearest in time; returns those for whom it has none.

        Whoever is most urgent chooses first. The day stays, so this may be done on a frozen one.
        """
        by_urgency, out = urgent_first(people), []
        for person in by_urgency:
            self.vacate(person)
        for person in by_urgency:
            appointment = self.live[person.health_check_id]
            seat = self.room.nearest(person, appointment.session_id, appointment.start)
            if seat is None:
                out.append(person)
            else:
                self.move(person, seat, reason, says[person.health_check_id])
        for person in out:
            self.stay(person)
        return out

    def crowded(self, people: Iterable[Person]) -> list[Person]:
        """Those who no longer fit where they are; whoever is most urgent stays."""
        by_urgency = urgent_first(people)
        for person in by_urgency:
            self.vacate(person)
        out = []
        for person in by_urgency:
            seat = self.live[person.health_check_id].seat
            if not 0 <= seat.window < len(self.room.sessions[seat.session_id].windows) or self.room.full(
                person.need, seat
            ):
                out.append(person)
            else:
                self.stay(person)
        for person in out:
            self.stay(person)
        return out

    def promote(self, session_id: UUID, says: Says) -> None:
        """Let the wait-list of a session take the seats that are free now, in its order."""
        for entry in list(self.waiting.get(session_id, ())):
            person = self.people[entry.health_check_id]
            seat = self.room.seat_in(person, session_id, entry.window)
            if self.state_of(person) != "open":
                self.give_up(entry)
                self.said.append(says(refused(person.worker_id, entry.request_id, "wait-list.not-needed")))
            elif isinstance(seat, Seat):
                self.give_up(entry)
                appointment = self.book(person, seat, "wait-list", says, uuid5(person.health_check_id, entry.ref))
                self.said.append(says(granted(person.worker_id, entry.request_id, appointment)))

    def forget(self) -> None:
        """Let go of what has been written and said."""
        for check_id, state in self.states.items():
            self.people[check_id] = replace(self.people[check_id], state=state)
        for written in (self.states, self.made, self.changed, self.renewed, self.joined, self.left, self.loosened,
                        self.displaced, self.said):  # fmt: skip
            written.clear()

    def wait(self, entry: Waiting) -> None:
        """Put a request at the end of its session's wait-list."""
        self.joined.append(entry)
        self.waiting.setdefault(entry.session_id, []).append(entry)

    def waits(self, person: Person, session_id: UUID) -> bool:
        """Whether a check is on the wait-list of a session."""
        return any(entry.health_check_id == person.health_check_id for entry in self.waiting.get(session_id, ()))

    def give_up(self, entry: Waiting) -> None:
        """Take an entry off its wait-list."""
        self.waiting[entry.session_id].remove(entry)
        if entry.place is None:
            self.joined.remove(entry)
        else:
            self.left.append(entry.place)

    def _occupy(self, person: Person, appointment: Appointment) -> None:
        self.room.take(person.need, appointment.seat)
        self.room.go(person.crew, person.need, appointment.site, appointment.day, appointment.start)


def urgent_first(people: Iterable[Person]) -> list[Person]:
    """Who chooses before whom."""
    return sorted(people, key=lambda p: (-p.priority, p.due_on, p.health_check_id))


def granted(worker_id: UUID, request_id: UUID, appointment: Appointment | None = None) -> RequestAnswered:
    """The yes to a request."""
    place = appointment.appointment_id if appointment else None
    return RequestAnswered(worker_id=worker_id, request_id=request_id, outcome="granted", appointment_id=place)


def refused(worker_id: UUID, request_id: UUID, code: str, field: str | None = None) -> RequestAnswered:
    """The no to a request, with its reason."""
    return RequestAnswered(
        worker_id=worker_id, request_id=request_id, outcome="refused", problems=[problem(code, field)]
    )
