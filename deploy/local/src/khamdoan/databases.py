"""One database per service, each owned by a role of its own that may enter no other."""

from collections.abc import Mapping

import asyncpg

from khamdoan.postgres import Postgres

ENTRY_STATEMENT = "SELECT format('ALTER ROLE %I PASSWORD %L', $1::text, $2::text)"


async def create(superuser_url: str, passwords: Mapping[str, str]) -> None:
    """Make role and database of every name in `passwords`, where they do not exist yet, and set the passwords."""
    connection = await asyncpg.connect(superuser_url)
    try:
        for name, password in passwords.items():
            await create_one(connection, name, password)
    finally:
        await connection.close()


async def create_one(connection: "asyncpg.Connection[asyncpg.Record]", name: str, password: str) -> None:
    """Role, database, and the rule that strangers stay out; the names are our own, free of quotes."""
    if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", name):
        await connection.execute(f'CREATE ROLE "{name}" LOGIN')
    await connection.execute(await connection.fetchval(ENTRY_STATEMENT, name, password))
    if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        await connection.execute(f'CREATE DATABASE "{name}" OWNER "{name}"')
        await connection.execute(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')


def url(server: Postgres, name: str, password: str) -> str:
    """The connection URL of one service."""
    return f"postgresql://{name}:{password}@127.0.0.1:{server.port}/{name}"
