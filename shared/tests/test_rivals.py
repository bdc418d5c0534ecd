"""Deadlocks and serialisation failures are retried; neither is poison, neither is bisected (guarantee 4)."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
from kernel_shop import OrderPlaced, an_order

from shared import outbox
from shared.consuming import Batch, Consumer
from shared.database import Database, Transaction
from shared.testing import Deliver


async def test_a_deadlock_is_tried_again_and_parks_nothing(database: Database, deliver: Deliver) -> None:
    first, second = uuid4(), uuid4()
    await database.pool.execute("INSERT INTO customers SELECT unnest($1::uuid[])", [first, second])
    both_hold = asyncio.Barrier(2)
    attempts = 0
    consumer = Consumer("store")

    async def lock(tx: Any, key: Any) -> None:
        await tx.fetch("SELECT 1 FROM customers WHERE id = $1 FOR UPDATE", key)

    @consumer.on(OrderPlaced)
    async def on_order_placed(tx: Transaction, batch: Batch[OrderPlaced]) -> None:
        nonlocal attempts
        attempts += 1
        await tx.execute("SET LOCAL deadlock_timeout = '10ms'")
        await lock(tx, second)
        if attempts == 1:
            await both_hold.wait()
        await lock(tx, first)

    async def rival() -> None:
        async with database.transaction() as tx:
            await tx.execute("SET LOCAL deadlock_timeout = '10s'")
            await lock(tx, first)
            await both_hold.wait()
            await lock(tx, second)

    said, _ = await asyncio.gather(deliver(consumer, database, [an_order()]), rival())

    assert attempts == 2
    assert said.outcome.parked == []


async def test_a_serialisation_failure_is_tried_again(database: Database, deliver: Deliver) -> None:
    attempts = 0
    consumer = Consumer("store")

    @consumer.on(OrderPlaced)
    async def on_order_placed(_tx: Transaction, _batch: Batch[OrderPlaced]) -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise asyncpg.SerializationError

    said = await deliver(consumer, database, [an_order()])

    assert attempts == 3
    assert said.outcome.parked == []


async def test_two_transactions_that_say_much_about_the_same_aggregates_do_not_deadlock(
    database: Database,
) -> None:
    orders = [an_order() for _ in range(200)]

    async def say(events: list[OrderPlaced]) -> None:
        async with database.transaction() as tx:
            await outbox.append(tx, [outbox.outgoing(event) for event in events])

    await asyncio.gather(*(say(orders[:: 1 if turn % 2 else -1]) for turn in range(8)))

    rows = await database.pool.fetch(
        "SELECT key, array_agg(sequence ORDER BY position) AS sequences FROM outbox GROUP BY key"
    )
    assert [list(row["sequences"]) for row in rows] == [list(range(1, 9))] * 200
