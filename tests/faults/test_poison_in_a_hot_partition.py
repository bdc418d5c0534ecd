"""Poison keys in the busiest partition: nobody else's message waits longer than five seconds (guarantee 4)."""

import asyncio
from time import monotonic
from typing import Any

from fault_feed import feeding, some_effects
from fault_report import Figure
from kernel_shop import Store, an_order

from shared.consuming import Batch
from shared.database import Database, Transaction
from shared.service import Service
from shared.testing import Topics, running, until

KEYS = 6
PER_KEY = 20


async def test_poison_in_a_hot_partition_delays_no_other_key_for_long(
    store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    done_at: dict[int, float] = {}
    event_class, add = store.consumer.handlers["vn.khamdoan.shop.order.placed.v1"]

    async def timed(tx: Transaction, batch: Batch[Any]) -> None:
        await add(tx, batch)
        done_at.update((event.amount, monotonic()) for event in batch.events)

    store.consumer.handlers["vn.khamdoan.shop.order.placed.v1"] = event_class, timed
    await kafka.create("shop.orders", "shop.customers", "store.orders", "store.deliveries", partitions=1)
    service = Service("store", kafka.settings(database), consumer=store.consumer)
    async with running(service, partitions=1), feeding(kafka, per_second=500) as feed:
        await some_effects(database)
        for number in range(KEYS):
            poison = an_order(-number, poison=True)
            await kafka.say(poison, *(poison.again(-n) for n in range(1, PER_KEY)))
            await asyncio.sleep(0.4)
        feed.stop()
        await until(database, f"SELECT sum(cardinality(history)) >= {len(feed.said)} FROM orders")
        parked = await database.pool.fetchval("SELECT count(*) FROM dead_letters")

    said_at = [feed.said_at[order.order_id].pop(0) for order in feed.said]
    delays = sorted(done_at[order.amount] - said for order, said in zip(feed.said, said_at, strict=True))
    assert parked == KEYS * PER_KEY
    assert delays[-1] < 5
    figure(
        "Poison keys in a hot partition",
        poison=parked,
        others=len(delays),
        median_ms=round(delays[len(delays) // 2] * 1_000),
        longest_seconds=round(delays[-1], 2),
    )
