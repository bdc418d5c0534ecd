"""Projections made again from their topics, beside the running service: compared with what it has, or put in its place.

The copy grows in a schema of its own, through the kernel's usual path but without an outbox, up to where the service
stands. The last steps are one transaction: the offsets, the letters left out, the last records and the comparison are
of one moment. A check takes a snapshot for it and locks nothing; a repair holds the service's consumers up meanwhile.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from json import loads
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import structlog

from shared import differences
from shared.database import Database, Transaction
from shared.differences import Difference
from shared.envelope import Arrival
from shared.history import History, Place
from shared.jobs import Job, Outcome
from shared.metrics import Metrics
from shared.projections import Projections
from shared.settings import Settings

log = structlog.get_logger(__name__)

SCHEMA = "rebuild"
LOCK = 7_402_198_502
NEAR = 2_000
ROUNDS_AT_MOST = 20
IDLE_SECONDS = 600

CONSUMED = """
SELECT topic, partition, next_offset FROM {live}.consumed WHERE consumer_group = $1 AND topic = ANY($2::text[])
"""
# What was never taken is no part of what the service knows: neither the parked nor the discarded.
LEFT_OUT = """
SELECT topic, partition, "offset" FROM {live}.dead_letters WHERE state <> 'replayed' AND topic = ANY($1::text[])
"""
LETTER = """
SELECT topic, partition, "offset", key, headers::text, value FROM {live}.dead_letters
WHERE (topic, partition, "offset") IN (SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[]))
ORDER BY topic, partition, "offset"
"""


class BusyError(Exception):
    """Somebody else is rebuilding this service's projections."""


class SpeakingError(Exception):
    """A handler of projections said an event: rebuilding would say it a second time."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A table that cannot be made again, because a topic that feeds it has lost its beginning."""

    table: str
    topic: str


@dataclass(slots=True)
class Report:
    """What a rebuild found; `failed` are types that the service took and its handlers now refuse, with the reason."""

    service: str
    records: int = 0
    left_out: int = 0
    tables: list[Difference] = field(default_factory=list)
    cut: list[Cut] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    offsets: dict[str, int] = field(default_factory=dict)
    repaired: bool = False

    @property
    def equal(self) -> bool:
        """Whether the service has what its topics say, as far as they reach."""
        return not self.failed and all(table.equal for table in self.tables)


@dataclass(frozen=True, slots=True)
class _Position:
    """Where the service stands: offsets per partition, and the records among them that never took effect."""

    offsets: Mapping[Place, int]
    left_out: frozenset[tuple[str, int, int]]


async def rebuild(projections: Projections, settings: Settings, *, repair: bool) -> Report:
    """Make the projections again and compare; with `repair`, make the service's tables what the topics say.

    Raises BusyError, SpeakingError, and ShortTopicError when a topic ends before what was consumed of it.
    """
    live = Database(settings.database_url, max_connections=2, idle_seconds=IDLE_SECONDS)
    beside = Database(_within_schema(settings.database_url), max_connections=2, idle_seconds=IDLE_SECONDS)
    await live.open()
    try:
        async with _alone(live):
            await beside.open()
            try:
                return await _Rebuild(projections, settings, live, beside).run(repair=repair)
            finally:
                await beside.close()
                await live.pool.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    finally:
        await live.close()


def _within_schema(url: str) -> str:
    """The same database, where unqualified names mean the schema of the copy; what is in it may be lost in a crash."""
    parts = urlsplit(url)
    told = "&".join(filter(None, [parts.query, f"search_path={SCHEMA}", "synchronous_commit=off"]))
    return urlunsplit(parts._replace(query=told))


@asynccontextmanager
async def _alone(live: Database) -> AsyncIterator[None]:
    connection = await asyncpg.connect(live.url, timeout=10)
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
            raise BusyError
        await connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
        yield
    finally:
        await connection.close()


