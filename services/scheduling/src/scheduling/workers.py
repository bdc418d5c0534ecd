"""Workers and the lines they work on, as `registry` tells of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from contracts.registry import (
    LineChanged,
    LineRegistered,
    OrganisationChanged,
    OrganisationRegistered,
    WorkerChanged,
    WorkerRegistered,
)
from scheduling import demand, demand_store, merge_store
from scheduling.seating import Turn
from shared import waiting
from shared.consuming import Batch, Message
from shared.database import Transaction
from shared.waves import waves

Registration = Message[WorkerRegistered] | Message[WorkerChanged]

AboutWorker = TypeVar("AboutWorker", bound=Message[Any])


async def settle_units(tx: Transaction, batch: Batch[OrganisationRegistered] | Batch[OrganisationChanged]) -> None:
    """Know where units are: those without lines are examined in their own commune."""
    await demand_store.put_units(tx, batch.events)


async def describe_lines(tx: Transaction, batch: Batch[LineRegistered] | Batch[LineChanged]) -> None:
    """Know lines, and whose calendar each worker of their units follows."""
    units = [line.unit_id for line in batch.events]
    await demand_store.lock_units(tx, units)
    await demand_store.put_lines(tx, batch.events)
    await demand_store.assign_crews(tx, units)


async def known(tx: Transaction, messages: Sequence[AboutWorker]) -> list[AboutWorker]:
    """Those messages whose worker is known; the others wait for theirs."""
    ids = await demand_store.known_workers(tx, [m.event.worker_id for m in messages])
    strangers = [m for m in messages if m.event.worker_id not in ids]
    await waiting.hold(tx, strangers, "worker", [m.event.worker_id for m in strangers])
    return [m for m in messages if m.event.worker_id in ids]


async def register(tx: Transaction, messages: Sequence[Registration], today: date) -> Turn:
    """Know workers; open checks follow the facts, and whoever comes after the unit's demand joins late."""
    await merge_store.lock_as_deriver(tx)
    units = [m.event.unit_id for m in messages]
    await demand_store.lock_units(tx, units)
    last = {m.event.worker_id: m for m in messages}
    for wave in [messages] if len(last) == len(messages) else waves(messages):
        await demand_store.put_workers(tx, [m.event for m in wave])
    await demand_store.assign_crews(tx, units, last)
    checks = await demand_store.checks_without_place(tx, last)
    joins: dict[UUID, Registration] = {}

    async def look() -> None:
        joins.update(await demand.follow_facts(tx, checks, last, today))
        joins.update(await demand.add_late_joiners(tx, last))
        joins.update(await demand.declare(tx, {m.event.unit_id: m for m in messages}))

    async def follow() -> None:
        await waiting.release(tx, "worker", list(last))

    return Turn(messages, held=checks, look=look, follow=follow, joins=joins, promotes=False)
