"""PostgreSQL killed, shut down at once, frozen and full: work waits, nothing is held against a message."""

import asyncio
import signal

import asyncpg
import pytest
from fault_feed import feeding, some_effects
from fault_report import Figure
from fault_servers import OwnServers
from kernel_children import child

from shared.database import Database
from shared.testing import Topics

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("own servers")]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT], ids=["kill -9", "immediate shutdown"])
async def test_a_server_that_ends_without_a_checkpoint_and_is_started_again(
    how: signal.Signals, own_servers: OwnServers, own_database: Database, own_kafka: Topics, figure: Figure
) -> None:
    async with feeding(own_kafka) as feed, child(own_kafka.settings(own_database)):
        await some_effects(own_database)
        for _ in range(2):
            own_servers.postgres.send(how)
            own_servers.postgres.child.process.wait()
            started = own_servers.postgres.start()
            await some_effects(own_database, more_than=len(feed.said))
        feed.stop()
        recovered = await feed.caught_up(own_database)

        copies = await feed.books_are_right(own_database)
        figure(
            f"PostgreSQL: {how.name} twice",
            start_seconds=round(started, 2),
            caught_up_seconds=recovered,
            copies=copies,
        )


@pytest.mark.exhaustive
async def test_a_server_that_is_frozen(
    own_servers: OwnServers, own_database: Database, own_kafka: Topics, figure: Figure
) -> None:
    async with feeding(own_kafka, per_second=100) as feed, child(own_kafka.settings(own_database)):
        await some_effects(own_database)
        own_servers.postgres.freeze()
        await asyncio.sleep(8)
        own_servers.postgres.thaw()
        feed.stop()
        recovered = await feed.caught_up(own_database)

        figure(
            "PostgreSQL: frozen",
            seconds=8,
            caught_up_seconds=recovered,
            copies=await feed.books_are_right(own_database),
        )


async def test_a_server_whose_connections_are_all_taken(
    own_servers: OwnServers, own_database: Database, own_kafka: Topics, figure: Figure
) -> None:
    own_servers.postgres.child.stop()
    own_servers.postgres.start("-c", "max_connections=24")
    async with feeding(own_kafka, per_second=100) as feed:
        # Nobody is served yet: whoever starts finds the house full.
        hogs = await every_connection(own_database.url)
        async with child(own_kafka.settings(own_database)) as member:
            await asyncio.sleep(3)
            alive = member.process.returncode is None
            for hog in hogs:
                await hog.close()
            await some_effects(own_database)
            feed.stop()
            recovered = await feed.caught_up(own_database)

            copies = await feed.books_are_right(own_database)

    assert alive
    figure("PostgreSQL: max_connections reached", taken=len(hogs), caught_up_seconds=recovered, copies=copies)


async def every_connection(url: str) -> list[asyncpg.Connection]:
    """Take what the server has to give."""
    taken: list[asyncpg.Connection] = []
    while True:
        try:
            taken.append(await asyncpg.connect(url))
        except asyncpg.TooManyConnectionsError:
            return taken
