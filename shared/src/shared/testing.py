"""The pytest plugin: a fresh database per test, and delivery without Kafka through the kernel's real path."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from importlib.resources.abc import Traversable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from contracts.base import Event
from shared import migrations as sql
from shared.consuming import Consumer
from shared.database import Database
from shared.delivery import Delivery
from shared.jobs import Outcome
from shared.testing_servers import PATIENCE, Deliverable, Topics, arrival_of, row_of, running, until

__all__ = [
    "PATIENCE",
    "Deliver",
    "ParkedError",
    "Said",
    "Templates",
    "Topics",
    "arrival_of",
    "row_of",
    "running",
    "until",
]

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


@pytest.fixture
async def kafka(servers: Any) -> AsyncIterator[Topics]:
    """A topic prefix of this test's own on a real Kafka; its topics are deleted after the test."""
    topics = Topics(servers.kafka)
    yield topics
    await topics.drop()


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
