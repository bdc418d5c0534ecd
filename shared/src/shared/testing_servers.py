"""Helpers for tests on real servers: topics of one's own, a running service, waiting for an answer of the database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import wait
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka.admin import AdminClient

from contracts.base import Event
from shared.consuming import Message
from shared.database import Database
from shared.envelope import Arrival
from shared.kafka import TopicSpec, connection, create_topics, producer
from shared.outbox import Outgoing, Row, outgoing
from shared.publisher import Publisher
from shared.service import Service
from shared.settings import Settings
from shared.subscription import arrived

Deliverable = Event | Outgoing | Message[Any] | Arrival
PATIENCE = 120.0
"""Seconds after which something that must come is taken not to come: no test is about it, and machines may be busy."""
RawRecord = tuple[str | None, bytes | None, list[tuple[str, bytes | None]]]


class Topics:
    """A prefix of its own on a real Kafka: topics, and a client to say and to hear with."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.prefix = f"test-{uuid4().hex[:12]}."

    def settings(self, database: Database, **changes: Any) -> Settings:
        """Settings of a service under test."""
        values: dict[str, Any] = {
            "database_url": database.url,
            "kafka_bootstrap_servers": self.bootstrap,
            "kafka_topic_prefix": self.prefix,
            "kafka_session_timeout_ms": 6_000,
            "otel_exporter_otlp_endpoint": "",
            "khamdoan_environment": "test",
            "relay_lease_seconds": 3.0,
        }
        return Settings(**(values | changes))

    async def create(self, *names: str, partitions: int = 2) -> None:
        """Create topics that do not exist yet; names are without prefix."""
        specs = [TopicSpec(name, partitions, replication=1) for name in names]
        await create_topics(self._any_settings(), specs)

    async def say(self, *events: Deliverable) -> None:
        """Put events into their topics, as another service's relay would, in order of each topic."""
        rows = [row_of(event) for event in events]
        await self.create(*{row.topic for row in rows})
        publisher = Publisher(partial(producer, self._any_settings()), prefix=self.prefix, deadline=PATIENCE)
        # One by one: of several, one that a busy broker takes later would be refused, and only relays start over.
        for topic in dict.fromkeys(row.topic for row in rows):
            await publisher.send([row for row in rows if row.topic == topic])
            while publisher.flying:
                publisher.landed()
                publisher.require_success()
                await asyncio.sleep(0.001)
        await publisher.reset()

    async def unheard_by(self, database: Database, topic: str) -> list[Arrival]:
        """What is in a topic and has not been consumed into the database yet."""
        rows = await database.pool.fetch("SELECT partition, next_offset FROM consumed WHERE topic = $1", topic)
        next_offsets = dict(map(tuple, rows))
        return [a for a in await self.hear(topic) if a.offset >= next_offsets.get(a.partition, 0)]

    async def say_raw(self, topic: str, records: Sequence[RawRecord]) -> None:
        """Put records into a topic as they are: key, value, headers."""
        client = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all")
        await client.start()
        try:
            for key, value, headers in records:
                await client.send_and_wait(self.prefix + topic, value, key and key.encode(), headers=headers)
        finally:
            await client.stop()

    async def hear(self, topic: str, number: int | None = None) -> list[Arrival]:
        """The first records of a topic, as soon as there are so many; without a number, those that are there now."""
        heard: list[Arrival] = []
        consumer = AIOKafkaConsumer(
            self.prefix + topic,
            bootstrap_servers=self.bootstrap,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            if number is None:
                number = sum((await consumer.end_offsets(consumer.assignment())).values())
            async with asyncio.timeout(PATIENCE):
                while len(heard) < number:
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        heard += [arrived(record, prefix=self.prefix) for record in records]
        finally:
            await consumer.stop()
        return heard

    async def drop(self) -> None:
        """Delete the topics of this prefix: a broker that collects those of every run gets slow."""
        await asyncio.to_thread(self._drop)

    def _drop(self) -> None:
        admin = AdminClient(connection(self._any_settings()))
        names = [name for name in admin.list_topics(timeout=10).topics if name.startswith(self.prefix)]
        if names:
            wait(admin.delete_topics(names, operation_timeout=10).values(), timeout=15)

    def _any_settings(self) -> Settings:
        return Settings(database_url="", kafka_bootstrap_servers=self.bootstrap, kafka_topic_prefix=self.prefix)


async def until(database: Database, question: str, *, seconds: float = PATIENCE) -> None:
    """Wait until a query's answer is true; the tests' only way to wait for another process."""
    async with asyncio.timeout(seconds):
        while not await database.pool.fetchval(question):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@asynccontextmanager
async def running(service: Service, *, partitions: int = 2, wait: bool = True) -> AsyncIterator[Service]:
    """The service on real servers, until the block ends; then it drains. `wait`: for its topics and its start."""
    if wait:
        specs = [TopicSpec(topic, partitions, replication=1) for topic in service.topics]
        await create_topics(service.settings, specs)
    task = asyncio.create_task(service.run(as_process=False))
    started = asyncio.create_task(service.started.wait())
    try:
        if wait:
            await asyncio.wait([task, started], return_when=asyncio.FIRST_COMPLETED)
        yield service
    finally:
        started.cancel()
        service.stop.set()
        await task


def row_of(event: Deliverable) -> Row:
    """What the event would look like in somebody's outbox."""
    arrival = arrival_of(event, 0)
    headers = {name: text for name, text in arrival.headers.items() if name != "ce_sequence"}
    return Row(0, 0, arrival.topic, arrival.key or "", 1, headers, arrival.value or b"")


def arrival_of(event: Deliverable, offset: int) -> Arrival:
    """What the event would look like as it comes out of Kafka."""
    if isinstance(event, Arrival):
        return event
    if isinstance(event, Message):
        return event.arrival
    said = event if isinstance(event, Outgoing) else outgoing(event)
    return Arrival(
        topic=said.event.entry.topic,
        partition=0,
        offset=offset,
        key=said.event.aggregate_id,
        headers={**said.headers, "ce_sequence": str(offset + 1)},
        value=said.event.model_dump_json(by_alias=True).encode(),
    )
