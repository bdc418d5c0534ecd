"""Workers and the lines they work on, as `registry` tells of them."""

from collections.abc import Sequence
from typing import TypeVar

from contracts import unions
from contracts import workers as worker_events
from contracts.clinics import AttendanceRecorded
from contracts.registry import (
    LineChanged,
    LineRegistered,
    OrganisationChanged,
    OrganisationRegistered,
    WorkerChanged,
    WorkerRegistered,
)
from contracts.unions import AbsenceReported, RefusalReported
from scheduling import demand, demand_store
from shared import waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

AboutWorker = TypeVar(
    "AboutWorker", AbsenceReported, AttendanceRecorded, unions.BookingRequested, worker_events.BookingRequested,
    RefusalReported,
)  # fmt: skip


async def settle_units(tx: Transaction, batch: Batch[OrganisationRegistered] | Batch[OrganisationChanged]) -> None:
    """Know where units are: those without lines are examined in their own commune."""
    await demand_store.put_units(tx, batch.events)


async def describe_lines(tx: Transaction, batch: Batch[LineRegistered] | Batch[LineChanged]) -> None:
    """Know lines, and whose calendar each worker of their units follows."""
    units = [line.unit_id for line in batch.events]
    await demand_store.lock_units(tx, units)
    await demand_store.put_lines(tx, batch.events)
    await demand_store.assign_crews(tx, units)


async def known(tx: Transaction, messages: Sequence[Message[AboutWorker]]) -> list[Message[AboutWorker]]:
    """Those messages whose worker is known; the others wait for theirs."""
    ids = await demand_store.known_workers(tx, [m.event.worker_id for m in messages])
    strangers = [m for m in messages if m.event.worker_id not in ids]
    await waiting.hold(tx, strangers, "worker", [m.event.worker_id for m in strangers])
    return [m for m in messages if m.event.worker_id in ids]


async def register(tx: Transaction, batch: Batch[WorkerRegistered] | Batch[WorkerChanged]) -> None:
    """Know workers; open checks follow the facts, and whoever comes after the unit's demand joins late."""
    events: Sequence[WorkerRegistered | WorkerChanged] = batch.events
    units = [worker.unit_id for worker in events]
    await demand_store.lock_units(tx, units)
    await demand_store.put_workers(tx, events)
    await demand_store.assign_crews(tx, units, [worker.worker_id for worker in events])
    await demand.follow_facts(tx, batch)
    await demand.add_late_joiners(tx, batch)
    await demand.declare(tx, {message.event.unit_id: message for message in batch})
    await waiting.release(tx, "worker", [worker.worker_id for worker in events])
