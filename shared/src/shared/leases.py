"""Who may publish which shard of the outbox, and until when; the database's clock decides.

A relay is alive while its session holds its lock, which goes with the process at once, and until its beat expires,
which a frozen one misses. Being mistaken costs copies, never order: see `relay`.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from time import monotonic
from uuid import UUID

import asyncpg
import structlog
from asyncpg import Connection

from shared import faults
from shared.database import Database, Transaction
from shared.outbox import SHARDS

log = structlog.get_logger(__name__)

Look = Callable[[Collection[int]], None]

CHANNEL = "outbox"
WATCH_SECONDS = 1.0
AGAIN_SECONDS = 0.5

APPEAR = "SELECT pg_advisory_lock(hashtextextended($1::text, 0))"
BEAT = """
INSERT INTO relays (holder, expires_at) VALUES ($1, now() + make_interval(secs => $2))
ON CONFLICT (holder) DO UPDATE SET expires_at = excluded.expires_at
"""
# Whoever else can have a relay's lock has seen it die.
SOME_DIED = """
SELECT EXISTS (SELECT FROM relays WHERE holder <> $1
    AND pg_try_advisory_xact_lock_shared(hashtextextended(holder::text, 0)))
"""
FORGET = """
DELETE FROM relays WHERE expires_at < now() - interval '1 minute'
OR (holder <> $1 AND pg_try_advisory_xact_lock_shared(hashtextextended(holder::text, 0)))
"""
COUNT = "SELECT count(*) FROM relays WHERE expires_at > now()"
# Own shards first, then those that nobody holds any more; a shard that another relay is claiming now is left to it.
CLAIM = """
WITH mine AS (
    SELECT shard FROM leases
    WHERE holder = $1 OR holder IS NULL OR expires_at < now()
    OR NOT EXISTS (SELECT FROM relays WHERE relays.holder = leases.holder)
    ORDER BY holder = $1 DESC NULLS LAST, shard LIMIT $3 FOR UPDATE OF leases SKIP LOCKED
), claimed AS (
    UPDATE leases SET holder = $1, expires_at = now() + make_interval(secs => $2)
    FROM mine WHERE leases.shard = mine.shard RETURNING leases.shard
), surplus AS (
    UPDATE leases SET holder = NULL WHERE holder = $1 AND shard NOT IN (SELECT shard FROM mine)
)
SELECT shard FROM claimed
"""
RELEASE = "UPDATE leases SET holder = NULL WHERE holder = $1"
LEAVE = "DELETE FROM relays WHERE holder = $1"


class Leases:
    """The shards that one relay holds; its share is the shards divided by the relays that are alive."""

    def __init__(self, database: Database, holder: UUID, seconds: float) -> None:
        self.shards: frozenset[int] = frozenset()
        self._database = database
        self._holder = holder
        self._seconds = seconds
        self._valid_until = 0.0
        self._due_at = 0.0

    @property
    def held(self) -> frozenset[int]:
        """The shards that are surely ours at this moment: none, once a renewal is overdue."""
        return self.shards if monotonic() < self._valid_until else frozenset()

    async def hold(self, look: Look) -> None:
        """Hold our share until cancelled; `look` is called with shards that are new to us, or that others spoke on.

        While the session lives, others see us alive, and tell us what they say on our shards.
        """
        while True:
            try:
                session = await asyncpg.connect(self._database.url, timeout=10)
                try:
                    await self._hold_with(session, look)
                finally:
                    # Others may think us dead.
                    self.shards = frozenset()
                    await session.close(timeout=2)
            except Exception as error:
                if faults.is_of_the_message(error):
                    raise
                log.warning("no session to hold shards", error=faults.where(error))
            await asyncio.sleep(AGAIN_SECONDS)

    async def _hold_with(self, session: Connection, look: Look) -> None:
        def told(_session: object, _pid: int, _channel: str, shards: object) -> None:
            look({int(shard) for shard in str(shards).split(",")})

        gone = asyncio.Event()
        session.add_termination_listener(lambda _: gone.set())
        await self.appear(session)
        await session.add_listener(CHANNEL, told)
        while not gone.is_set():
            try:
                look(await self.keep())
            except Exception as error:
                if faults.is_of_the_message(error):
                    raise
                log.warning("leases not renewed", error=faults.where(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH_SECONDS):
                    await gone.wait()

    async def appear(self, session: Connection) -> None:
        """Be alive for as long as this session lives."""
        await session.execute(APPEAR, str(self._holder))
        self._due_at = 0.0

    async def tell_others(self, tx: Transaction) -> None:
        """Let those who hold the shards that this transaction speaks on, and that are not ours, look there."""
        elsewhere = {row.shard for row in tx.said} - self.held
        if elsewhere:
            tx.notify(CHANNEL, ",".join(map(str, sorted(elsewhere))))

    async def keep(self) -> frozenset[int]:
        """Renew when it is time, or when another relay has died; returns the shards that are new to us."""
        if monotonic() < self._due_at and not await self._database.pool.fetchval(SOME_DIED, self._holder):
            return frozenset()
        new = await self.renew()
        self._due_at = monotonic() + self._seconds / 4
        return new

    async def renew(self) -> frozenset[int]:
        """Renew, claim what is free, give up what is too much; returns the shards that are new to us."""
        asked = monotonic()
        async with self._database.transaction() as tx:
            await tx.execute(BEAT, self._holder, self._seconds)
            await tx.execute(FORGET, self._holder)
            relays = await tx.fetchval(COUNT)
            rows = await tx.fetch(CLAIM, self._holder, self._seconds, -(-SHARDS // max(1, relays)))
        # What lapsed meanwhile is new: its rows of that time were passed over.
        before = self.held
        self.shards = frozenset(row["shard"] for row in rows)
        self._valid_until = asked + self._seconds * 0.8
        return self.shards - before

    async def give_up(self) -> None:
        """Let others take over at once."""
        self.shards = frozenset()
        async with self._database.transaction() as tx:
            await tx.execute(RELEASE, self._holder)
            await tx.execute(LEAVE, self._holder)
