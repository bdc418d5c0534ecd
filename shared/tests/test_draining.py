"""Shutdown drains: finish the batch, commit, leave the group (guarantee 8)."""

import asyncio
import signal

from kernel_children import child
from kernel_shop import KEYS, OrderStored, Store, first_appearances, orders

from shared import outbox
from shared.database import Database
from shared.service import Service
from shared.testing import Topics, running, until


async def test_a_term_signal_under_load_ends_with_zero_and_loses_nothing(database: Database, kafka: Topics) -> None:
    await kafka.create("shop.customers", "shop.orders", "store.orders", "store.deliveries")
    settings = kafka.settings(database, kafka_max_records=20, kafka_session_timeout_ms=120_000)
    said = orders(100 * len(KEYS))

    async with child(settings) as draining:
        await kafka.say(*said[:400])
        await until(database, "SELECT coalesce(sum(cardinality(history)), 0) > 0 FROM orders")
        await kafka.say(*said[400:])
        draining.send(signal.SIGTERM)
        assert await draining.ended() == 0
    half_way = await database.pool.fetchval("SELECT sum(cardinality(history)) FROM orders")
    unsaid = await database.pool.fetchval("SELECT count(*) FROM outbox")
    async with child(settings):
        # The group was left, so nobody waits for the session of the one that drained.
        await until(database, "SELECT sum(cardinality(history)) >= 800 FROM orders")
        await until(database, "SELECT count(*) = 0 FROM outbox")

    assert 0 < half_way <= 800
    assert unsaid == 0
    assert first_appearances(await kafka.hear("store.orders")) == {str(key): list(range(1, 101)) for key in KEYS}


async def test_the_batch_in_hand_is_finished_before_the_service_stops(
    store: Store, database: Database, kafka: Topics
) -> None:
    await kafka.create("store.orders")
    service = Service("store", kafka.settings(database), consumer=store.consumer)
    async with running(service):
        async with database.transaction() as blocker:
            await blocker.execute("LOCK TABLE orders")
            await kafka.say(*orders(1))
            await store.until_blocked(database)
            service.stop.set()
        await asyncio.sleep(0)

    assert await database.pool.fetchval("SELECT count(*) FROM orders") == 1
    assert len(await kafka.hear("store.orders")) == 1


async def test_what_was_said_while_a_busy_machine_let_the_leases_lapse_is_published_before_the_service_stops(
    store: Store, database: Database, kafka: Topics
) -> None:
    await kafka.create("store.orders")
    service = Service("store", kafka.settings(database), consumer=store.consumer)
    async with running(service):
        await until(database, "SELECT count(holder) = 16 FROM leases")
        service.relay.leases._valid_until = 0.0
        async with service.database.transaction() as tx:
            await outbox.append(tx, [outbox.outgoing(OrderStored(order_id=key, total=1)) for key in KEYS])

    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0
    assert len(await kafka.hear("store.orders")) == len(KEYS)


async def test_a_part_that_dies_ends_the_process_with_a_code(database: Database, kafka: Topics) -> None:
    await kafka.create("shop.customers", "shop.orders", "store.orders", "store.deliveries")
    await kafka.say(*orders(1))
    await database.pool.execute("INSERT INTO consumed VALUES ('store', 'shop.orders', 0, 100, 0)")

    async with child(kafka.settings(database)) as doomed:
        assert await doomed.ended() == 1
