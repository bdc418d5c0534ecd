"""A streaming standby of a PostgreSQL server, made without pg_basebackup, which the embedded distribution lacks."""

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
from fault_servers import Breakable, OwnServers

from khamdoan import ports
from khamdoan.postgres import Postgres
from khamdoan.processes import is_yes
from khamdoan.stack import Server
from shared.testing import PATIENCE

NOT_COPIED = shutil.ignore_patterns("postmaster.*", "pg_wal", "pg_replslot", "pgsql_tmp*")


@contextmanager
def empty_standby(own: OwnServers) -> Iterator[tuple[Postgres, Path]]:
    """The place of a second server beside the first; removed at the end of the block."""
    primary = own.installed.postgres
    folder = primary.folder.with_name("standby")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield replace(primary, folder=folder, port=ports.free({primary.port})), folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def copy(own: OwnServers, standby: Postgres, *, follows: int = 0) -> None:
    """Copy the running primary's files between a backup's start and stop, and point the copy at it (or at a port)."""
    primary = own.installed.postgres
    connection = await asyncpg.connect(primary.url)
    await connection.execute("SELECT pg_backup_start('standby', fast => true)")
    shutil.copytree(primary.data, standby.data, ignore=NOT_COPIED)
    label = await connection.fetchval("SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)")
    await connection.close()
    for empty in ("pg_wal", "pg_wal/archive_status", "pg_wal/summaries", "pg_replslot"):
        (standby.data / empty).mkdir()
    (standby.data / "backup_label").write_text(label)
    (standby.data / "standby.signal").touch()
    told = f"host=127.0.0.1 port={follows or primary.port} user=postgres password={primary.password}"
    with (standby.data / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"primary_conninfo = '{told}'\n")
    if standby.account is not None:
        for path in (standby.folder, standby.data, *standby.data.rglob("*")):
            os.chown(path, standby.account.uid, standby.account.gid)
    standby.data.chmod(0o700)


async def started(own: OwnServers, standby: Postgres) -> Breakable:
    """Start the standby; returns when it can be read."""
    # One server's log is not the other's.
    server = Server(replace(standby.program(), name="standby"), standby.ready)
    nursery = own.postgres.nursery
    second = Breakable(server, nursery, server.start(nursery))
    async with asyncio.timeout(PATIENCE):
        # Not blocking: the way to its primary may lead through a proxy of ours.
        while not is_yes(server.ready, second.child):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return second


async def in_step(own: OwnServers, state: str) -> None:
    """Wait until the standby streams, `sync` or `async`."""
    connection = await asyncpg.connect(own.database_url)
    question = "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = $1"
    async with asyncio.timeout(PATIENCE):
        while not await connection.fetchval(question, state):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    await connection.close()


async def promote(standby: Postgres) -> None:
    """Make it the primary; returns when it takes writes."""
    connection = await asyncpg.connect(standby.url)
    assert await connection.fetchval("SELECT pg_promote()")
    await connection.close()


def end(standby: Breakable) -> None:
    """Stop it without ceremony."""
    if standby.frozen:
        standby.thaw()
    standby.send(signal.SIGQUIT)
    standby.child.process.wait()
