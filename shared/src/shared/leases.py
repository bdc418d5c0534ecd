"""Who may publish which shard of the outbox, and until when; the database's clock decides.

A relay is alive while its session holds its lock, which goes with the process at once, and until its beat expires,
which a frozen one misses. Being mistaken costs copies, never order: see `relay`.
"""

from time import monotonic
from uuid import UUID

from asyncpg import Connection

from shared.database import Database
from shared.outbox import SHARDS

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

    async def appear(self, session: Connection) -> None:
        """Be alive for as long as this session lives."""
        await session.execute(APPEAR, str(self._holder))
        self._due_at = 0.0

    def suspend(self) -> None:
        """Hold nothing until the next renewal: others may think us dead."""
        self.shards = frozenset()

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
