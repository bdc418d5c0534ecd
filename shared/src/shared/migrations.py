"""Plain SQL files, applied once each, in the order of their names, under one advisory lock."""

from hashlib import sha256
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeAlias

from asyncpg import Connection
from asyncpg.pool import PoolConnectionProxy

AnyConnection: TypeAlias = Connection | PoolConnectionProxy

LOCK = 7_402_198_501
KERNEL = Path(__file__).parent / "migrations"

CREATE_LEDGER = """
CREATE TABLE IF NOT EXISTS migrations (
    component text NOT NULL, name text NOT NULL, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (component, name))
"""


class MigrationChangedError(Exception):
    """A file that was applied has other contents now: history is added to, never rewritten."""


async def migrate(connection: AnyConnection, component: str, folder: Path | Traversable | None) -> list[str]:
    """Apply the kernel's files, then the component's; returns the names applied now. Other processes wait meanwhile."""
    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        await connection.execute(CREATE_LEDGER)
        applied = await _apply(connection, "kernel", _read(KERNEL))
        if folder is not None:
            applied += await _apply(connection, component, _read(folder))
        return applied
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def _apply(connection: AnyConnection, component: str, files: list[tuple[str, str]]) -> list[str]:
    rows = await connection.fetch("SELECT name, checksum FROM migrations WHERE component = $1", component)
    ledger = {row["name"]: row["checksum"] for row in rows}
    applied = []
    for name, text in files:
        checksum = sha256(text.encode()).hexdigest()
        if ledger.get(name, checksum) != checksum:
            raise MigrationChangedError(f"{component}/{name}")
        if name in ledger:
            continue
        async with connection.transaction():
            await connection.execute(text)
            await connection.execute(
                "INSERT INTO migrations (component, name, checksum) VALUES ($1, $2, $3)", component, name, checksum
            )
        applied.append(f"{component}/{name}")
    return applied


def _read(folder: Path | Traversable) -> list[tuple[str, str]]:
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return sorted((file.name, file.read_text(encoding="utf-8")) for file in files)
