"""Direct bookings and moves, as unions and workers ask for them within what plans leave open."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from contracts import unions
from contracts import workers as worker_events
from contracts.appointments import RequestAnswered
from scheduling import appointment_store, demand_store, merge_store, session_store, sessions, workers
from scheduling.floor import Appointment, Floor, Waiting, granted, refused
from scheduling.model import WORTH_WAITING_FOR, Person, Seat
from scheduling.problems import problem
from scheduling.seating import Turn
from shared.consuming import Message
from shared.database import Transaction

Booking = Message[unions.BookingRequested] | Message[worker_events.BookingRequested]
Move = Message[unions.MoveRequested] | Message[worker_events.MoveRequested]

NOT_OPEN = {
    "booked": "check.already-booked",
    "attended": "check.done",
    "fulfilled": "check.done",
    "left": "check.ended",
    "refused": "check.ended",
    "joined": "check.ended",
}


async def book(tx: Transaction, messages: Sequence[Booking], _today: date) -> Turn:
    """Give due checks the seats they ask for, in order; whoever comes too late waits for a seat to be given up."""
    ready, listed = await sessions.known(tx, await workers.known(tx, messages))
    campaigns = await demand_store.get_campaigns(tx, {row["campaign_id"] for row in listed.values()})
    wanted = {m: (listed[m.event.session_id]["campaign_id"], m.event.worker_id) for m in ready}
    checks = await demand_store.find_checks(tx, list(wanted.values()))

    def take(floor: Floor, some: Sequence[Booking]) -> None:
        for message in some:
            pair = wanted[message]
            if pair not in checks:
                answer = refused(message.event.worker_id, message.event.request_id, "check.not-due")
            elif campaigns[pair[0]]["closing_on"] is not None:
                answer = refused(message.event.worker_id, message.event.request_id, "campaign.closed")
            else:
                answer = _book(floor, message, floor.people[checks[pair]["health_check_id"]])
            floor.said.append(message.leads_to(answer))

    check_ids = [check["health_check_id"] for check in checks.values()]
    return Turn(ready, take, listed.keys(), check_ids, promotes=False)


def _book(floor: Floor, message: Message[Any], person: Person) -> RequestAnswered:
    asked = message.event
    state = floor.state_of(person)
    if state != "open":
        return refused(asked.worker_id, asked.request_id, NOT_OPEN[state])
    seat = floor.room.seat_in(person, asked.session_id, asked.window)
    if isinstance(seat, Seat):
        appointment_id = uuid5(person.health_check_id, message.ref)
        appointment = floor.book(person, seat, "booking", message.leads_to, appointment_id)
        return granted(asked.worker_id, asked.request_id, appointment)
    if seat not in WORTH_WAITING_FOR:
        return refused(asked.worker_id, asked.request_id, seat, "session_id")
    if floor.waits(person, asked.session_id):
        return refused(asked.worker_id, asked.request_id, "wait-list.already-waiting")
    floor.wait(Waiting(asked.request_id, person.health_check_id, asked.session_id, asked.window, message.ref))
    return RequestAnswered(
        worker_id=asked.worker_id, request_id=asked.request_id, outcome="wait-listed", problems=[problem(seat)]
    )


async def move(tx: Transaction, messages: Sequence[Move], today: date) -> Turn:
    """Give appointments the session they ask for, or the best later day; who cannot move keeps the old seat."""
    known = await appointment_store.get_appointments(tx, [m.event.appointment_id for m in messages])
    whose = {m.event.worker_id for m in messages} | {appointment.worker_id for appointment in known.values()}
    persons = await merge_store.persons_of(tx, whose)
    movable = [m for m in messages if _owns(m, known.get(m.event.appointment_id), persons)]
    checks = {m: known[m.event.appointment_id].health_check_id for m in movable}
    anywhere = [checks[m] for m in movable if m.event.session_id is None]
    targets = {m.event.session_id for m in movable if m.event.session_id is not None}
    now_in = {known[m.event.appointment_id].session_id for m in movable}
    rivals = await session_store.sessions_within_reach(tx, anywhere, today) if anywhere else set()

    def take(floor: Floor, some: Sequence[Move]) -> None:
        for message in some:
            if message in checks:
                _move(floor, message, floor.people[checks[message]])
            else:
                no = refused(message.event.worker_id, message.event.request_id, "appointment.unknown")
                floor.said.append(message.leads_to(no))

    return Turn(messages, take, targets | now_in | rivals, checks.values())


def _owns(message: Message[Any], appointment: Appointment | None, persons: Mapping[UUID, UUID]) -> bool:
    """Whether an appointment is of the person who is named, under whichever of their workers it was made."""
    if appointment is None:
        return False
    named, worker = message.event.worker_id, appointment.worker_id
    return bool(persons.get(named, named) == persons.get(worker, worker))


def _move(floor: Floor, message: Message[Any], person: Person) -> None:
    asked, says = message.event, message.leads_to
    appointment = floor.live.get(person.health_check_id)
    if appointment is None or appointment.appointment_id != asked.appointment_id:
        floor.said.append(says(refused(asked.worker_id, asked.request_id, "appointment.not-open")))
        return
    if appointment.day <= floor.room.today or appointment.session_id not in floor.room.sessions:
        floor.said.append(says(refused(asked.worker_id, asked.request_id, "session.past")))
        return
    floor.vacate(person)
    seat = _target(floor, person, asked.session_id, appointment.day, appointment.session_id)
    if isinstance(seat, str):
        floor.stay(person)
        floor.said.append(says(refused(asked.worker_id, asked.request_id, seat)))
        return
    old = appointment.session_id
    floor.move(person, seat, "requested", says)
    floor.said.append(says(granted(asked.worker_id, asked.request_id, appointment)))
    floor.promote(old, says)


def _target(floor: Floor, person: Person, session_id: UUID | None, day: date, old: UUID) -> Seat | str:
    if session_id is None:
        return floor.room.best(person, besides=old, after=day) or "appointment.no-other-seat"
    if session_id not in floor.room.sessions:
        return "session.not-confirmed"
    return floor.room.seat_in(person, session_id, None)