class _Rebuild:
    def __init__(self, projections: Projections, settings: Settings, live: Database, beside: Database) -> None:
        self.projections = projections
        self.settings = settings
        self.live = live
        self.beside = beside
        self.consumer = projections.consumer()
        self.metrics = Metrics()
        self.report = Report(projections.service)
        self.schema = ""
        self.left_out: frozenset[tuple[str, int, int]] = frozenset()

    async def run(self, *, repair: bool) -> Report:
        self.schema = await self.live.pool.fetchval("SELECT quote_ident(current_schema())")
        await self.beside.migrate("service", self.projections.migrations)
        async with History(self.settings) as history:
            topics = await self._whole_topics(history)
            for _ in range(ROUNDS_AT_MOST):
                position = await self._position_now(topics)
                if history.distance(position.offsets) <= NEAR:
                    break
                await self._follow(history, position)
            await self._finish(history, topics, repair=repair)
        return self.report

    async def _whole_topics(self, history: History) -> list[str]:
        """The topics to read: those of tables whose every topic still has its beginning."""
        wanted = sorted({topic for table in self.projections.tables.values() for topic in table.topics})
        places = (await self._position(self.live.pool, wanted)).offsets
        cut = {topic for (topic, _), first in (await history.first_offsets(places)).items() if first > 0}
        self.report.cut = [
            Cut(name, topic) for name, table in self.projections.tables.items() for topic in sorted(table.topics & cut)
        ]
        return sorted({topic for name in self._names() for topic in self.projections.tables[name].topics})

    def _names(self) -> list[str]:
        cut = {found.table for found in self.report.cut}
        return [name for name in self.projections.tables if name not in cut]

    async def _position_now(self, topics: list[str]) -> _Position:
        """Offsets and letters of one moment."""
        async with self.live.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            return await self._position(connection, topics)

    async def _position(self, database: Any, topics: list[str]) -> _Position:
        rows = await database.fetch(CONSUMED.format(live=self.schema), self.projections.service, topics)
        letters = await database.fetch(LEFT_OUT.format(live=self.schema), topics)
        return _Position(
            {(row["topic"], row["partition"]): row["next_offset"] for row in rows},
            frozenset((row["topic"], row["partition"], row["offset"]) for row in letters),
        )

    async def _follow(self, history: History, position: _Position) -> None:
        """Go on to where the service stands, in transactions of the copy's own."""
        async with self.beside.transaction() as tx:
            await self._take_replayed(tx, position)
        async for arrivals in history.read(position.offsets):
            async with self.beside.transaction() as tx:
                await self._take(tx, self._allowed(arrivals))

    async def _finish(self, history: History, topics: list[str], *, repair: bool) -> None:
        async with self.beside.transaction() as tx:
            if repair:
                # Batches and replays of the service wait here, after those under way have ended.
                await tx.execute(f"LOCK TABLE {self.schema}.consumed, {self.schema}.dead_letters IN EXCLUSIVE MODE")
            else:
                await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            position = await self._position(tx, topics)
            await self._take_replayed(tx, position)
            async for arrivals in history.read(position.offsets):
                await self._take(tx, self._allowed(arrivals))
            self.report.left_out = len(position.left_out)
            self.report.offsets = {f"{topic}/{number}": at for (topic, number), at in sorted(position.offsets.items())}
            await self._compare(tx)
            if repair and not self.report.failed and not self.report.equal:
                await self._repair(tx)

    async def _compare(self, tx: Transaction) -> None:
        for name in self._names():
            self.report.tables.append(
                await differences.between(tx, name, self.schema, SCHEMA, self.projections.tables[name])
            )

    async def _repair(self, tx: Transaction) -> None:
        await tx.execute("SET LOCAL synchronous_commit = on")
        for name in self._names():
            await differences.settle(tx, name, self.schema, SCHEMA, self.projections.tables[name])
        if self.projections.after_repair:
            await tx.execute(f"SET LOCAL search_path = {self.schema}")
            await tx.execute(self.projections.after_repair)
        self.report.repaired = True

    def _allowed(self, arrivals: list[Arrival]) -> list[Arrival]:
        return [item for item in arrivals if (item.topic, item.partition, item.offset) not in self.left_out]

    async def _take_replayed(self, tx: Transaction, position: _Position) -> None:
        """What was parked when its record was passed and has been replayed since comes before all that is read now."""
        late, self.left_out = self.left_out - position.left_out, position.left_out
        if not late:
            return
        rows = await tx.fetch(LETTER.format(live=self.schema), *map(list, zip(*sorted(late), strict=True)))
        await self._take(
            tx,
            [Arrival(r["topic"], r["partition"], r["offset"], r["key"], loads(r["headers"]), r["value"]) for r in rows],
        )

    async def _take(self, tx: Transaction, arrivals: list[Arrival]) -> None:
        outcome = Outcome()
        job = Job(self.consumer, self.metrics, tx, outcome, careful=True)
        await job.run(await job.admit([self.consumer.decode(arrival) for arrival in arrivals]))
        self.report.records += len(arrivals)
        for arrival, reason in outcome.parked:
            self.report.failed[f"{arrival.headers.get('ce_type', '?')} {reason}"] += 1
        if {row.topic for row in tx.said} - {f"{self.projections.service}.deliveries"}:
            raise SpeakingError(sorted({row.topic for row in tx.said}))
