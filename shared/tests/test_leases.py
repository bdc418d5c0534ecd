"""Relays share the shards, and take over what a dead one held (guarantee 3)."""

from datetime import timedelta
from uuid import uuid4

from kernel_shop import an_order

from shared import inbox, outbox
from shared.database import Database
from shared.leases import Leases
from shared.outbox import SHARDS


def a_relay(database: Database, *, seconds: float = 60) -> Leases:
    return Leases(database, uuid4(), seconds)


async def test_a_relay_alone_holds_every_shard(database: Database) -> None:
    relay = a_relay(database)

    new = await relay.renew()

    assert new == relay.held == frozenset(range(SHARDS))


async def test_two_relays_hold_half_of_the_shards_each_and_none_together(database: Database) -> None:
    first, second = a_relay(database), a_relay(database)
    await first.renew()
    await second.renew()
    await first.renew()
    await second.renew()

    assert len(first.held) == len(second.held) == SHARDS // 2
    assert not first.held & second.held


async def test_a_relay_that_gives_up_is_followed_at_once(database: Database) -> None:
    first, second = a_relay(database), a_relay(database)
    await first.renew()
    await first.give_up()

    await second.renew()

    assert first.held == frozenset()
    assert len(second.held) == SHARDS


async def test_a_relay_that_died_is_followed_when_its_leases_run_out(database: Database) -> None:
    dead, heir = a_relay(database), a_relay(database)
    await dead.renew()
    await heir.renew()
    assert heir.held == frozenset()

    await database.pool.execute("UPDATE leases SET expires_at = now() - interval '1 second'")
    await database.pool.execute("UPDATE relays SET expires_at = now() - interval '1 second'")
    await heir.renew()

    assert len(heir.held) == SHARDS


async def test_a_relay_whose_renewal_is_overdue_holds_nothing(database: Database) -> None:
    relay = a_relay(database, seconds=0)

    await relay.renew()

    assert relay.held == frozenset()


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
        await inbox.admit(tx, [("old", str(number)) for number in range(25)] + [("new", "1")])
        await tx.execute("UPDATE inbox SET received_at = now() - interval '8 days' WHERE source = 'old'")

    pruned = await inbox.prune(database, at_once=10)
    again = await inbox.prune(database, kept=timedelta(days=7))

    assert (pruned, again) == (25, 0)
    assert await database.pool.fetchval("SELECT source FROM inbox") == "new"
