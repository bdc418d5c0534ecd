"""Waking those who wait in this process when a transaction of any process said that something is new."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog

from shared import faults
from shared.database import Database

log = structlog.get_logger(__name__)

RECONNECT_SECONDS = 1.0
# Who waits looks again this often all the same: a notification is a hint, the table is the truth.
FALLBACK_SECONDS = 2.0
# Under load commits come in bursts, and one look is enough for all of a burst.
SETTLE_SECONDS = 0.02


class Wakeups:
    """Take `upcoming` before looking, then `wait` on it: what commits in between is not missed."""

    def __init__(self, channels: Sequence[str]) -> None:
        self._channels = channels
        self._upcoming: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def upcoming(self, channel: str) -> asyncio.Event:
        """Set once at the next notification of the channel."""
        return self._upcoming[channel]

    async def wait(self, upcoming: asyncio.Event, seconds: float) -> None:
        """Return soon after the notification, or after some seconds, at most two."""
        try:
            async with asyncio.timeout(min(seconds, FALLBACK_SECONDS)):
                await upcoming.wait()
        except TimeoutError:
            return
        await asyncio.sleep(SETTLE_SECONDS)

    async def listen(self, database: Database, stop: asyncio.Event) -> None:
        """Hear notifications until `stop`, over a connection of its own that is made again when it breaks."""
        while not stop.is_set():
            try:
                await self._listen_once(database, stop)
            except Exception as error:
                if faults.is_of_the_message(error):
                    raise
                log.warning("not listening", error=faults.where(error))
            if not stop.is_set():
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen_once(self, database: Database, stop: asyncio.Event) -> None:
        connection = await asyncpg.connect(database.url, timeout=10)
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        try:
            for channel in self._channels:
                await connection.add_listener(channel, self._on_notification)
            waiting = [asyncio.create_task(event.wait()) for event in (stop, lost)]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
        finally:
            await connection.close(timeout=5)

    def _on_notification(self, _connection: Any, _pid: int, channel: str, _payload: Any) -> None:
        self._upcoming.pop(channel, asyncio.Event()).set()
