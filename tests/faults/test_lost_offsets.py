"""Kafka forgets how far the group was, or what was not read yet: the database knows, and a gap is never passed over."""

import asyncio
from collections.abc import Callable

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient
from fault_feed import TOPICS
from fault_report import Figure
from kernel_shop import KEYS, Store, first_appearances, orders
from structlog.testing import capture_logs

from shared.database import Database
from shared.service import Service
from shared.subscription import CutPartitionError
from shared.testing import Topics, running, until

TOPIC = "shop.orders"


def forget(admin: AdminClient, kafka: Topics) -> None:
    """The group's offsets expire."""
    group = kafka.prefix + "store"
    admin.delete_consumer_groups([group])[group].result()


def to_earliest(admin: AdminClient, kafka: Topics) -> None:
    """Somebody resets the group to the beginning."""
    _move(admin, kafka, [0, 0])


def to_latest(admin: AdminClient, kafka: Topics) -> None:
    """Somebody resets the group to the end, past what was not read."""
    _move(admin, kafka, [10_000, 10_000])


def _move(admin: AdminClient, kafka: Topics, offsets: list[int]) -> None:
    places = [TopicPartition(kafka.prefix + TOPIC, number, offset) for number, offset in enumerate(offsets)]
    group = kafka.prefix + "store"
    admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, places)])[group].result()


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(forget, id="deleted", marks=pytest.mark.exhaustive),
        pytest.param(to_earliest, id="to earliest", marks=pytest.mark.exhaustive),
        pytest.param(to_latest, id="to latest"),
    ],
)
async def test_the_groups_offsets_are_lost_or_moved(
    harm: Callable[[AdminClient, Topics], None], store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    said = orders(8 * len(KEYS))
    await kafka.create(*TOPICS)
    await kafka.say(*said[:32])
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await until(database, "SELECT sum(cardinality(history)) = 32 FROM orders")
    await kafka.say(*said[32:])
    await asyncio.to_thread(harm, AdminClient({"bootstrap.servers": kafka.bootstrap}), kafka)

    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await until(database, "SELECT sum(cardinality(history)) >= 64 FROM orders")
        await until(database, "SELECT count(*) = 0 FROM outbox")

    assert await database.pool.fetchval("SELECT sum(cardinality(history)) FROM orders") == 64
    heard = await kafka.hear("store.orders")
    assert first_appearances(heard) == {str(key): list(range(1, 9)) for key in KEYS}
    figure(f"The group's offsets lost: {harm.__name__}", effects=64, copies=len(heard) - 64)


async def cut(kafka: Topics, database: Database, *, past: int) -> None:
    """Retention takes each partition's records up to so many behind what was consumed of it."""
    rows = await database.pool.fetch("SELECT partition, next_offset FROM consumed WHERE topic = $1", TOPIC)
    places = [TopicPartition(kafka.prefix + TOPIC, row["partition"], row["next_offset"] + past) for row in rows]
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    for deleting in admin.delete_records(places).values():
        await asyncio.to_thread(deleting.result)


async def test_retention_takes_what_was_consumed(
    store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    said = orders(8 * len(KEYS))
    await kafka.create(*TOPICS)
    await kafka.say(*said[:32])
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await until(database, "SELECT sum(cardinality(history)) = 32 FROM orders")
        await cut(kafka, database, past=0)
        await kafka.say(*said[32:])
        await until(database, "SELECT sum(cardinality(history)) = 64 FROM orders")

    figure("Retention takes what was consumed", effects=64)


async def test_retention_that_takes_what_nobody_read_stops_the_consumer_until_a_person_decides(
    store: Store, database: Database, kafka: Topics, figure: Figure
) -> None:
    said = orders(8 * len(KEYS))
    await kafka.create(*TOPICS)
    await kafka.say(*said[:32])
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await until(database, "SELECT sum(cardinality(history)) = 32 FROM orders")
    await kafka.say(*said[32:])
    await cut(kafka, database, past=2)

    stopped = Service("store", kafka.settings(database), consumer=store.consumer)
    with capture_logs() as told, pytest.raises(CutPartitionError):
        async with running(stopped):
            await stopped.stop.wait()
    named = {line["topic"] for line in told if line["event"] == "not where it was left"}
    assert named == {kafka.prefix + TOPIC}
    # The decision: what is gone is gone.
    await database.pool.execute("DELETE FROM consumed WHERE topic = $1", TOPIC)
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await until(database, "SELECT sum(cardinality(history)) = 60 FROM orders")

    figure("Retention takes what nobody read", lost_without_a_word=0, stopped="CutPartitionError")
