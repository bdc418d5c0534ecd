"""Every service has a database of its own and may enter no other."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from khamdoan import databases
from khamdoan.testing.servers import Servers

pytestmark = pytest.mark.stack


@pytest.fixture
async def names(servers: Servers) -> AsyncIterator[list[str]]:
    """Two names, and what was created under them removed afterwards."""
    chosen = [f"own_{uuid4().hex[:8]}", f"other_{uuid4().hex[:8]}"]
    yield chosen
    connection = await asyncpg.connect(servers.database_url)
    for name in chosen:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'DROP ROLE IF EXISTS "{name}"')
    await connection.close()


async def enter(servers: Servers, role: str, password: str, database: str) -> asyncpg.Connection:
    server = urlsplit(servers.database_url)
    host = server.netloc.rpartition("@")[2]
    return await asyncpg.connect(urlunsplit(server._replace(netloc=f"{role}:{password}@{host}", path=f"/{database}")))


async def test_a_service_may_make_tables_and_trusted_extensions_in_its_own_database(
    servers: Servers, names: list[str]
) -> None:
    own = names[0]

    await databases.create(servers.database_url, {own: "secret-1"})

    connection = await enter(servers, own, "secret-1", own)
    await connection.execute("CREATE EXTENSION pgcrypto; CREATE TABLE workers (id int)")
    await connection.close()


async def test_a_service_may_not_enter_the_database_of_another(servers: Servers, names: list[str]) -> None:
    own, other = names

    await databases.create(servers.database_url, {own: "secret-1", other: "secret-2"})

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await enter(servers, own, "secret-1", other)


async def test_creating_again_keeps_the_data_and_takes_the_new_password(servers: Servers, names: list[str]) -> None:
    own = names[0]
    await databases.create(servers.database_url, {own: "secret-1"})
    connection = await enter(servers, own, "secret-1", own)
    await connection.execute("CREATE TABLE workers (id int)")
    await connection.close()

    await databases.create(servers.database_url, {own: "secret'2"})

    connection = await enter(servers, own, "secret'2", own)
    assert await connection.fetchval("SELECT count(*) FROM workers") == 0
    await connection.close()
