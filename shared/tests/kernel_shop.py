"""Events and a consumer that stand in for a service's: orders are added up, their totals are said."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from contracts.base import Event, Pseudonymous, Public
from shared import outbox, waiting
from shared.consuming import Batch, Consumer
from shared.database import Database, Transaction
from shared.envelope import Arrival
from shared.testing import until


class OrderPlaced(Event, name="shop.order.placed", topic="shop.orders", key="order_id", readers=("store",)):
    """A stand-in for any event of an aggregate."""

    order_id: Pseudonymous[UUID]
    amount: Public[int] = 1
    poison: Public[bool] = False
    customer_id: Pseudonymous[UUID | None] = None

    def again(self, amount: int) -> "OrderPlaced":
        """Another order of the same key."""
        return self.model_copy(update={"amount": amount})


class OrderChanged(Event, name="shop.order.changed", topic="shop.orders", key="order_id", readers=("store",)):
    """A second type on the same topic."""

    order_id: Pseudonymous[UUID]
    amount: Public[int] = 1
    poison: Public[bool] = False


class OrderRemarked(Event, name="shop.order.remarked", topic="shop.orders", key="order_id", readers=("store",)):
    """A type that only some tests handle."""

    order_id: Pseudonymous[UUID]
    text: Public[str]
    counts: Public[dict[str, int]] = {}


class CustomerKnown(Event, name="shop.customer.known", topic="shop.customers", key="customer_id", readers=("store",)):
    """What an order may have to wait for."""

    customer_id: Pseudonymous[UUID]


class OrderStored(Event, name="store.order.stored", topic="store.orders", key="order_id", readers=()):
    """The effect, said."""

    order_id: Pseudonymous[UUID]
    total: Public[int]


MIGRATIONS = Path(__file__).parent / "shop_migrations"

ADD = """
INSERT INTO orders AS o (id, total, history) SELECT id, amount, ARRAY[amount]
FROM unnest($1::uuid[], $2::int[]) AS e (id, amount)
ON CONFLICT (id) DO UPDATE SET total = o.total + excluded.total, history = o.history || excluded.history
RETURNING id, total
"""


class PoisonError(Exception):
    """What a handler raises that cannot make sense of a message."""


@dataclass
class Store:
    """A consumer with its record of how it was called."""

    consumer: Consumer = field(default_factory=lambda: Consumer("store"))
    calls: list[tuple[str, list[Any]]] = field(default_factory=list)
    repaired: bool = False
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Something that goes on beside the test."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        return task

    async def until_blocked(self, database: Database) -> None:
        """Wait until some session of this database waits for a lock."""
        await until(
            database,
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        )


def a_store() -> Store:
    """A consumer that adds up orders and says each new total; orders of unknown customers wait."""
    store = Store()

    async def add(tx: Transaction, batch: Batch[Any]) -> None:
        store.calls.append((batch[0].type, [event.order_id for event in batch.events]))
        if not store.repaired and any(event.poison for event in batch.events):
            raise PoisonError
        rows = await tx.fetch(ADD, [e.order_id for e in batch.events], [e.amount for e in batch.events])
        totals = {row["id"]: row["total"] for row in rows}
        await outbox.append(
            tx, [m.leads_to(OrderStored(order_id=m.event.order_id, total=totals[m.event.order_id])) for m in batch]
        )

    @store.consumer.on(OrderPlaced)
    async def on_order_placed(tx: Transaction, batch: Batch[OrderPlaced]) -> None:
        wanted = [event.customer_id for event in batch.events if event.customer_id]
        known = {row["id"] for row in await tx.fetch("SELECT id FROM customers WHERE id = ANY($1::uuid[])", wanted)}
        unknown = [m for m in batch if m.event.customer_id and m.event.customer_id not in known]
        await waiting.hold(tx, unknown, "customer", [m.event.customer_id for m in unknown])
        rest = [m for m in batch if m not in unknown]
        if rest:
            await add(tx, Batch(rest))

    @store.consumer.on(OrderChanged)
    async def on_order_changed(tx: Transaction, batch: Batch[OrderChanged]) -> None:
        await add(tx, batch)

    @store.consumer.on(CustomerKnown)
    async def on_customer_known(tx: Transaction, batch: Batch[CustomerKnown]) -> None:
        ids = [event.customer_id for event in batch.events]
        await tx.execute("INSERT INTO customers SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING", ids)
        await waiting.release(tx, "customer", ids)

    return store


def an_order(amount: int = 1, **changes: Any) -> OrderPlaced:
    return OrderPlaced(order_id=changes.pop("order_id", None) or uuid4(), amount=amount, **changes)


KEYS = [uuid4() for _ in range(8)]


def orders(number: int) -> list[OrderPlaced]:
    """Orders 1, 2, 3 … over a few keys, so that order per key can be seen in the amounts."""
    return [an_order(place + 1, order_id=KEYS[place % len(KEYS)]) for place in range(number)]


def first_appearances(heard: list[Arrival]) -> dict[str, list[int]]:
    """Per key, the sequences as an inbox would let them pass."""
    seen: set[str] = set()
    sequences: dict[str, list[int]] = defaultdict(list)
    for arrival in heard:
        if arrival.headers["ce_id"] not in seen:
            seen.add(arrival.headers["ce_id"])
            sequences[str(arrival.key)].append(int(arrival.headers["ce_sequence"]))
    return sequences
