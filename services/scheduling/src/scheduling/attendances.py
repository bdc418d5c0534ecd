"""Who came: attendance at the reception desk, walk-ins, and those whom nobody reported."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from asyncpg import Record

from contracts.clinics import AttendanceRecorded
from contracts.coordination import DayStarted
from contracts.results import VisitConcluded
from contracts.scheduling import AttendanceRefused
from scheduling import appointment_store, demand_store, merges, seating, sessions, workers
from scheduling.floor import Appointment, Floor
from scheduling.model import Person, Seat
from scheduling.problems import problem
from shared import waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

Attendance = Message[AttendanceRecorded]


async def record(tx: Transaction, batch: Batch[AttendanceRecorded]) -> None:
    """Note who came, did not come or refused; walk-ins take a seat that is free, on one floor with all others."""
    today = await demand_store.today(tx)
    begun = [m for m in batch if m.event.day <= today]
    planned, walk_ins = [m for m in begun if not m.event.walk_in], [m for m in begun if m.event.walk_in]
    walk_ins, listed = await sessions.known(tx, await workers.known(tx, walk_ins))
    pairs = [(listed[m.event.session_id]["campaign_id"], m.event.worker_id) for m in walk_ins]
    checks = {pair: row["health_check_id"] for pair, row in (await demand_store.find_checks(tx, pairs)).items()}
    elsewhere = await appointment_store.sessions_of_checks(tx, checks.values())
    visits = [m.event.visit_id for m in begun]
    booked = [a.health_check_id for a in (await appointment_store.get_appointments(tx, visits)).values()]
    floor = await seating.open_floor(tx, {*listed, *elsewhere.values()}, [*booked, *checks.values()], today)
    known = await appointment_store.get_appointments(tx, visits)
    for message in planned:
        appointment = known.get(message.event.visit_id)
        code = _why_not(message.event, appointment) or _record_one(floor, message, appointment)
        _answer(floor, message, code)
    for message, pair in zip(walk_ins, pairs, strict=True):
        person = floor.people[checks[pair]] if pair in checks else None
        code = _why_no_walk_in(message.event, listed[message.event.session_id], known)
        _answer(floor, message, code or _seat_walk_in(floor, message, person))
    await seating.settle(tx, floor)
    await merges.join_checks_of(tx, {m.event.worker_id: m for m in begun})
    # Last, as a day's start releases after its floor.
    early = [m for m in batch if m.event.day > today]
    await waiting.hold(tx, early, "day", [m.event.day for m in early])


def _answer(floor: Floor, message: Attendance, code: str | None) -> None:
    if code is not None:
        floor.said.append(message.leads_to(_refused(message.event, code)))


def _record_one(floor: Floor, message: Attendance, appointment: Appointment | None) -> str | None:
    """Give the attendance its effect; the code of what forbids it, else None."""
    if appointment is None:
        return "attendance.unknown-visit"
    status, says = message.event.status, message.leads_to
    person = floor.people[appointment.health_check_id]
    state = floor.state_of(person)
    if status == "present":
        late = appointment.state == "missed" and state in ("open", "joined")
        if not late and (appointment.state != "booked" or state not in ("booked", "fulfilled")):
            return "attendance.check-ended" if appointment.state == "missed" else "attendance.already-recorded"
        floor.keep(person, appointment, says)
    elif appointment.state != "booked" or state != "booked":
        return "attendance.already-recorded"
    elif status == "absent":
        floor.miss(person, appointment, "absent", says)
    else:
        floor.vacate(person)
        floor.cancel(person, "refused", says)
        floor.end(person, "refused", appointment.day, says)
    return None


def _why_not(attendance: AttendanceRecorded, appointment: Appointment | None) -> str | None:
    if appointment is None:
        return "attendance.unknown-visit"
    if appointment.clinic_id != attendance.clinic_id:
        return "attendance.other-clinic"
    if appointment.worker_id != attendance.worker_id:
        return "attendance.other-worker"
    if appointment.session_id != attendance.session_id or appointment.day != attendance.day:
        return "attendance.other-session"
    return None


def _why_no_walk_in(attendance: AttendanceRecorded, session: Record, seen: Mapping[UUID, Appointment]) -> str | None:
    if attendance.status != "present":
        return "attendance.walk-in-not-present"
    if attendance.visit_id in seen:
        return "attendance.already-recorded"
    if session["clinic_id"] != attendance.clinic_id:
        return "attendance.other-clinic"
    if session["day"] != attendance.day:
        return "attendance.other-session"
    return "session.not-confirmed" if session["status"] != "confirmed" else None


def _seat_walk_in(floor: Floor, message: Attendance, person: Person | None) -> str | None:
    if person is None:
        return "check.not-due"
    if floor.state_of(person) not in ("open", "booked"):
        return "attendance.check-ended"
    session, says = floor.room.sessions[message.event.session_id], message.leads_to
    seats = [Seat(session.session_id, index) for index in range(len(session.windows))]
    seat = next((seat for seat in seats if floor.room.has_room(person.need, seat)), None)
    if seat is None:
        return "session.full"
    former = floor.live.get(person.health_check_id)
    if former is not None:
        floor.vacate(person)
        floor.cancel(person, "replaced", says)
    appointment = floor.book(person, seat, "walk-in", says, message.event.visit_id)
    floor.keep(person, appointment, says, walk_in=True)
    if former is not None and former.session_id in floor.room.sessions:
        floor.promote(former.session_id, says)
    return None


async def sweep(tx: Transaction, floor: Floor, until: date, message: Message[DayStarted]) -> int:
    """Appointments of the floor's people up to a day that nobody reported are missed; returns how many."""
    missed = await appointment_store.unreported(tx, floor.people, until)
    for appointment in missed:
        floor.miss(floor.people[appointment.health_check_id], appointment, "unreported", message.leads_to)
    return len(missed)


async def conclude(tx: Transaction, batch: Batch[VisitConcluded]) -> None:
    """A concluded check is fulfilled, whatever attendance has been reported; a correction moves no later check."""
    signed = [event for event in batch.events if event.version == 1]
    await demand_store.fulfil(tx, [(e.campaign_id, e.worker_id, e.concluded_on) for e in signed])
    await merges.join_checks_of(tx, {m.event.worker_id: m for m in batch})


def _refused(attendance: AttendanceRecorded, code: str) -> AttendanceRefused:
    return AttendanceRefused(
        worker_id=attendance.worker_id,
        visit_id=attendance.visit_id,
        clinic_id=attendance.clinic_id,
        problems=[problem(code)],
    )
