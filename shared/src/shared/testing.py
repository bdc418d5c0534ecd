"""The pytest plugin: a fresh database per test, and delivery without Kafka through the kernel's real path."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from importlib.resources.abc import Traversable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.base import Event
from shared import migrations as sql
from shared.consuming import Consumer, Message
from shared.database import Database
from shared.delivery import Delivery, Outcome
from shared.envelope import Arrival
from shared.kafka import TopicSpec, create_topics, producer
from shared.outbox import Outgoing, Row, outgoing
from shared.publisher import Publisher
from shared.service import Service
from shared.settings import Settings
from shared.subscription import arrived

Deliverable = Event | Outgoing | Message[Any] | Arrival
RawRecord = tuple[str | None, bytes | None, list[tuple[str, bytes | None]]]
Deliver = Callable[..., Awaitable["Said"]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for servers is marked `stack`."""
    for item in items:
        if "servers" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.stack)


@pytest.fixture
def migrations() -> Path | Traversable | None:
    """The folder of the service's SQL files; a service's conftest overrides it. None: the kernel's tables only."""
    return None


class Templates:
    """Databases that were migrated once, to clone per test."""

    def __init__(self, server_url: str) -> None:
        self.server_url = server_url
        self.names: dict[str, str] = {}

    async def clone(self, folder: Path | Traversable | None) -> str:
        """A fresh database with the kernel's and the folder's tables; returns its URL."""
        template = self.names.get(str(folder))
        if template is None:
            template = f"template_{uuid4().hex[:12]}"
            await self.run(f'CREATE DATABASE "{template}"')
            connection = await asyncpg.connect(self.url_of(template))
            try:
                await sql.migrate(connection, "service", folder)
            finally:
                await connection.close()
            self.names[str(folder)] = template
        name = f"test_{uuid4().hex[:12]}"
        await self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url_of(name)

    async def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        await self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def run(self, statement: str) -> None:
        """One statement on the server's own database."""
        connection = await asyncpg.connect(self.server_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def url_of(self, name: str) -> str:
        """The URL of a database on the same server."""
        return urlunsplit(urlsplit(self.server_url)._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def database_templates(servers: Any) -> Iterator[Templates]:
    """One migrated database per folder of SQL files and test run."""
    templates = Templates(servers.database_url)
    yield templates
    for name in templates.names.values():
        asyncio.run(templates.drop(name))


@pytest.fixture
async def database(database_templates: Templates, migrations: Path | Traversable | None) -> AsyncIterator[Database]:
    """A fresh, open database with the tables of `migrations`, dropped after the test."""
    url = await database_templates.clone(migrations)
    fresh = Database(url, max_connections=6)
    await fresh.open()
    yield fresh
    await fresh.close()
    await database_templates.drop(urlsplit(url).path.removeprefix("/"))


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
        """Put events into their topics, as another service's relay would, in order."""
        rows = [row_of(event) for event in events]
        await self.create(*{row.topic for row in rows})
        publisher = Publisher(partial(producer, self._any_settings()), prefix=self.prefix, deadline=20)
        await publisher.send(rows)
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

    async def hear(self, topic: str, number: int | None = None, *, seconds: float = 20) -> list[Arrival]:
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
            async with asyncio.timeout(seconds):
                while len(heard) < number:
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        heard += [arrived(record, prefix=self.prefix) for record in records]
        finally:
            await consumer.stop()
        return heard

    def _any_settings(self) -> Settings:
        return Settings(database_url="", kafka_bootstrap_servers=self.bootstrap, kafka_topic_prefix=self.prefix)


async def until(database: Database, question: str, *, seconds: float = 20) -> None:
    """Wait until a query's answer is true; the tests' only way to wait for another process."""
    async with asyncio.timeout(seconds):
        while not await database.pool.fetchval(question):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.fixture
def kafka(servers: Any) -> Topics:
    """A topic prefix of this test's own on a real Kafka."""
    return Topics(servers.kafka)


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


class ParkedError(Exception):
    """A message was parked in a test that did not expect it."""


@pytest.fixture
def deliver() -> Deliver:
    """`await deliver(consumer, database, [events…])` runs the handlers as after a poll; returns the events they said.

    A message that parks raises the handler's own exception, unless `may_park=True`. Each call is one batch; the
    returned list has the outbox rows as `.rows` and what the batch came to as `.outcome`.
    """
    offset = count()

    async def run(
        consumer: Consumer, database: Database, events: Sequence[Deliverable], *, may_park: bool = False
    ) -> "Said":
        arrivals = [arrival_of(event, next(offset)) for event in events]
        outcome = await Delivery(consumer, database).deliver(arrivals)
        if not may_park:
            if outcome.errors:
                raise outcome.errors[0]
            if outcome.parked:
                raise ParkedError(outcome.parked[0][1])
        return Said(outcome)

    return run


class Said(list[Event]):
    """The events that a delivery said, decoded from what stands in the outbox."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(type(row.event).model_validate_json(row.value) for row in outcome.said if row.event)
        self.outcome = outcome

    @property
    def rows(self) -> list[Any]:
        """The outbox rows behind the events: headers, key, sequence."""
        return self.outcome.said


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
