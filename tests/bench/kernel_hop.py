"""As a program: one service in a row of them, which books what the one before it said and says so.

BENCH_HOP is its place in the row; DATABASE_URL names a database of its own.
"""

import asyncio
import os
from uuid import UUID

from kernel_job import BOOK, MIGRATIONS, ItemBooked

from contracts.base import Event, Pseudonymous, Public
from shared import outbox
from shared.consuming import Batch, Consumer
from shared.database import Transaction
from shared.service import Service, Settings


class ItemPassed(Event, name="second.item.passed", topic="second.items", key="item_id", readers=("third",)):
    """What the second service says."""

    item_id: Pseudonymous[UUID]
    total: Public[int]
    note: Public[str]


class ItemFiled(Event, name="third.item.filed", topic="third.items", key="item_id", readers=()):
    """What the third service says."""

    item_id: Pseudonymous[UUID]
    total: Public[int]
    note: Public[str]


HOPS: dict[str, tuple[type[Event], type[Event]]] = {
    "second": (ItemBooked, ItemPassed),
    "third": (ItemPassed, ItemFiled),
}


def consumer_of(name: str) -> Consumer:
    """The consumer of one service in the row."""
    heard, said = HOPS[name]
    consumer = Consumer(name)

    @consumer.on(heard)
    async def on_item(tx: Transaction, batch: Batch[Event]) -> None:
        events = [message.event.model_dump() for message in batch]
        await tx.fetch(BOOK, *([event[name] for event in events] for name in ("item_id", "total", "note")))
        await outbox.append(tx, [m.leads_to(said(**event)) for m, event in zip(batch, events, strict=True)])

    return consumer


if __name__ == "__main__":
    place = os.environ["BENCH_HOP"]
    asyncio.run(Service(place, Settings(), consumer=consumer_of(place), migrations=MIGRATIONS).run())
