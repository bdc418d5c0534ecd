"""Latency, jitter, loss and dead connections between a service and its servers; lost replies of both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fault_feed import Feed, feeding, pulse, some_effects
from fault_line import Line, Weather, line_to_database, line_to_kafka
from fault_report import Figure
from kernel_children import child

from shared.database import Database
from shared.testing import Topics

WEATHERS = {
    "latency 20 ms": Weather(latency=0.02),
    "jitter up to 50 ms": Weather(latency=0.002, jitter=0.05),
    "loss 2 %": Weather(latency=0.002, loss=0.02),
}


@asynccontextmanager
async def over_lines(database: Database, kafka: Topics) -> AsyncIterator[tuple[Feed, Line, Line]]:
    """A member at work whose every byte to both servers passes over lines of ours."""
    async with (
        line_to_database(database.url) as (to_database, url),
        line_to_kafka(kafka.bootstrap) as (to_kafka, bootstrap),
        feeding(kafka, per_second=200) as feed,
        child(kafka.settings(database, database_url=url, kafka_bootstrap_servers=bootstrap)),
    ):
        await some_effects(database)
        yield feed, to_database, to_kafka


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if "loss" in name else pytest.mark.exhaustive) for name in WEATHERS]
)
async def test_a_bad_line_to_both_servers(name: str, database: Database, kafka: Topics, figure: Figure) -> None:
    async with over_lines(database, kafka) as (feed, to_database, to_kafka):
        for line in (to_database, to_kafka):
            line.weather.__dict__.update(WEATHERS[name].__dict__)
        async with pulse(database, feed) as beat:
            await asyncio.sleep(3)
            feed.stop()
            await feed.caught_up(database)

        copies = await feed.books_are_right(database)
    figure(f"Network: {name}", events=len(feed.said), longest_wait_seconds=beat.longest_wait, copies=copies)


@pytest.mark.exhaustive
async def test_a_dead_line_that_breaks_in_the_end(database: Database, kafka: Topics, figure: Figure) -> None:
    async with over_lines(database, kafka) as (feed, *lines):
        for line in lines:
            line.weather.dead = True
        await asyncio.sleep(4)
        for line in lines:
            line.weather = Weather()
            await line.cut()
            await line.mend()
        feed.stop()
        recovered = await feed.caught_up(database)

        copies = await feed.books_are_right(database)
    figure("Network: dead for 4 s, then broken", caught_up_seconds=recovered, copies=copies)


@pytest.mark.exhaustive
@pytest.mark.parametrize("where", ["database", "Kafka"])
async def test_connections_that_stay_open_and_dead(
    where: str, database: Database, kafka: Topics, figure: Figure
) -> None:
    async with over_lines(database, kafka) as (feed, to_database, to_kafka):
        line = to_database if where == "database" else to_kafka
        line.weather.dead = True
        # What is open stays dead, as behind a firewall that has forgotten it; new connections work.
        line.weather = Weather()
        await asyncio.sleep(2)
        feed.stop()
        recovered = await feed.caught_up(database, seconds=300)

        copies = await feed.books_are_right(database)
    figure(f"Network: half-open to the {where}, for ever", caught_up_seconds=recovered, copies=copies)


@pytest.mark.slow
async def test_replies_that_are_lost_again_and_again(database: Database, kafka: Topics, figure: Figure) -> None:
    async with over_lines(database, kafka) as (feed, to_database, to_kafka):
        for number in range(6):
            line = (to_database, to_kafka)[number % 2]
            line.mute()
            await asyncio.sleep(0.15)
            await line.cut()
            await line.mend()
            await some_effects(database, more_than=len(feed.said))
        feed.stop()
        recovered = await feed.caught_up(database)

        copies = await feed.books_are_right(database)
    figure("Network: replies of COMMIT and of produce lost six times", caught_up_seconds=recovered, copies=copies)
