"""Members restarted one after the other, frozen past their session, and told to stop while they cannot."""

import asyncio
import contextlib
import signal
from contextlib import AsyncExitStack
from time import monotonic

import httpx
import pytest
from fault_feed import TOPICS, feeding, pulse, some_effects
from fault_report import Figure
from kernel_children import Child, child
from kernel_shop import KEYS, Store, orders

from khamdoan import ports
from shared.database import Database
from shared.testing import PATIENCE, Topics, until


async def ready(port: int) -> None:
    """Wait until the member behind this operations port takes part."""
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(0.1)


@pytest.mark.exhaustive
@pytest.mark.parametrize("static", [False, True], ids=["new members", "stable names"])
async def test_a_rolling_restart_under_load(static: bool, database: Database, kafka: Topics, figure: Figure) -> None:
    async with AsyncExitStack() as stack, feeding(kafka) as feed:

        async def member(name: int) -> Child:
            changes = {"kafka_instance_id": f"store-{name}" if static else "", "operations_port": ports.free(set())}
            settings = kafka.settings(database, **changes)
            started = await stack.enter_async_context(child(settings))
            await ready(settings.operations_port)
            return started

        members = [await member(0), await member(1)]
        await some_effects(database)
        async with pulse(database, feed) as beat:
            for name, leaving in enumerate(members):
                leaving.send(signal.SIGTERM)
                assert await leaving.ended() == 0
                await member(name)
            feed.stop()
            await feed.caught_up(database)

        copies = await feed.books_are_right(database)
        kind = "static membership" if static else "dynamic membership"
        figure(f"Rolling restart, {kind}", events=len(feed.said), longest_wait_seconds=beat.longest_wait, copies=copies)


@pytest.mark.exhaustive
async def test_a_member_frozen_past_its_session_and_its_leases_wakes_into_others_work(
    database: Database, kafka: Topics, figure: Figure
) -> None:
    settings = kafka.settings(database, database_idle_seconds=4)
    async with feeding(kafka) as feed, child(settings) as frozen, child(settings):
        await some_effects(database)
        async with pulse(database, feed) as beat:
            await asyncio.sleep(1)
            frozen.send(signal.SIGSTOP)
            await asyncio.sleep(9)
            frozen.send(signal.SIGCONT)
            await asyncio.sleep(2)
            feed.stop()
            await feed.caught_up(database)

        copies = await feed.books_are_right(database)
        figure("A member frozen for 9 s", longest_wait_seconds=beat.longest_wait, copies=copies)


@pytest.mark.slow
async def test_a_member_that_cannot_finish_its_batch_in_time_leaves_it_to_others(
    store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    await kafka.create(*TOPICS)
    await kafka.say(*orders(8 * len(KEYS)))
    async with database.pool.acquire() as blocker, blocker.transaction():
        await blocker.execute("LOCK TABLE orders IN SHARE MODE")
        async with child(kafka.settings(database, shutdown_seconds=2)) as stuck:
            await store.until_blocked(database)
            told = monotonic()
            stuck.send(signal.SIGTERM)
            code = await stuck.ended()
            seconds = monotonic() - told
    async with child(kafka.settings(database)):
        await until(database, "SELECT sum(cardinality(history)) >= 64 AND NOT EXISTS (SELECT FROM outbox) FROM orders")

    assert await database.pool.fetchval("SELECT sum(cardinality(history)) FROM orders") == 64
    assert code == 0
    assert seconds < 2 + 8
    figure("SIGTERM in mid-batch past the grace", grace_seconds=2, ended_after_seconds=round(seconds, 1))
