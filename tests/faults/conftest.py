"""What every fault test may ask for: the kernel's shop and its means of doing harm, and a place for its figures."""

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "shared" / "tests"))
sys.path.insert(1, str(Path(__file__).parents[2] / "services" / "gateway" / "tests"))
sys.path.insert(1, str(Path(__file__).parents[1] / "e2e"))

import fault_report
from fault_report import Figure
from fault_servers import OwnServers
from kernel_shop import MIGRATIONS, Store, a_store

from shared.database import Database
from shared.testing import Templates, Topics


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Iterator[Figure]:
    """`figure("Kafka killed", recovered_seconds=4.1, copies=12)`: a row of `.khamdoan/faults/report.json`."""
    rows: list[dict[str, Any]] = []

    def note(fault: str, /, **values: Any) -> None:
        rows.append({"fault": fault, **values})
        print(f"  {fault}: {', '.join(f'{name} {value}' for name, value in values.items())}")

    yield note
    if rows:
        fault_report.replace(request.node.nodeid, rows)


@pytest.fixture
def migrations() -> Path:
    """The shop's tables."""
    return MIGRATIONS


@pytest.fixture
def store() -> Store:
    """A consumer with an empty record of its calls."""
    return a_store()


@pytest.fixture(scope="session")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServers]:
    """A PostgreSQL and a Kafka that nobody else uses; started by the first test of a worker that breaks servers."""
    with OwnServers.started() as own:
        yield own


@pytest.fixture
def own_servers(own_stack: OwnServers) -> Iterator[OwnServers]:
    """The same, running, whatever the last test left behind."""
    own_stack.restore()
    yield own_stack
    own_stack.restore()


@pytest.fixture(scope="session")
def own_templates(own_stack: OwnServers) -> Templates:
    """The shop's tables there, migrated once."""
    return Templates(own_stack.database_url)


@pytest.fixture
async def own_database(own_servers: OwnServers, own_templates: Templates) -> AsyncIterator[Database]:
    """The shop's tables on the server that may be broken."""
    url = await own_templates.clone(MIGRATIONS)
    database = Database(url, max_connections=4)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def own_kafka(own_servers: OwnServers) -> Topics:
    """A topic prefix on the broker that may be broken; its topics go with the broker."""
    return Topics(own_servers.kafka)
