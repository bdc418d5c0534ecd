"""The way onto the booking floor and off it: locks in one order for everybody, one write for all that was decided."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from scheduling import appointment_store, demand_store, session_store, terms
from scheduling.appointment_store import People, appointment_of, need_of
from scheduling.floor import Floor, Waiting
from scheduling.model import Crew, Room, Seat, Session
from shared import outbox
from shared.consuming import Message
from shared.database import Transaction


@dataclass(slots=True)
class Turn:
    """What messages of one kind want of the floor, and how they are decided there.

    The `sessions` and `checks` are locked and seen, `held` checks are locked only. `look` does what needs the locks
    before anybody is seen, `take` decides messages, `follow` does what comes after all is written; `joins` has workers
    whose checks may have come to be joined otherwise. Without `promotes` nobody gives up a seat.
    """

    messages: Sequence[Message[Any]]
    take: Callable[[Floor, Sequence[Message[Any]]], None] | None = None
    sessions: Collection[UUID] = ()
    checks: Collection[UUID] = ()
    held: Collection[UUID] = ()
    look: Callable[[], Awaitable[None]] | None = None
    follow: Callable[[], Awaitable[None]] | None = None
    joins: Mapping[UUID, Message[Any]] = field(default_factory=dict)
    promotes: bool = True


class Locked(NamedTuple):
    """Sessions, wait-lists, checks and lines that are ours until the transaction ends."""

    sessions: Sequence[Session]
    waiting: dict[UUID, list[Waiting]]
    check_ids: Collection[UUID]
    crew_ids: Sequence[UUID]


async def open_floor(tx: Transaction, session_ids: Iterable[UUID], check_ids: Iterable[UUID], today: date) -> Floor:
    """Lock what is named, and see who is where."""
    return await see(tx, await lock(tx, session_ids, check_ids), today)


async def lock(
    tx: Transaction,
    session_ids: Iterable[UUID],
    check_ids: Iterable[UUID],
    *,
    held: Iterable[UUID] = (),
    promotes: bool = True,
) -> Locked:
    """Lock sessions, then checks (also of those who wait for the sessions), then lines: everybody, in this order.

    Without sessions nobody is given a seat, and no line is locked. Checks that are only `held` will not be seen. Where
    nobody gives up a seat (`promotes=False`), wait-lists of others are left alone: a rush for seats makes them long.
    """
    sessions, wanted = await session_store.lock_sessions(tx, session_ids), set(check_ids)
    waiting: dict[UUID, list[Waiting]] = {}
    keys = [s.session_id for s in sessions]
    for entry in await appointment_store.wait_list_of(tx, keys, None if promotes else wanted) if keys else ():
        waiting.setdefault(entry.session_id, []).append(entry)
    checks = {*wanted, *(entry.health_check_id for entries in waiting.values() for entry in entries)}
    await appointment_store.lock_checks(tx, {*checks, *held})
    return Locked(sessions, waiting, checks, await appointment_store.lock_crews_of(tx, checks) if sessions else [])


async def see(tx: Transaction, locked: Locked, today: date) -> Floor:
    """The floor of what is locked: whoever was waited for has committed, so what is read now holds."""
    people, persons, live = People(), {}, {}
    room = Room(locked.sessions, terms.in_force(today), today)
    if locked.sessions or locked.check_ids:
        for row in await appointment_store.get_people(tx, locked.check_ids):
            persons[row["health_check_id"]] = people.person(row)
        keys = [s.session_id for s in locked.sessions]
        for row in await appointment_store.live_appointments(tx, keys, locked.crew_ids, locked.check_ids, today):
            appointment, need = appointment_of(row), need_of(row)
            room.take(need, Seat(appointment.session_id, appointment.window))
            crew: Crew | None = people.crews.get(row["crew_id"])
            if crew is not None:
                room.go(crew, need, appointment.site, appointment.day, appointment.start)
            if appointment.state == "booked" and appointment.health_check_id in persons:
                live[appointment.health_check_id] = appointment
    return Floor(room, persons, live, locked.waiting)


async def settle(tx: Transaction, floor: Floor) -> None:
    """Write what was decided on the floor since it was opened or last settled, and say it."""
    made = {appointment.appointment_id for appointment in floor.made}
    await appointment_store.change_appointments(tx, [a for key, a in floor.changed.items() if key not in made])
    await appointment_store.add_appointments(tx, floor.made)
    await demand_store.change_checks(tx, [demand_store.row_of(r.due, r.need) for r in floor.renewed])
    await appointment_store.set_check_states(tx, floor.states, floor.displaced)
    await appointment_store.change_wait_list(tx, floor.joined, floor.left)
    await session_store.loosen(tx, floor.loosened & floor.room.sessions.keys(), floor.room.today)
    await outbox.append(tx, floor.said)
    floor.forget()
