"""Every unsafe default of Kafka's clients is overruled, and in one place."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from kernel_shop import Store, an_order

from shared import kafka as kernel_kafka
from shared.database import Database
from shared.service import Service
from shared.testing import PATIENCE, Topics, running, until


async def test_the_consumer_commits_by_itself_never_and_starts_at_the_beginning(
    store: Store, database: Database, kafka: Topics
) -> None:
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)) as service:
        assert service.subscription is not None
        consumer: Any = service.subscription.consumer

        assert consumer._enable_auto_commit is False
        assert consumer._auto_offset_reset == "earliest"
        assert consumer._isolation_level == "read_committed"


async def test_static_membership_is_used_where_the_process_has_a_stable_name(
    store: Store, database: Database, kafka: Topics
) -> None:
    settings = kafka.settings(database, kafka_instance_id="store-0")
    async with running(Service("store", settings, consumer=store.consumer)) as service:
        assert service.subscription is not None
        consumer: Any = service.subscription.consumer

        assert consumer._group_instance_id == "store-0"


async def test_a_second_process_of_the_same_name_is_a_member_of_its_own_and_they_share_the_partitions(
    store: Store, database: Database, kafka: Topics
) -> None:
    settings = kafka.settings(database, kafka_instance_id="store-0")
    async with (
        running(Service("store", settings, consumer=store.consumer), partitions=4) as first,
        running(Service("store", settings, consumer=store.consumer), partitions=4) as second,
    ):
        async with asyncio.timeout(PATIENCE):
            while not _share(first) or not _share(second) or _share(first) & _share(second):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        shares = len(_share(first)), len(_share(second))

    assert sum(shares) == 4 * len(store.consumer.topics)


def _share(service: Service) -> set[Any]:
    return set(service.subscription.assigned or ()) if service.subscription else set()


def test_the_producer_waits_for_all_replicas_and_never_gives_up_alone() -> None:
    assert kernel_kafka.PRODUCING["acks"] == "all"
    assert kernel_kafka.PRODUCING["enable.idempotence"] is True
    assert kernel_kafka.PRODUCING["max.in.flight.requests.per.connection"] <= 5
    assert kernel_kafka.PRODUCING["message.timeout.ms"] == 0
    assert kernel_kafka.PRODUCING["partitioner"] == "murmur2_random"


async def test_creating_topics_again_changes_nothing(database: Database, kafka: Topics) -> None:
    specs = [kernel_kafka.TopicSpec("shop.orders", 3, retention_ms=-1, replication=1)]

    first = await kernel_kafka.create_topics(kafka.settings(database), specs)
    second = await kernel_kafka.create_topics(kafka.settings(database), specs)

    assert first == [f"{kafka.prefix}shop.orders"]
    assert second == []


async def test_a_topic_that_was_just_created_takes_records_at_once(database: Database, kafka: Topics) -> None:
    settings = kafka.settings(database)
    many = kernel_kafka.TopicSpec("shop.orders", 60, replication=1)

    await kernel_kafka.create_topics(settings, [many])

    partitions = [TopicPartition(f"{kafka.prefix}shop.orders", number) for number in range(60)]
    admin = AdminClient(kernel_kafka.connection(settings))
    answers = admin.list_offsets(dict.fromkeys(partitions, OffsetSpec.latest()), request_timeout=10)
    assert {answer.result(timeout=20).offset for answer in answers.values()} == {0}


async def test_a_restored_database_is_followed_although_kafka_says_it_was_consumed(
    store: Store, database: Database, kafka: Topics
) -> None:
    await kafka.create("store.orders")
    await kafka.say(*(an_order() for _ in range(10)))
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await until(database, "SELECT count(*) = 10 FROM orders")
    # A backup from before those ten messages.
    await database.pool.execute("UPDATE consumed SET next_offset = 0; DELETE FROM orders; DELETE FROM inbox")

    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await until(database, "SELECT count(*) = 10 FROM orders")


async def test_a_commit_to_kafka_that_hangs_holds_up_no_batch(
    store: Store, database: Database, kafka: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, answered = asyncio.Event(), asyncio.Event()
    given_up: list[object] = []

    async def hang(_consumer: AIOKafkaConsumer, offsets: object) -> None:
        told.set()
        try:
            await answered.wait()
        except asyncio.CancelledError:
            given_up.append(offsets)
            raise

    monkeypatch.setattr(AIOKafkaConsumer, "commit", hang)
    await kafka.create("store.orders", partitions=1)
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)):
        await kafka.say(an_order())
        await told.wait()
        for number in range(2, 5):
            await kafka.say(an_order())
            await until(database, f"SELECT count(*) = {number} FROM orders")
        waits_still = not given_up
        answered.set()

    assert waits_still


@pytest.mark.parametrize(("copies", "in_sync"), [(-1, None), (1, None), (3, "2")])
def test_two_of_three_copies_must_have_a_record(copies: int, in_sync: str | None) -> None:
    config = kernel_kafka._config_of(kernel_kafka.TopicSpec("shop.orders", replication=copies))

    assert config.get("min.insync.replicas") == in_sync
    assert config["message.timestamp.type"] == "LogAppendTime"
