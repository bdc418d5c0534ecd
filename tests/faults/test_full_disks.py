"""The disk of the database and that of the broker run full: work waits, and goes on when there is room."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fault_feed import feeding, pulse, some_effects
from fault_report import Figure
from fault_servers import OwnServers
from kernel_children import child
from kernel_shop import MIGRATIONS

from shared.database import Database
from shared.testing import Templates, Topics

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("mount"), reason="mounting a small disk needs root"),
]


class Disk:
    """A file system in memory of so many megabytes."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave no room for one byte."""
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            for size in (1 << 20, 4096):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def free(self) -> None:
        """Make room."""
        self._ballast.unlink()


@contextlib.contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[Disk]:
    """A small disk in the place of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", folder], check=False)
    if made.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def small_disks() -> Iterator[tuple[OwnServers, Disk, Disk]]:
    """Servers whose disks can be filled: the servers, the database's disk, the broker's."""
    data = Path(tempfile.mkdtemp(prefix="khamdoan-full-"))
    try:
        with (
            mounted(data, 300) as database,
            mounted(data / "kafka", 300) as broker,
            OwnServers.started(data) as own,
        ):
            yield own, database, broker
    finally:
        shutil.rmtree(data)


@pytest.mark.parametrize("whose", ["the database", "the broker"])
async def test_a_disk_runs_full_under_load(
    whose: str, small_disks: tuple[OwnServers, Disk, Disk], figure: Figure
) -> None:
    own, of_database, of_broker = small_disks
    disk, server = (of_database, own.postgres) if whose == "the database" else (of_broker, own.broker)
    database = Database(await Templates(own.database_url).clone(MIGRATIONS), max_connections=3)
    await database.open()
    topics = Topics(own.kafka)
    async with feeding(topics) as feed, child(topics.settings(database)) as member:
        await some_effects(database)
        async with pulse(database, feed) as beat:
            disk.fill()
            await asyncio.sleep(10)
            ended = not server.child.alive
            disk.free()
            begun = time.monotonic()
            if ended:
                server.start()
            await some_effects(database, more_than=len(feed.said))
            recovered = time.monotonic() - begun
            feed.stop()
            await feed.caught_up(database)

        copies = await feed.books_are_right(database)
        alive = member.process.returncode is None
    await database.close()

    assert alive
    figure(
        f"Disk of {whose} full for 10 s",
        server_stopped=ended,
        recovered_seconds=round(recovered, 1),
        longest_wait_seconds=beat.longest_wait,
        copies=copies,
    )
