"""A process's stable name in its consumer group, of which there may be one.

The broker lets a second one push the first out, which the client library does not notice: from then on both would read
everything, and wait for each other's locks.
"""

import asyncio
from zlib import crc32

import asyncpg
import structlog

log = structlog.get_logger(__name__)

LOCK = "SELECT pg_try_advisory_lock(7406, $1)"
# The server may notice a moment later that a predecessor was killed.
TRIES, PAUSE_SECONDS = 10, 0.2


class Name:
    """A claim on a name that holds as long as this process has its session with the database."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._session: asyncpg.Connection | None = None

    async def claim(self, name: str) -> str:
        """The name, or none where another process that lives has it: that one is a member without a stable name."""
        if not name:
            return ""
        self._session = await asyncpg.connect(self._url, timeout=10)
        for _ in range(TRIES):
            if await self._session.fetchval(LOCK, crc32(name.encode()) - 2**31):
                return name
            await asyncio.sleep(PAUSE_SECONDS)
        log.warning("another process has this name in the group", setting="KAFKA_INSTANCE_ID")
        await self.give_up()
        return ""

    async def give_up(self) -> None:
        """Let another process have the name."""
        if self._session is not None:
            session, self._session = self._session, None
            await session.close(timeout=2)
