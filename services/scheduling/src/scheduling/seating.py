"""The way onto the booking floor and off it: locks in one order for everybody, one write for all that was decided."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from scheduling import appointment_store, session_store, terms
from scheduling.appointment_store import People, appointment_of, need_of
from scheduling.floor import Appointment, Floor, Waiting
from scheduling.model import Crew, Room, Seat
from shared import outbox
from shared.database import Transaction


async def open_floor(
    tx: Transaction, session_ids: Iterable[UUID], check_ids: Iterable[UUID], today: date, *, promotes: bool = True
) -> Floor:
    """Lock sessions, then checks (also of those who wait for the sessions), then lines, and see who is where.

    Without sessions nobody is given a seat, and no line is locked. Where nobody gives up a seat (`promotes=False`), the
    wait-lists of others are left alone: a rush for seats makes them long.
    """
    sessions, wanted = await session_store.lock_sessions(tx, session_ids), set(check_ids)
    waiting: dict[UUID, list[Waiting]] = {}
    keys = [s.session_id for s in sessions]
    for entry in await appointment_store.wait_list_of(tx, keys, None if promotes else wanted):
        waiting.setdefault(entry.session_id, []).append(entry)
    checks = {*wanted, *(entry.health_check_id for entries in waiting.values() for entry in entries)}
    states = await appointment_store.lock_checks(tx, checks)
    crew_ids = await appointment_store.lock_crews_of(tx, checks) if sessions else []
    people = People()
    persons = {
        row["health_check_id"]: people.person(row, states[row["health_check_id"]])
        for row in await appointment_store.get_people(tx, states)
    }
    room = Room(sessions, terms.in_force(today), today)
    live: dict[UUID, Appointment] = {}
    session_keys = [s.session_id for s in sessions]
    for row in await appointment_store.live_appointments(tx, session_keys, crew_ids, checks, today):
        appointment, need = appointment_of(row), need_of(row)
        room.take(need, Seat(appointment.session_id, appointment.window))
        crew: Crew | None = people.crews.get(row["crew_id"])
        if crew is not None:
            room.go(crew, need, appointment.site, appointment.day, appointment.start)
        if appointment.state == "booked" and appointment.health_check_id in persons:
            live[appointment.health_check_id] = appointment
    return Floor(room, persons, live, waiting)


async def settle(tx: Transaction, floor: Floor) -> None:
    """Write what was decided on the floor since it was opened or last settled, and say it."""
    made = {appointment.appointment_id for appointment in floor.made}
    await appointment_store.change_appointments(tx, [a for key, a in floor.changed.items() if key not in made])
    await appointment_store.add_appointments(tx, floor.made)
    await appointment_store.set_check_states(tx, floor.states, floor.displaced)
    await appointment_store.change_wait_list(tx, floor.joined, floor.left)
    await session_store.loosen(tx, floor.loosened & floor.room.sessions.keys(), floor.room.today)
    await outbox.append(tx, floor.said)
    floor.forget()
