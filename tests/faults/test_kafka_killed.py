"""Kafka killed, away and frozen in the middle of work: nothing is lost, doubled or out of order."""

import asyncio
from collections.abc import Callable

import pytest
from fault_feed import feeding, some_effects
from fault_report import Figure
from fault_servers import OwnServers
from kernel_children import child

from shared.database import Database
from shared.testing import Topics

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("own servers")]


async def test_a_broker_killed_and_started_again(
    own_servers: OwnServers, own_database: Database, own_kafka: Topics, figure: Figure
) -> None:
    async with feeding(own_kafka) as feed, child(own_kafka.settings(own_database)):
        await some_effects(own_database)
        for _ in range(2):
            own_servers.broker.kill()
            started = own_servers.broker.start()
            await some_effects(own_database, more_than=len(feed.said))
        feed.stop()
        recovered = await feed.caught_up(own_database)

        copies = await feed.books_are_right(own_database)
        figure("Kafka: kill -9 twice", start_seconds=round(started, 2), caught_up_seconds=recovered, copies=copies)


@pytest.mark.parametrize(
    "seconds", [pytest.param(8, id="8s"), pytest.param(180, id="180s", marks=pytest.mark.exhaustive)]
)
async def test_a_broker_that_is_away_for_long(
    seconds: int, own_servers: OwnServers, own_database: Database, own_kafka: Topics, figure: Figure
) -> None:
    def leave() -> Callable[[], object]:
        own_servers.broker.kill()
        return own_servers.broker.start

    await _absent("Kafka: away", seconds, leave, own_database, own_kafka, figure)


# The group's session is 6 s in these tests; the relay's deadline is a minute.
@pytest.mark.exhaustive
@pytest.mark.parametrize("seconds", [12, 90])
async def test_a_broker_that_is_frozen_past_sessions_and_deadlines(
    seconds: int, own_servers: OwnServers, own_database: Database, own_kafka: Topics, figure: Figure
) -> None:
    def leave() -> Callable[[], object]:
        own_servers.broker.freeze()
        return own_servers.broker.thaw

    await _absent("Kafka: frozen", seconds, leave, own_database, own_kafka, figure)


async def _absent(
    fault: str,
    seconds: int,
    leave: Callable[[], Callable[[], object]],
    database: Database,
    topics: Topics,
    figure: Figure,
) -> None:
    async with feeding(topics, per_second=100) as feed, child(topics.settings(database)):
        await some_effects(database)
        come_back = leave()
        before = len(feed.said)
        await asyncio.sleep(seconds)
        come_back()
        meanwhile = len(feed.said)
        await some_effects(database, more_than=before)
        feed.stop()
        recovered = await feed.caught_up(database)

        copies = await feed.books_are_right(database)
        figure(
            fault, away_seconds=seconds, said_meanwhile=meanwhile - before, caught_up_seconds=recovered, copies=copies
        )
