"""The servers that tests are given are real."""

from pathlib import Path

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from khamdoan.errors import SetupError
from khamdoan.testing import servers as test_servers
from khamdoan.testing.servers import Servers


async def test_the_given_database_lets_its_user_create_databases(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.database_url)
    try:
        may = await connection.fetchval("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
    finally:
        await connection.close()

    assert may


async def test_the_given_broker_answers(servers: Servers) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=servers.kafka)
    await client.start()
    try:
        cluster = await client.describe_cluster()
    finally:
        await client.close()

    assert len(cluster["brokers"]) == 1


def test_embedded_servers_that_cannot_be_installed_leave_no_folder(
    tmp_path: Path, program_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("KHAMDOAN_CACHE", str(tmp_path / "cache"))

    with pytest.raises(SetupError), test_servers.embedded():
        raise AssertionError("there is no Maven to install with")

    assert list(tmp_path.glob("khamdoan-*")) == []
