"""Wall clocks that are wrong, and that jump back: nothing in the kernel depends on two of them agreeing."""

import asyncio
import shutil
import struct
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fault_feed import feeding, pulse, some_effects
from fault_report import Figure
from kernel_children import child

from shared.database import Database
from shared.testing import Topics, until

SOURCE = Path(__file__).with_name("clock.c")
HOUR = 3_600


class Clock:
    """The wall clock of one process; `shift` moves it while the process runs."""

    def __init__(self, folder: Path, name: str, seconds: int) -> None:
        self._library = folder / "clock.so"
        if not self._library.exists():
            compiler = shutil.which("cc")
            if compiler is None:
                pytest.skip("there is no C compiler (cc) to build the shifted clock with")
            subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", self._library, SOURCE, "-ldl"], check=True)
        self._file = folder / name
        self.shift(seconds)

    def shift(self, seconds: int) -> None:
        """From now on it is so much ahead (or behind, if negative)."""
        with self._file.open("r+b" if self._file.exists() else "wb") as file:
            file.write(struct.pack("l", seconds))

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to live by it."""
        return {"LD_PRELOAD": str(self._library), "FAULT_CLOCK": str(self._file)}


@pytest.mark.slow
async def test_members_whose_clocks_are_hours_apart_and_jump(
    tmp_path: Path, database: Database, kafka: Topics, figure: Figure
) -> None:
    ahead, behind = Clock(tmp_path, "ahead", HOUR), Clock(tmp_path, "behind", -HOUR)
    settings = kafka.settings(database)
    async with (
        feeding(kafka) as feed,
        child(settings, **ahead.environment),
        child(settings, **behind.environment),
    ):
        await until(database, "SELECT count(*) = 2 FROM relays")
        await some_effects(database)
        async with pulse(database, feed) as beat:
            for jump in (-HOUR, -365 * 24 * HOUR, HOUR, 2 * HOUR):
                await some_effects(database, more_than=len(feed.said))
                ahead.shift(jump)
                await asyncio.sleep(1.5)
            await some_effects(database, more_than=len(feed.said))
            feed.stop()
            await feed.caught_up(database)

        copies = await feed.books_are_right(database)
    times = [datetime.fromisoformat(arrival.headers["ce_time"]) for arrival in await kafka.hear("store.orders")]
    assert max(times) - datetime.now(UTC) > timedelta(minutes=50)
    assert datetime.now(UTC) - min(times) > timedelta(days=300)
    figure("Clocks ±1 h, and jumps of -1 year … +1 year", longest_wait_seconds=beat.longest_wait, copies=copies)
