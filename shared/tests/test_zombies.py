"""A member that was frozen beyond its session wakes up as a zombie; nothing it does counts."""

import signal

import pytest
from kernel_children import child
from kernel_shop import KEYS, an_order, first_appearances, orders

from shared.database import Database
from shared.testing import Topics, until


@pytest.mark.slow
async def test_a_zombie_that_wakes_before_its_commit_does_nothing(database: Database, kafka: Topics) -> None:
    await kafka.create("shop.customers", "store.orders", "store.deliveries")
    await kafka.say(*(an_order(1) for _ in range(20)))
    settings = kafka.settings(database, database_idle_seconds=7)

    async with child(settings, KHAMDOAN_FAILPOINT="before_commit:1:freeze") as zombie:
        await zombie.frozen()
        async with child(settings):
            await until(database, "SELECT count(*) = 20 FROM orders")
            zombie.send(signal.SIGCONT)
            await kafka.say(*(an_order(1) for _ in range(20)))
            await until(database, "SELECT count(*) = 40 FROM orders")
        await kafka.say(*(an_order(1) for _ in range(20)))
        await until(database, "SELECT count(*) = 60 FROM orders")

    assert await database.pool.fetchval("SELECT sum(total) FROM orders") == 60


async def test_a_relay_that_wakes_after_a_takeover_adds_copies_but_no_disorder(
    database: Database, kafka: Topics
) -> None:
    await kafka.create("shop.customers", "store.orders", "store.deliveries")
    settings = kafka.settings(database, kafka_session_timeout_ms=6_000)
    said = orders(48)

    async with child(settings, KHAMDOAN_FAILPOINT="before_produce:2:freeze") as zombie:
        await kafka.say(*said[:16])
        await until(database, "SELECT sum(cardinality(history)) = 16 FROM orders")
        await kafka.say(*said[16:32])
        await zombie.frozen()
        async with child(settings):
            await kafka.say(*said[32:])
            await until(database, "SELECT sum(cardinality(history)) = 48 FROM orders")
            await until(database, "SELECT count(*) = 0 FROM outbox")
            zombie.send(signal.SIGCONT)
            await until(database, "SELECT count(*) = 2 FROM relays WHERE expires_at > now()")

    assert first_appearances(await kafka.hear("store.orders")) == {str(key): list(range(1, 7)) for key in KEYS}
