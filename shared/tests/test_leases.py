"""Relays share the shards, and take over what a dead one held (guarantee 3)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import AsyncExitStack
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest
from kernel_shop import an_order

from shared import inbox, outbox
from shared.database import Database
from shared.leases import Leases
from shared.outbox import SHARDS
from shared.testing import PATIENCE

Appears = Callable[..., Awaitable[tuple[Leases, asyncpg.Connection]]]


@pytest.fixture
async def a_relay(database: Database) -> AsyncIterator[Appears]:
    """Relays with a session each, which is what shows that they live."""
    async with AsyncExitStack() as at_end:

        async def appear(*, seconds: float = 60) -> tuple[Leases, asyncpg.Connection]:
            session = await asyncpg.connect(database.url)
            at_end.push_async_callback(session.close)
            leases = Leases(database, uuid4(), seconds)
            await leases.appear(session)
            return leases, session

        yield appear


async def test_a_relay_alone_holds_every_shard(a_relay: Appears) -> None:
    relay, _ = await a_relay()

    new = await relay.renew()

    assert new == relay.held == frozenset(range(SHARDS))


async def test_two_relays_hold_half_of_the_shards_each_and_none_together(a_relay: Appears) -> None:
    first, _ = await a_relay()
    second, _ = await a_relay()
    await first.renew()
    await second.renew()
    await first.renew()
    await second.renew()

    assert len(first.held) == len(second.held) == SHARDS // 2
    assert not first.held & second.held


async def test_a_relay_that_gives_up_is_followed_at_once(a_relay: Appears) -> None:
    first, _ = await a_relay()
    second, _ = await a_relay()
    await first.renew()
    await first.give_up()

    await second.renew()

    assert first.held == frozenset()
    assert len(second.held) == SHARDS


async def test_a_relay_whose_session_is_gone_is_followed_at_once(a_relay: Appears) -> None:
    dead, session = await a_relay()
    heir, _ = await a_relay()
    await dead.renew()
    await heir.renew()
    before = await heir.keep()

    await session.close()
    after = await heir.keep()

    assert before == frozenset()
    assert after == heir.held == frozenset(range(SHARDS))


async def test_a_relay_that_hangs_is_followed_when_its_leases_run_out(database: Database, a_relay: Appears) -> None:
    hanging, _ = await a_relay()
    heir, _ = await a_relay()
    await hanging.renew()
    await heir.renew()
    assert heir.held == frozenset()

    await database.pool.execute("UPDATE leases SET expires_at = now() - interval '1 second'")
    await database.pool.execute("UPDATE relays SET expires_at = now() - interval '1 second'")
    await heir.renew()

    assert len(heir.held) == SHARDS


async def test_a_relay_whose_renewal_is_overdue_holds_nothing(a_relay: Appears) -> None:
    relay, _ = await a_relay(seconds=0)

    await relay.renew()

    assert relay.held == frozenset()


async def test_a_relay_that_lost_its_session_holds_nothing_until_it_renews(database: Database) -> None:
    relay = Leases(database, uuid4(), 60)
    told: asyncio.Queue[Collection[int]] = asyncio.Queue()
    holding = asyncio.create_task(relay.hold(told.put_nowait))
    first = await asyncio.wait_for(told.get(), PATIENCE)
    held = relay.held

    holding.cancel()
    await asyncio.wait([holding])

    assert first == held == frozenset(range(SHARDS))
    assert relay.held == frozenset()
    assert await relay.renew() == frozenset(range(SHARDS))


async def test_a_row_tells_whether_another_process_spoke_about_its_aggregate_last(database: Database) -> None:
    order, elsewhere = an_order(), Database(database.url)
    await elsewhere.open()

    after_another = []
    for speaker in (database, database, elsewhere, elsewhere, database):
        async with speaker.transaction() as tx:
            await outbox.append(tx, [outbox.outgoing(order)])
            after_another.append(tx.said[0].after_another)
    await elsewhere.close()

    assert after_another == [False, False, True, False, True]


async def test_the_inbox_forgets_what_is_older_than_a_week_and_nothing_else(database: Database) -> None:
    async with database.transaction() as tx:
        known = [("old", str(number)) for number in range(25)] + [("new", "1")]
        await inbox.receive(tx, "store", {}, known, [])
        await tx.execute("UPDATE inbox SET received_at = now() - interval '8 days' WHERE source = 'old'")

    pruned = await inbox.prune(database, at_once=10)
    again = await inbox.prune(database, kept=timedelta(days=7))

    assert (pruned, again) == (25, 0)
    assert await database.pool.fetchval("SELECT source FROM inbox") == "new"
