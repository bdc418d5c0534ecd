"""A relay that was slow to renew starts at the oldest rows of its shards again: it passed them over meanwhile."""

import asyncio
from uuid import uuid4

import asyncpg

from shared.database import Database
from shared.leases import Leases
from shared.outbox import SHARDS


async def test_shards_that_lapsed_during_their_renewal_are_new(database: Database) -> None:
    session, other = await asyncpg.connect(database.url), await asyncpg.connect(database.url)
    relay = Leases(database, uuid4(), 0.5)
    await relay.appear(session)
    await relay.renew()
    in_the_way = other.transaction()
    await in_the_way.start()
    await other.execute("SELECT FROM relays FOR UPDATE")
    renewal = asyncio.create_task(relay.renew())
    while relay.held:  # noqa: ASYNC110 - only the clock ends it
        await asyncio.sleep(0.01)

    await in_the_way.rollback()
    new = await renewal

    assert new == relay.shards == frozenset(range(SHARDS))
    await session.close()
    await other.close()


async def test_shards_that_were_held_throughout_their_renewal_are_not_new(database: Database) -> None:
    session = await asyncpg.connect(database.url)
    relay = Leases(database, uuid4(), 60)
    await relay.appear(session)
    await relay.renew()

    new = await relay.renew()

    assert new == frozenset()
    assert len(relay.held) == SHARDS
    await session.close()
