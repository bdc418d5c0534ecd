"""The gateway's tables for the `database` fixture, and its HTTP app on them, with a token for anybody."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from gateway_builders import SECRET, Clients
from gateway_uploads import REGISTRY_TOKEN, Registry

from gateway.app import make_app
from gateway.edge import Edge, make_edge, read_rosters
from gateway.settings import Settings
from shared.database import Database
from shared.serving import HttpServer


@pytest.fixture
def migrations() -> Path:
    return Path(__file__).parents[1] / "migrations"


@pytest.fixture
def settings(database: Database) -> Settings:
    return Settings(
        database_url=database.url,
        kafka_bootstrap_servers="127.0.0.1:1",
        khamdoan_environment="test",
        khamdoan_dev_secret=SECRET,
        otel_exporter_otlp_endpoint="",
    )


@pytest.fixture
async def edge(settings: Settings, database: Database) -> AsyncIterator[Edge]:
    """The edge on the test's database, listening for what commits there."""
    edge, stop = make_edge(settings, database), asyncio.Event()
    listening = asyncio.create_task(edge.wakeups.listen(database, stop))
    yield edge
    stop.set()
    await listening


@pytest.fixture
async def as_(edge: Edge) -> AsyncIterator[Clients]:
    """`as_.union(unit_id)`, `as_.clinic("01234")` …: HTTP clients of the app, each with a token of its party."""
    clients = Clients(httpx.ASGITransport(make_app(edge)))
    yield clients
    await clients.close()


@pytest.fixture
async def registry(edge: Edge) -> AsyncIterator[Registry]:
    """Registry's port, and the sandbox, while the test runs."""
    registry, stop = Registry(), asyncio.Event()
    server = HttpServer(registry.app, "127.0.0.1", 0)
    tasks = [asyncio.create_task(server.serve()), asyncio.create_task(read_rosters(edge, stop))]
    edge.settings.registry_identity_url = f"http://127.0.0.1:{await server.bound_port()}"
    edge.settings.registry_identity_token = REGISTRY_TOKEN
    yield registry
    server.should_exit = True
    stop.set()
    await asyncio.gather(*tasks)
