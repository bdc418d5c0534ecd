"""A register on a real database, with a vault of its own and the places loaded."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from registry_builders import Register

from registry import place_tables
from registry.master_keys import MasterKeys
from registry.vault import Vault, open_vault
from shared.database import Database
from shared.testing import Deliver


@pytest.fixture
def migrations() -> Path:
    return Path(__file__).parents[1] / "migrations"


@pytest.fixture
def masters() -> MasterKeys:
    return MasterKeys({"1": bytes(range(32))})


@pytest.fixture
async def vault(database: Database, masters: MasterKeys) -> AsyncIterator[Vault]:
    async with database.transaction() as tx:
        await place_tables.load(tx)
    opened = await open_vault(database.url, masters)
    yield opened
    await opened.database.close()


@pytest.fixture
async def register(database: Database, vault: Vault, deliver: Deliver) -> Register:
    """The whole registry without Kafka: say something, let rosters run, hear what it says."""
    return await Register.open(database, vault, deliver)
