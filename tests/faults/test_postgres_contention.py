"""Rivals for rows and for connections: work is tried again, nothing is parked."""

import asyncio
from random import Random

import asyncpg
import pytest
from fault_feed import Feed, feeding, pulse, some_effects
from fault_report import Figure
from kernel_shop import Store

from shared.database import Database
from shared.service import Service
from shared.testing import Topics, running

COLLIDED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)


async def quarrel(database: Database, feed: Feed, collisions: list[str]) -> None:
    """Change the same rows in any order, for ever; collect what the database says to that."""
    random = Random(5)
    while True:
        first, second = random.sample(feed.keys[:4], 2)
        try:
            async with database.pool.acquire() as rival, rival.transaction():
                await rival.execute("UPDATE orders SET total = total WHERE id = $1", first)
                await asyncio.sleep(0.005)
                await rival.execute("UPDATE orders SET total = total WHERE id = $1", second)
        except COLLIDED as error:
            collisions.append(type(error).__name__)
        await asyncio.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("isolation", [pytest.param("read committed", marks=pytest.mark.exhaustive), "repeatable read"])
async def test_rivals_for_the_same_rows(
    isolation: str, store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    name = await database.pool.fetchval("SELECT current_database()")
    for setting in ("deadlock_timeout = '20ms'", f"default_transaction_isolation = '{isolation}'"):
        await database.pool.execute(f'ALTER DATABASE "{name}" SET {setting}')
    await database.pool.expire_connections()
    collisions: list[str] = []
    async with feeding(kafka, per_second=400) as feed:
        service = Service("store", kafka.settings(database), consumer=store.consumer)
        async with running(service):
            await some_effects(database)
            rivals = [asyncio.create_task(quarrel(database, feed, collisions)) for _ in range(3)]
            async with pulse(database, feed) as beat:
                await asyncio.sleep(3)
                for rival in rivals:
                    rival.cancel()
                await asyncio.gather(*rivals, return_exceptions=True)
                feed.stop()
                await feed.caught_up(database)
            retried = service.metrics.batches_retried.labels("rivals")._value.get()

        await feed.books_are_right(database)
    assert retried + len(collisions) > 0
    figure(
        f"Rivals for rows, {isolation}",
        batches_tried_again=retried,
        rivals_refused=len(collisions),
        longest_wait_seconds=beat.longest_wait,
    )


@pytest.mark.slow
async def test_a_pool_whose_connections_are_all_taken(
    store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    async with feeding(kafka) as feed:
        service = Service("store", kafka.settings(database, database_max_connections=3), consumer=store.consumer)
        async with running(service):
            await some_effects(database)
            async with pulse(database, feed) as beat:
                taken = [await service.database.pool.acquire() for _ in range(3)]
                # Longer than a lease: the relay cannot renew it either.
                await asyncio.sleep(4)
                for connection in taken:
                    await service.database.pool.release(connection)
                feed.stop()
                recovered = await feed.caught_up(database)

            copies = await feed.books_are_right(database)
    figure(
        "PostgreSQL: pool exhausted for 4 s",
        longest_wait_seconds=beat.longest_wait,
        caught_up_seconds=recovered,
        copies=copies,
    )
