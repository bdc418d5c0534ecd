"""The primary dies and its standby takes over: with synchronous replication nothing is lost and nothing done twice."""

import asyncio
import time

import fault_standby
import pytest
from fault_feed import feeding, pulse, some_effects
from fault_report import Figure
from fault_servers import OwnServers
from kernel_children import child, proxy_of_database

from shared.database import Database
from shared.testing import Topics

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("own servers")]


async def test_a_synchronous_standby_takes_over_under_load(
    own_servers: OwnServers, own_database: Database, own_kafka: Topics, figure: Figure
) -> None:
    own_servers.postgres.child.stop()
    own_servers.postgres.start("-c", "synchronous_standby_names=*")
    with fault_standby.empty_standby(own_servers) as (standby, _):
        await fault_standby.copy(own_servers, standby)
        second = await fault_standby.started(own_servers, standby)
        await fault_standby.in_step(own_servers, "sync")
        async with proxy_of_database(own_database.url) as (proxy, url):
            far = Database(url, max_connections=2)
            await far.open()
            async with feeding(own_kafka) as feed, child(own_kafka.settings(own_database, database_url=url)):
                await some_effects(far)
                await asyncio.sleep(1)
                async with pulse(far, feed) as beat:
                    own_servers.postgres.kill()
                    begun = time.monotonic()
                    await fault_standby.promote(standby)
                    promoted = time.monotonic() - begun
                    await proxy.cut()
                    proxy.port = standby.port
                    await proxy.mend()
                    await some_effects(far, more_than=len(feed.said))
                    feed.stop()
                    await feed.caught_up(far)

                copies = await feed.books_are_right(far)
            await far.close()
        fault_standby.end(second)

    figure(
        "PostgreSQL: failover to a synchronous standby",
        promoted_seconds=round(promoted, 2),
        longest_wait_seconds=beat.longest_wait,
        copies=copies,
    )


@pytest.mark.exhaustive
async def test_a_standby_that_lags_takes_over_and_what_it_never_had_is_done_again(
    own_servers: OwnServers, own_database: Database, own_kafka: Topics, figure: Figure
) -> None:
    async with (
        proxy_of_database(own_servers.database_url) as (replication, _),
        proxy_of_database(own_database.url) as (proxy, url),
    ):
        with fault_standby.empty_standby(own_servers) as (standby, _):
            await fault_standby.copy(own_servers, standby, follows=replication.own_port)
            second = await fault_standby.started(own_servers, standby)
            await fault_standby.in_step(own_servers, "async")
            far = Database(url, max_connections=2)
            await far.open()
            settings = own_kafka.settings(own_database, database_url=url)
            async with feeding(own_kafka) as feed:
                async with child(settings) as member:
                    await some_effects(far)
                    replication.mute()
                    await asyncio.sleep(1.5)
                    own_servers.postgres.kill()
                    await replication.cut()
                    await fault_standby.promote(standby)
                    await proxy.cut()
                    proxy.port = standby.port
                    await proxy.mend()
                    # It has seen more than the database remembers, and says so with its life.
                    code = await member.ended()
                async with child(settings):
                    await some_effects(far, more_than=len(feed.said))
                    feed.stop()
                    await feed.caught_up(far)

                rows = await far.pool.fetch("SELECT id, history FROM orders")
                heard = await own_kafka.hear("store.orders")
            await far.close()
            fault_standby.end(second)

    assert code == 1
    assert {row["id"]: row["history"] for row in rows} == feed.histories()
    said_twice = len({arrival.headers["ce_id"] for arrival in heard}) - len(feed.said)
    assert said_twice > 0
    figure("PostgreSQL: failover to a standby 1.5 s behind", effects_lost=0, events_said_under_two_ids=said_twice)
