"""Workers who are one person: examined once in a campaign, and everybody as before where a merge is undone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from contracts.registry import WorkerMerged, WorkerMergeUndone
from contracts.scheduling import HealthCheckJoined, HealthCheckSeparated
from scheduling import appointment_store, demand_store, joining, merge_store, seating
from scheduling.floor import Floor, Says
from scheduling.joining import Check
from scheduling.model import Person, Seat
from shared.consuming import Batch, Message
from shared.database import Transaction


async def follow(tx: Transaction, batch: Batch[WorkerMerged] | Batch[WorkerMergeUndone]) -> None:
    """Know who stands for whom, and let one check of each person count; turns may come in any order.

    All turns are noted before checks are joined: where another worker comes to stand for a person, no check is
    separated on the way.
    """
    await merge_store.lock_as_merger(tx)
    messages: Sequence[Message[Any]] = list(batch)
    concerned: dict[UUID, Message[Any]] = {}
    for message in messages:
        event = message.event
        told = await merge_store.put_turns(tx, [(event.worker_id, event.stand_in, event.version)])
        concerned |= dict.fromkeys({event.person_id, *told}, message)
    await join(tx, concerned)


async def join_checks_of(tx: Transaction, causes: Mapping[UUID, Message[Any]]) -> None:
    """Let one check count of whoever of these workers was merged; the causes changed something about their checks."""
    merged = await merge_store.persons_of(tx, causes)
    await join(tx, {worker_id: message for worker_id, message in causes.items() if worker_id in merged})


async def join(tx: Transaction, causes: Mapping[UUID, Message[Any]]) -> None:
    """Join and separate the checks of these workers' persons as their states ask for, under the floor's locks."""
    person_of = await merge_store.workers_of(tx, causes)
    checks = await merge_store.checks_of(tx, person_of)
    if not joining.turns(checks):
        return
    ids = [check.health_check_id for check in checks]
    sessions = set((await appointment_store.sessions_of_checks(tx, ids)).values())
    sessions |= {check.gave_up[0] for check in checks if check.gave_up is not None}
    floor = await seating.open_floor(tx, sessions, ids, await demand_store.today(tx))
    # What the locks were waited for may have changed them.
    fresh = {check.health_check_id: check for check in await merge_store.checks_of(tx, person_of)}
    turns = joining.turns(list(fresh.values()))
    of_person = {person_of[worker_id]: message for worker_id, message in causes.items()}
    cause = {check_id: of_person[fresh[check_id].person_id] for check_id in turns}
    given_up: dict[UUID, tuple[UUID, int]] = {}
    for check_id, target in turns.items():
        if target is not None:
            _join(floor, fresh[check_id], target, given_up, cause[check_id].leads_to)
    for check_id, target in turns.items():
        if target is None:
            _separate(floor, fresh[check_id], cause[check_id])
    await merge_store.join_checks(tx, turns, given_up)
    left = {session_id: cause[check_id] for check_id, (session_id, _) in given_up.items()}
    for session_id in sorted(floor.loosened & floor.room.sessions.keys()):
        floor.promote(session_id, left[session_id].leads_to)
    await seating.settle(tx, floor)


def _join(floor: Floor, check: Check, target: UUID, given_up: dict[UUID, tuple[UUID, int]], says: Says) -> None:
    """Let a check count with another; its seat is free for others, and remembered."""
    person = floor.people[check.health_check_id]
    appointment = floor.live.get(check.health_check_id)
    if appointment is not None:
        given_up[check.health_check_id] = (appointment.session_id, appointment.window)
        floor.vacate(person)
        floor.cancel(person, "replaced", says)
    elif check.gave_up is not None:
        given_up[check.health_check_id] = check.gave_up
    if floor.state_of(person) == "open":
        floor.states[check.health_check_id] = "joined"
    joined = HealthCheckJoined(
        health_check_id=check.health_check_id, worker_id=check.worker_id, unit_id=check.unit_id,
        campaign_id=check.campaign_id, joined_to=target,
    )  # fmt: skip
    floor.said.append(says(joined))


def _separate(floor: Floor, check: Check, message: Message[Any]) -> None:
    """Let a check count by itself again, where it was if the seat is still free."""
    person = floor.people[check.health_check_id]
    separated = HealthCheckSeparated(
        health_check_id=check.health_check_id, worker_id=check.worker_id, unit_id=check.unit_id,
        campaign_id=check.campaign_id,
    )  # fmt: skip
    floor.said.append(message.leads_to(separated))
    if floor.state_of(person) != "joined":
        return
    floor.states[check.health_check_id] = "open"
    if check.left_on is not None:
        floor.end(person, "left", message.leads_to, check.left_on)
    elif check.gave_up is not None:
        _sit_again(floor, person, Seat(*check.gave_up), message)


def _sit_again(floor: Floor, person: Person, seat: Seat, message: Message[Any]) -> None:
    session = floor.room.sessions.get(seat.session_id)
    if session is not None and 0 <= seat.window < len(session.windows) and floor.room.refusal(person, seat) is None:
        floor.book(person, seat, "move", message.leads_to, uuid5(person.health_check_id, message.ref))
