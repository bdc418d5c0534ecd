"""From the outbox to Kafka: one holder per shard, in order per aggregate, rows deleted after the acknowledgement.

A row goes straight from memory when this process appended it, holds its shard, and nobody else spoke about the
aggregate before; else from the table. Every sender starts at the oldest row of an aggregate that is not deleted, so a
takeover, a zombie or a second attempt only ever adds copies, in order, which inboxes drop.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import asyncpg
import structlog
from confluent_kafka import Producer
from pydantic_core import from_json

from shared import faults
from shared.database import Database, Transaction
from shared.failpoints import Failpoints
from shared.leases import Leases
from shared.metrics import Metrics
from shared.outbox import Row
from shared.publisher import Publisher, PublishError
from shared.settings import Settings
from shared.telemetry import Telemetry

log = structlog.get_logger(__name__)

CHANNEL = "outbox"
CHUNK = 2_000
FEW = 200
IN_MEMORY_AT_MOST = 6_000
IN_FLIGHT_AT_MOST = 6_000
POLL_SECONDS = 1.0
WATCH_SECONDS = 1.0
LANDING_SECONDS = 0.005
DELETE_SECONDS = 0.05
SHUN_SECONDS = 5.0

# Each shard's oldest, in the order of the index: told first which rows to leave out, the planner sorts the whole shard.
READ = """
SELECT o.shard, o.position, o.topic, o.key, o.sequence, o.headers, o.value
FROM unnest($1::smallint[], $2::int[]) AS wanted (shard, number) CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT * FROM outbox WHERE outbox.shard = wanted.shard AND topic <> ALL($3::text[])
        ORDER BY position LIMIT wanted.number
    ) AS oldest WHERE position <> ALL($4::bigint[])
) AS o ORDER BY o.position
"""
# By ctid, which nobody's update can change, so that no stale statistics can make it a loop over the whole outbox.
DELETE = """
DELETE FROM outbox WHERE ctid = ANY (ARRAY(
    SELECT found.ctid FROM unnest($1::smallint[], $2::bigint[]) AS acknowledged (shard, position)
    JOIN leases ON leases.shard = acknowledged.shard AND leases.holder = $3
    CROSS JOIN LATERAL (
        SELECT ctid FROM outbox
        WHERE outbox.shard = acknowledged.shard AND outbox.position = acknowledged.position OFFSET 0
    ) AS found
))
"""


class Relay:
    """Publishes the outbox of one database."""

    def __init__(
        self,
        database: Database,
        build_producer: Callable[[], Producer],
        settings: Settings,
        telemetry: Telemetry,
        metrics: Metrics,
        failpoints: Failpoints,
        *,
        deadline: float = 60.0,
    ) -> None:
        # Connections of its own: behind a thousand requests that wait for one, leases would lapse and rows pile up.
        # They wait for no disk, which others wait for: deletes and leases that a crashed server forgets cost copies.
        self._own = Database(database.url, max_connections=2, durable=False)
        self.leases = Leases(self._own, database.writer, settings.relay_lease_seconds)
        self._database = database
        self._publisher = Publisher(
            build_producer, prefix=settings.kafka_topic_prefix, deadline=deadline, observe=telemetry.publishing
        )
        self._metrics = metrics
        self._failpoints = failpoints
        self._wake = asyncio.Event()
        self._flying = asyncio.Event()
        self._idle = asyncio.Event()
        self._fresh: list[Row] = []
        self._landed: list[Row] = []
        self._sent: dict[int, int] = {}
        self._dirty: set[int] = set()
        self._shunned: dict[str, float] = {}
        self._read_at = self._deleted_at = 0.0
        database.on_commit.append(self._committed)
        database.on_doubt.append(self._in_doubt)
        database.before_commit = self._tell_others

    async def run(self) -> None:
        """Publish until cancelled; a missing database or broker is waited for."""
        await self._own.open()
        self._publisher.connect()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hold_shards())
            tasks.create_task(self._send())
            tasks.create_task(self._forget())

    async def until_idle(self) -> None:
        """Return once all that this process may publish is published, as soon as leases that lapsed are renewed."""
        while True:
            self._idle.clear()
            self._dirty |= self.leases.held
            self._wake.set()
            await self._idle.wait()
            if self.leases.held == self.leases.shards and not self._dirty:
                return
            await asyncio.sleep(LANDING_SECONDS)

    def put_off(self, topic: str, seconds: float) -> None:
        """Leave what is said on a topic in the outbox for so long (zero: no longer), for what is more urgent.

        While it is put off it can only be put off less: however many ask in a row, it comes to its turn in between.
        """
        until = monotonic() + seconds
        self._shunned[topic] = min(until, self._shunned.get(topic, until))
        self._wake.set()

    async def close(self) -> None:
        """Throw away the producer and let others take the shards over at once, if the database is there to be told."""
        await self._publisher.reset()
        try:
            async with asyncio.timeout(5):
                await self.leases.give_up()
        except Exception as error:
            log.warning("leases run out by themselves", error=faults.where(error))
        await self._own.close()

    async def _tell_others(self, tx: Transaction) -> None:
        elsewhere = {row.shard for row in tx.said} - self.leases.held
        if elsewhere:
            tx.notify(CHANNEL, ",".join(map(str, sorted(elsewhere))))

    def _committed(self, tx: Transaction) -> None:
        held = self.leases.held
        for row in tx.said:
            # The table may be read, and told, before this process hears that its own transaction was committed.
            if row.shard not in held or row.topic in self._shunned or row.position in self._sent:
                continue
            # Of two transactions about one aggregate the later may be the first that we hear of.
            contested = self._database.unsettled[row.topic, row.key] > 1
            if row.after_another or contested or row.shard in self._dirty or len(self._fresh) >= IN_MEMORY_AT_MOST:
                self._dirty.add(row.shard)
            else:
                self._fresh.append(row)
        if tx.said:
            self._wake.set()

    def _in_doubt(self, tx: Transaction) -> None:
        self._dirty.update(row.shard for row in tx.said)

    async def _hold_shards(self) -> None:
        """While this session lives, others see us alive, and tell us what they say on our shards."""
        while True:
            try:
                session = await asyncpg.connect(self._database.url, timeout=10)
                try:
                    gone = asyncio.Event()
                    session.add_termination_listener(lambda _, gone=gone: gone.set())
                    await self.leases.appear(session)
                    await session.add_listener(CHANNEL, self._notified)
                    await self._keep_leases(gone)
                finally:
                    self.leases.suspend()
                    await session.close(timeout=2)
            except Exception as error:
                if faults.is_of_the_message(error):
                    raise
                log.warning("no session to hold shards", error=faults.where(error))
            await asyncio.sleep(0.5)

    async def _keep_leases(self, gone: asyncio.Event) -> None:
        while not gone.is_set():
            try:
                new = await self.leases.keep()
            except Exception as error:
                if faults.is_of_the_message(error):
                    raise
                log.warning("leases not renewed", error=faults.where(error))
            else:
                self._metrics.relay_shards.set(len(self.leases.shards))
                if new:
                    self._dirty |= new
                    self._wake.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(WATCH_SECONDS):
                    await gone.wait()

    def _notified(self, _connection: object, _pid: int, _channel: str, shards: object) -> None:
        self._dirty.update(int(shard) for shard in str(shards).split(","))
        self._wake.set()

    async def _send(self) -> None:
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                self._dirty |= self.leases.held
            self._wake.clear()
            if monotonic() - self._read_at > 5 * POLL_SECONDS:
                self._dirty |= self.leases.held
            try:
                self._publisher.require_success()
                await self._send_chunk()
            except PublishError as error:
                await self._start_over(error)
            except Exception as error:
                if faults.is_of_the_message(error):
                    raise
                log.warning("outbox out of reach", error=faults.where(error))
                self._dirty |= self.leases.shards
                await asyncio.sleep(1.0)

    async def _send_chunk(self) -> None:
        """Hand the next rows to the producer, behind those that are on their way."""
        if len(self._sent) > IN_FLIGHT_AT_MOST:
            return
        self._publisher.connect()
        rows = await self._next_rows()
        if not rows:
            if not self._sent:
                self._idle.set()
            return
        self._failpoints.passed("before_produce")
        self._sent.update((row.position, row.shard) for row in rows)
        await self._publisher.send(rows)
        self._flying.set()

    async def _forget(self) -> None:
        """Delete what is acknowledged, a little later and many at once, beside the sending."""
        while True:
            await self._flying.wait()
            await asyncio.sleep(LANDING_SECONDS)
            self._landed += self._landing()
            if self._landed and (len(self._landed) > FEW or monotonic() - self._deleted_at > DELETE_SECONDS):
                try:
                    await self._delete(self._landed[:CHUNK])
                except Exception as error:
                    if faults.is_of_the_message(error):
                        raise
                    log.warning("acknowledged rows not deleted", error=faults.where(error))
                    await asyncio.sleep(1.0)
                self._wake.set()
            if not self._landed and not self._publisher.flying:
                self._flying.clear()

    def _landing(self) -> list[Row]:
        rows = self._publisher.landed()
        if rows:
            self._failpoints.passed("after_produce_ack")
            for topic, number in Counter(row.topic for row in rows).items():
                self._metrics.published.labels(topic).inc(number)
        try:
            self._publisher.require_success()
        except PublishError:
            self._wake.set()
        return rows

    async def _delete(self, rows: list[Row]) -> None:
        self._failpoints.passed("before_outbox_delete")
        await self._own.pool.execute(
            DELETE, [row.shard for row in rows], [row.position for row in rows], self._database.writer
        )
        self._deleted_at = monotonic()
        del self._landed[: len(rows)]
        for row in rows:
            self._sent.pop(row.position, None)

    async def _next_rows(self) -> list[Row]:
        held, now = self.leases.held, monotonic()
        ended = [topic for topic, until in self._shunned.items() if until < now]
        for topic in ended:
            del self._shunned[topic]
            self._dirty |= held
        self._dirty &= held
        self._fresh = [row for row in self._fresh if row.shard in held and row.topic not in self._shunned]
        if not self._dirty:
            rows, self._fresh = self._fresh[:CHUNK], self._fresh[CHUNK:]
            if self._fresh:
                self._wake.set()
            return rows
        return await self._read(sorted(self._dirty))

    async def _read(self, shards: list[int]) -> list[Row]:
        """The oldest rows of these shards that are not on their way; what memory has of them stands in the table."""
        self._dirty.difference_update(shards)
        self._fresh = [row for row in self._fresh if row.shard not in shards]
        self._read_at = monotonic()
        limit = max(1, CHUNK // len(shards))
        on_their_way = Counter(self._sent.values())
        numbers = [limit + on_their_way[shard] for shard in shards]
        found = await self._own.pool.fetch(READ, shards, numbers, list(self._shunned), list(self._sent))
        rows = [_row(record) for record in found]
        full = {shard for shard, number in Counter(row.shard for row in rows).items() if number >= limit}
        self._dirty |= full
        read = {row.position for row in rows}
        self._fresh = [row for row in self._fresh if row.position not in read]
        if self._dirty or self._fresh:
            self._wake.set()
        return rows

    async def _start_over(self, error: PublishError) -> None:
        log.warning("publishing starts over", codes=dict(error.codes), topics=sorted(error.topics))
        self._metrics.relay_restarts.inc()
        self._shunned.update(dict.fromkeys(error.topics, monotonic() + SHUN_SECONDS))
        await self._publisher.reset()
        self._sent = {row.position: row.shard for row in self._landed}
        self._fresh.clear()
        self._dirty |= self.leases.shards
        self._wake.set()
        await asyncio.sleep(0.1)


def _row(record: asyncpg.Record) -> Row:
    shard, position, topic, key, sequence, headers, value = record
    return Row(shard, position, topic, key, sequence, from_json(headers), value)
