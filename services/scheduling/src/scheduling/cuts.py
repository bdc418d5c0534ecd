"""A session offered anew with other windows or places: whoever no longer fits is moved, within it where that can be."""

from collections.abc import Mapping
from uuid import UUID

from contracts.clinics import SessionOffered
from scheduling import appointment_store, demand_store, plans, seating, session_store
from scheduling.floor import Floor, Says
from scheduling.model import Person
from shared.consuming import Message
from shared.database import Transaction


async def cut(tx: Transaction, causes: Mapping[UUID, Message[SessionOffered]]) -> None:
    """Let the people of changed sessions follow; those left without a place are planned anew at once."""
    renumbered = await appointment_store.follow_windows(tx, list(causes))
    held = await appointment_store.booked_checks(tx, list(causes))
    checks, today = {row["health_check_id"] for row in held}, await demand_store.today(tx)
    elsewhere = await session_store.sessions_within_reach(tx, checks, today) if checks else set()
    floor = await seating.open_floor(tx, {*causes, *elsewhere}, checks, today)
    says: dict[UUID, Says] = {
        check_id: causes[a.session_id].leads_to for check_id, a in floor.live.items() if a.session_id in causes
    }
    unlicensed: list[Person] = []
    staying: list[Person] = []
    for check_id in says:
        session_id = floor.live[check_id].session_id
        confirmed = floor.room.sessions[session_id].status == "confirmed"
        (staying if confirmed else unlicensed).append(floor.people[check_id])
    crowded = floor.crowded(staying)
    _tell_of_new_numbers(floor, staying, crowded, renumbered, causes)
    floor.relocate(floor.shift(crowded, "session-cut", says), "session-withdrawn", says, "session-cut")
    floor.relocate(unlicensed, "permit-revoked", says)
    for session_id, message in causes.items():
        floor.promote(session_id, message.leads_to)
    lost = bool(floor.displaced)
    await seating.settle(tx, floor)
    if lost:
        await plans.ask(tx, today, [message.ref for message in causes.values()], repairs_only=True)


def _tell_of_new_numbers(
    floor: Floor,
    staying: list[Person],
    crowded: list[Person],
    renumbered: set[UUID],
    causes: Mapping[UUID, Message[SessionOffered]],
) -> None:
    """The same time of day under another number of its window is told as a move that moves nobody."""
    out = {person.health_check_id for person in crowded}
    for person in staying:
        appointment = floor.live[person.health_check_id]
        if person.health_check_id not in out and appointment.appointment_id in renumbered:
            floor.vacate(person)
            floor.move(person, appointment.seat, "session-cut", causes[appointment.session_id].leads_to)
