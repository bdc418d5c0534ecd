"""Who cannot or will not come: absences, refusals in confidence, and workers who left."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from contracts.registry import WorkerLeft
from contracts.unions import AbsenceReported, RefusalReported
from scheduling import appointment_store, demand_store, seating, session_store
from scheduling.bookings import NOT_OPEN
from scheduling.floor import EndedBy, Floor, granted, refused
from scheduling.model import Person
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction


async def absent(tx: Transaction, batch: Batch[AbsenceReported]) -> None:
    """Note days of absence; appointments on them go to the next best seat or are given up."""
    today = await demand_store.today(tx)
    known = await demand_store.known_workers(tx, [m.event.worker_id for m in batch])
    strangers = [m for m in batch if m.event.worker_id not in known]
    await waiting.hold(tx, strangers, "worker", [m.event.worker_id for m in strangers])
    odd = [m for m in batch if m.event.worker_id in known and m.event.last_day < m.event.first_day]
    no = [m.leads_to(refused(m.event.worker_id, m.event.request_id, "absence.ends-first", "last_day")) for m in odd]
    await outbox.append(tx, no)
    ready = {m.event.worker_id: m for m in batch if m.event.worker_id in known and m not in odd}
    notes = [(m.event.request_id, w, m.event.first_day, m.event.last_day) for w, m in ready.items()]
    await appointment_store.put_absences(tx, notes)
    coming = [(worker_id, max(first, today), last) for _, worker_id, first, last in notes]
    held = await appointment_store.booked_checks(tx, pairs=coming)
    checks = [row["health_check_id"] for row in held]
    elsewhere = await session_store.sessions_within_reach(tx, checks, today) if checks else set()
    floor = await seating.open_floor(tx, elsewhere | {row["session_id"] for row in held}, checks, today)
    affected = [p for key, p in floor.people.items() if key in floor.live and _is_away(ready, p, floor.live[key].day)]
    left = {floor.live[p.health_check_id].session_id: ready[p.worker_id].leads_to for p in affected}
    floor.relocate(affected, "absence", {p.health_check_id: ready[p.worker_id].leads_to for p in affected})
    places = {p.worker_id: floor.live.get(p.health_check_id) for p in affected}
    for worker_id, message in ready.items():
        request_id, appointment = message.event.request_id, places.get(worker_id)
        floor.said.append(message.leads_to(granted(worker_id, request_id, appointment)))
    for session_id, says in left.items():
        floor.promote(session_id, says)
    await seating.settle(tx, floor)


def _is_away(reports: Mapping[UUID, Message[AbsenceReported]], person: Person, day: date) -> bool:
    message = reports.get(person.worker_id)
    return message is not None and message.event.first_day <= day <= message.event.last_day


async def refuse(tx: Transaction, batch: Batch[RefusalReported]) -> None:
    """End due checks of workers who refuse; nobody is told more than that no visit takes place."""
    known = await demand_store.known_workers(tx, [m.event.worker_id for m in batch])
    strangers = [m for m in batch if m.event.worker_id not in known]
    await waiting.hold(tx, strangers, "worker", [m.event.worker_id for m in strangers])
    ready = [m for m in batch if m.event.worker_id in known]
    pairs = [(m.event.campaign_id, m.event.worker_id) for m in ready]
    checks = await demand_store.find_checks(tx, pairs)
    missing = [m for m, pair in zip(ready, pairs, strict=True) if pair not in checks]
    no = [m.leads_to(refused(m.event.worker_id, m.event.request_id, "check.not-due")) for m in missing]
    await outbox.append(tx, no)
    causes = {
        checks[pair]["health_check_id"]: m for m, pair in zip(ready, pairs, strict=True) if pair in checks
    }
    floor = await _floor_of(tx, causes)
    for check_id, message in causes.items():
        asked, person = message.event, floor.people[check_id]
        state = floor.state_of(person)
        if state in ("open", "booked"):
            _end(floor, person, "refused", message)
            floor.said.append(message.leads_to(granted(asked.worker_id, asked.request_id)))
        else:
            floor.said.append(message.leads_to(refused(asked.worker_id, asked.request_id, NOT_OPEN[state])))
    await seating.settle(tx, floor)


async def leave(tx: Transaction, batch: Batch[WorkerLeft]) -> None:
    """End the open checks of workers who left their unit, and free their seats."""
    events = {m.event.worker_id: m for m in batch}
    await demand_store.lock_units(tx, [m.event.unit_id for m in batch])
    leavers = [(m.event.worker_id, m.event.unit_id, m.event.left_on) for m in batch]
    causes = {row["health_check_id"]: events[row["worker_id"]] for row in await demand_store.mark_left(tx, leavers)}
    floor = await _floor_of(tx, causes)
    for check_id, message in causes.items():
        if floor.state_of(floor.people[check_id]) in ("open", "booked"):
            _end(floor, floor.people[check_id], "left", message, message.event.left_on)
    await seating.settle(tx, floor)


async def _floor_of(
    tx: Transaction, causes: Mapping[UUID, Message[RefusalReported]] | Mapping[UUID, Message[WorkerLeft]]
) -> Floor:
    sessions = await appointment_store.sessions_of_checks(tx, causes)
    return await seating.open_floor(tx, sessions.values(), causes, await demand_store.today(tx))


def _end(
    floor: Floor,
    person: Person,
    reason: EndedBy,
    message: Message[RefusalReported] | Message[WorkerLeft],
    day: date | None = None,
) -> None:
    """End a check without a visit; its seat goes to the wait-list."""
    says, appointment = message.leads_to, floor.live.get(person.health_check_id)
    if appointment is not None:
        floor.vacate(person)
        floor.cancel(person, reason, says)
    floor.end(person, reason, day or floor.room.today, says)
    if appointment is not None and appointment.session_id in floor.room.sessions:
        floor.promote(appointment.session_id, says)
