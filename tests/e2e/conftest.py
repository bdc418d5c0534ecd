"""A house that the journeys share, and houses of their own for tests that break them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from e2e_house import Command, House

from demo.edge import Edge
from khamdoan.testing.servers import Servers


@pytest.fixture(scope="session")
def house(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The five services, running; days are simulated, and only ever go forward."""
    yield from _living(House(servers, tmp_path_factory.mktemp("house")))


@pytest.fixture
def own_house(servers: Servers, tmp_path: Path) -> Iterator[House]:
    """A house that nobody else uses."""
    yield from _living(House(servers, tmp_path / "house"))


def _living(house: House) -> Iterator[House]:
    try:
        house.start()
        yield house
    finally:
        house.stop()


@pytest.fixture
async def edge(house: House) -> AsyncIterator[Edge]:
    """The public edge of the shared house."""
    async for opened in _open(house):
        yield opened


@pytest.fixture
async def own_edge(own_house: House) -> AsyncIterator[Edge]:
    """The public edge of the house that nobody else uses."""
    async for opened in _open(own_house):
        yield opened


async def _open(house: House) -> AsyncIterator[Edge]:
    opened = Edge(house.url, house.secret)
    yield opened
    await opened.close()


@pytest.fixture
def khamdoan(house: House) -> Command:
    """The command, for the shared house."""
    return Command(house)
