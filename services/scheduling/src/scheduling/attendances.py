"""Who came: attendance at the reception desk, walk-ins, and those whom nobody reported."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from asyncpg import Record

from contracts.appointments import AttendanceRefused
from contracts.clinics import AttendanceRecorded
from contracts.coordination import DayStarted
from contracts.results import VisitConcluded
from scheduling import appointment_store, demand, demand_store, sessions, workers
from scheduling.floor import Appointment, Floor, Renewal
from scheduling.model import Person, Seat
from scheduling.problems import problem
from scheduling.seating import Turn
from shared import waiting
from shared.consuming import Message
from shared.database import Transaction

Attendance = Message[AttendanceRecorded]


async def record(tx: Transaction, messages: Sequence[Attendance], today: date) -> Turn:
    """Note who came, did not come or refused; walk-ins take a seat that is free, on one floor with all others."""
    early, begun = [m for m in messages if m.event.day > today], [m for m in messages if m.event.day <= today]
    await waiting.hold(tx, early, "day", [m.event.day for m in early])
    planned = [m for m in begun if not m.event.walk_in]
    walk_ins, listed = await sessions.known(tx, await workers.known(tx, [m for m in begun if m.event.walk_in]))
    pairs = {m: (listed[m.event.session_id]["campaign_id"], m.event.worker_id) for m in walk_ins}
    checks = {
        pair: row["health_check_id"] for pair, row in (await demand_store.find_checks(tx, list(pairs.values()))).items()
    }
    elsewhere = await appointment_store.sessions_of_checks(tx, checks.values())
    visits = [m.event.visit_id for m in begun]
    booked = [a.health_check_id for a in (await appointment_store.get_appointments(tx, visits)).values()]
    known: dict[UUID, Appointment] = {}
    renewals: dict[UUID, Renewal] = {}

    async def look() -> None:
        known.update(await appointment_store.get_appointments(tx, visits))
        if checks:
            renewals.update(await demand.renewals(tx, checks.values(), today))

    def take(floor: Floor, some: Sequence[Attendance]) -> None:
        for message in some:
            attended = message.event
            appointment = floor.changed.get(attended.visit_id) or known.get(attended.visit_id)
            if attended.walk_in:
                check_id = checks.get(pairs[message])
                person = floor.people[check_id] if check_id else None
                code = _why_no_walk_in(attended, listed[attended.session_id], appointment)
                _answer(floor, message, code or _seat_walk_in(floor, message, person, renewals))
            else:
                code = _why_not(attended, appointment)
                _answer(floor, message, code or _record_one(floor, message, appointment))

    joins = {m.event.worker_id: m for m in begun}
    return Turn(
        [*planned, *walk_ins], take, {*listed, *elsewhere.values()}, [*booked, *checks.values()], look=look, joins=joins
    )


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
        floor.end(person, "refused", says, appointment.day)
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


def _why_no_walk_in(attendance: AttendanceRecorded, session: Record, seen: Appointment | None) -> str | None:
    if attendance.status != "present":
        return "attendance.walk-in-not-present"
    if seen is not None:
        return "attendance.already-recorded"
    if session["clinic_id"] != attendance.clinic_id:
        return "attendance.other-clinic"
    if session["day"] != attendance.day:
        return "attendance.other-session"
    return "session.not-confirmed" if session["status"] != "confirmed" else None


def _seat_walk_in(
    floor: Floor, message: Attendance, person: Person | None, renewals: Mapping[UUID, Renewal]
) -> str | None:
    """Give who came a free seat; whoever had refused came after all."""
    if person is None:
        return "check.not-due"
    state, says = floor.state_of(person), message.leads_to
    renewal = renewals.get(person.health_check_id) if state == "refused" else None
    if renewal is None and state not in ("open", "booked"):
        return "attendance.check-ended"
    session, need = floor.room.sessions[message.event.session_id], renewal.need if renewal else person.need
    seats = [Seat(session.session_id, index) for index in range(len(session.windows))]
    seat = next((seat for seat in seats if floor.room.has_room(need, seat)), None)
    if seat is None:
        return "session.full"
    if renewal is not None:
        person = floor.renew(person, renewal, says)
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


async def conclude(tx: Transaction, messages: Sequence[Message[VisitConcluded]], _today: date) -> Turn:
    """A concluded check is fulfilled, whatever attendance has been reported; a correction moves no later check."""
    signed = [m.event for m in messages if m.event.version == 1]
    await demand_store.note_last_checks(tx, [(e.worker_id, e.concluded_on) for e in signed])
    checks = {demand_store.check_id_of(e.campaign_id, e.worker_id) for e in signed}

    async def look() -> None:
        await demand_store.fulfil(tx, checks)

    joins = {m.event.worker_id: m for m in messages}
    return Turn(messages, held=checks, look=look, joins=joins, promotes=False)


def _refused(attendance: AttendanceRecorded, code: str) -> AttendanceRefused:
    return AttendanceRefused(
        worker_id=attendance.worker_id,
        visit_id=attendance.visit_id,
        clinic_id=attendance.clinic_id,
        problems=[problem(code)],
    )
