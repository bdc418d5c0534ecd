"""Who cannot or will not come: absences, refusals in confidence, and workers who left."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID, uuid5

from contracts.registry import WorkerLeft
from contracts.unions import AbsenceReported, RefusalReported
from scheduling import appointment_store, demand_store, merge_store, merges, plans, seating, session_store, workers
from scheduling.bookings import NOT_OPEN
from scheduling.floor import EndedBy, Floor, granted, refused
from scheduling.model import Person
from shared import outbox
from shared.consuming import Batch, Message
from shared.database import Transaction


async def absent(tx: Transaction, batch: Batch[AbsenceReported]) -> None:
    """Note days of absence; appointments on them go to the next best seat or are given up."""
    known = await workers.known(tx, batch)
    ready = {m.event.worker_id: m for m in known if m.event.first_day <= m.event.last_day}
    ready |= {also: ready[worker_id] for also, worker_id in (await merge_store.siblings_of(tx, ready)).items()}
    floor = await _floor_of_absences(tx, [_of(worker_id, m.event) for worker_id, m in ready.items()])
    affected = [p for key, p in floor.people.items() if key in floor.live and _is_away(ready, p, floor.live[key].day)]
    left = {floor.live[p.health_check_id].session_id: ready[p.worker_id].leads_to for p in affected}
    floor.relocate(affected, "absence", {p.health_check_id: ready[p.worker_id].leads_to for p in affected})
    places = {ready[p.worker_id].event.worker_id: floor.live.get(p.health_check_id) for p in affected}
    for message in known:
        worker_id, request_id = message.event.worker_id, message.event.request_id
        if worker_id in ready:
            answer = granted(worker_id, request_id, places.get(worker_id))
        else:
            answer = refused(worker_id, request_id, "absence.ends-first", "last_day")
        floor.said.append(message.leads_to(answer))
    for session_id, says in left.items():
        floor.promote(session_id, says)
    lost = bool(floor.displaced)
    await seating.settle(tx, floor)
    if lost:
        await plans.ask(tx, floor.room.today, [m.ref for m in ready.values()], repairs_only=True)


def _of(worker_id: UUID, absence: AbsenceReported) -> AbsenceReported:
    """The absence as it is of another worker who is the same person."""
    if worker_id == absence.worker_id:
        return absence
    return absence.model_copy(update={"worker_id": worker_id, "request_id": uuid5(absence.request_id, str(worker_id))})


async def _floor_of_absences(tx: Transaction, absences: list[AbsenceReported]) -> Floor:
    """Note the absences and open the floor with what is booked on them and where else it could be."""
    today = await demand_store.today(tx)
    await appointment_store.put_absences(tx, absences)
    days = [(a.worker_id, max(a.first_day, today), a.last_day) for a in absences]
    held = await appointment_store.booked_checks(tx, pairs=days)
    checks = [row["health_check_id"] for row in held]
    elsewhere = await session_store.sessions_within_reach(tx, checks, today) if checks else set()
    return await seating.open_floor(tx, elsewhere | {row["session_id"] for row in held}, checks, today)


def _is_away(reports: Mapping[UUID, Message[AbsenceReported]], person: Person, day: date) -> bool:
    message = reports.get(person.worker_id)
    return message is not None and message.event.first_day <= day <= message.event.last_day


async def refuse(tx: Transaction, batch: Batch[RefusalReported]) -> None:
    """End due checks of workers who refuse; nobody is told more than that no visit takes place."""
    ready = await workers.known(tx, batch)
    pairs = [(m.event.campaign_id, m.event.worker_id) for m in ready]
    checks = await demand_store.find_checks(tx, pairs)
    missing = [m for m, pair in zip(ready, pairs, strict=True) if pair not in checks]
    no = [m.leads_to(refused(m.event.worker_id, m.event.request_id, "check.not-due")) for m in missing]
    await outbox.append(tx, no)
    causes = {checks[pair]["health_check_id"]: m for m, pair in zip(ready, pairs, strict=True) if pair in checks}
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
    await merges.join_checks_of(tx, {m.event.worker_id: m for m in ready})


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
    await merges.join_checks_of(tx, events)


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
