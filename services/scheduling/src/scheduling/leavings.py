"""Who cannot come: absences, and workers who left."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID, uuid5

from contracts.registry import WorkerLeft
from contracts.unions import AbsenceReported
from scheduling import appointment_store, demand_store, merge_store, merges, plans, seating, session_store, workers
from scheduling.floor import Floor, granted, refused
from scheduling.model import Person
from scheduling.seating import Turn
from shared.consuming import Batch, Message
from shared.database import Transaction


async def absent(tx: Transaction, messages: Sequence[Message[AbsenceReported]], today: date) -> Turn:
    """Note days of absence; appointments on them go to the next best seat or are given up."""
    known = await workers.known(tx, messages)
    siblings = await merge_store.siblings_of(tx, {m.event.worker_id for m in known})
    absences = [_of(who, m.event) for m in known for who in _reports([m], siblings)]
    await appointment_store.put_absences(tx, absences)
    days = [(a.worker_id, max(a.first_day, today), a.last_day) for a in absences]
    held = await appointment_store.booked_checks(tx, pairs=days)
    checks = [row["health_check_id"] for row in held]
    elsewhere = await session_store.sessions_within_reach(tx, checks, today) if checks else set()
    lost: list[str] = []

    def take(floor: Floor, some: Sequence[Message[AbsenceReported]]) -> None:
        reports, before = _reports(some, siblings), len(floor.displaced)
        _free_days(floor, some, reports)
        lost.extend(m.ref for m in reports.values() if len(floor.displaced) > before)

    async def follow() -> None:
        if lost:
            await plans.ask(tx, today, lost, repairs_only=True)

    return Turn(known, take, elsewhere | {row["session_id"] for row in held}, checks, follow=follow)


def _reports(
    messages: Sequence[Message[AbsenceReported]], siblings: Mapping[UUID, UUID]
) -> dict[UUID, Message[AbsenceReported]]:
    """Who is away by which message, under whichever of their workers; without those that end before they begin."""
    ready = {m.event.worker_id: m for m in messages if m.event.first_day <= m.event.last_day}
    return ready | {also: ready[worker_id] for also, worker_id in siblings.items() if worker_id in ready}


def _free_days(
    floor: Floor, messages: Sequence[Message[AbsenceReported]], reports: Mapping[UUID, Message[AbsenceReported]]
) -> None:
    """Find whoever is away on their day another one, answer, and let others have the seats."""
    affected = [p for key, p in floor.people.items() if key in floor.live and _is_away(reports, p, floor.live[key].day)]
    left = {floor.live[p.health_check_id].session_id: reports[p.worker_id].leads_to for p in affected}
    floor.relocate(affected, "absence", {p.health_check_id: reports[p.worker_id].leads_to for p in affected})
    places = {reports[p.worker_id].event.worker_id: floor.live.get(p.health_check_id) for p in affected}
    for message in messages:
        worker_id, request_id = message.event.worker_id, message.event.request_id
        if worker_id in reports:
            answer = granted(worker_id, request_id, places.get(worker_id))
        else:
            answer = refused(worker_id, request_id, "absence.ends-first", "last_day")
        floor.said.append(message.leads_to(answer))
    for session_id, says in left.items():
        floor.promote(session_id, says)


def _of(worker_id: UUID, absence: AbsenceReported) -> AbsenceReported:
    """The absence as it is of another worker who is the same person."""
    if worker_id == absence.worker_id:
        return absence
    return absence.model_copy(update={"worker_id": worker_id, "request_id": uuid5(absence.request_id, str(worker_id))})


def _is_away(reports: Mapping[UUID, Message[AbsenceReported]], person: Person, day: date) -> bool:
    message = reports.get(person.worker_id)
    return message is not None and message.event.first_day <= day <= message.event.last_day


async def leave(tx: Transaction, batch: Batch[WorkerLeft]) -> None:
    """End the open checks of workers who left their unit, and free their seats."""
    events = {m.event.worker_id: m for m in batch}
    await demand_store.lock_units(tx, [m.event.unit_id for m in batch])
    leavers = [(m.event.worker_id, m.event.unit_id, m.event.left_on) for m in batch]
    causes = {row["health_check_id"]: events[row["worker_id"]] for row in await demand_store.mark_left(tx, leavers)}
    sessions = await appointment_store.sessions_of_checks(tx, causes)
    floor = await seating.open_floor(tx, sessions.values(), causes, await demand_store.today(tx))
    for check_id, message in causes.items():
        if floor.state_of(floor.people[check_id]) in ("open", "booked"):
            floor.end(floor.people[check_id], "left", message.leads_to, message.event.left_on)
    await seating.settle(tx, floor)
    await merges.join_checks_of(tx, events)
