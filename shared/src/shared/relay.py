"""From the outbox to Kafka: one holder per shard, in order per aggregate, rows deleted after the acknowledgement.

A row goes straight from memory when this process appended it, holds its shard, and nobody else spoke about the
aggregate before; else from the table. Every sender starts at the oldest row of an aggregate that is not deleted, so a
takeover, a zombie or a second attempt only ever adds copies, in order, which inboxes drop.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from time import monotonic

import structlog
from confluent_kafka import Producer

from shared import faults
from shared.backlog import Backlog
from shared.database import Database
from shared.failpoints import Failpoints
from shared.leases import Leases
from shared.metrics import Metrics
from shared.outbox import Row
from shared.publisher import Publisher, PublishError
from shared.settings import Settings
from shared.telemetry import Telemetry

log = structlog.get_logger(__name__)

FEW, MANY = 200, 2_000
IN_FLIGHT_AT_MOST = 6_000
LANDING_SECONDS = 0.005
DELETE_SECONDS = 0.05
SHUN_SECONDS = 5.0

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
        self._backlog = Backlog(database, self._own, self.leases)
        self._flying = asyncio.Event()
        self._idle = asyncio.Event()
        self._landed: list[Row] = []
        self._deleted_at = 0.0
        database.before_commit = self.leases.tell_others

    async def run(self) -> None:
        """Publish until cancelled; a missing database or broker is waited for."""
        await self._own.open()
        self._publisher.connect()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.leases.hold(self._backlog.look))
            tasks.create_task(self._send())
            tasks.create_task(self._forget())

    async def until_idle(self) -> None:
        """Return once all that this process may publish is published, as soon as leases that lapsed are renewed."""
        while True:
            self._idle.clear()
            self._backlog.look(self.leases.held)
            self._backlog.wake()
            await self._idle.wait()
            if self.leases.held == self.leases.shards and self._backlog.is_clean:
                return
            await asyncio.sleep(LANDING_SECONDS)

    def put_off(self, topic: str, seconds: float) -> None:
        """Leave what is said on a topic in the outbox for so long (zero: no longer), for what is more urgent.

        While it is put off it can only be put off less: however many ask in a row, it comes to its turn in between.
        """
        self._backlog.put_off(topic, seconds)

    async def close(self) -> None:
        """Throw away the producer and let others take the shards over at once, if the database is there to be told."""
        await self._publisher.reset()
        try:
            async with asyncio.timeout(5):
                await self.leases.give_up()
        except Exception as error:
            log.warning("leases run out by themselves", error=faults.where(error))
        await self._own.close()

    async def _send(self) -> None:
        while True:
            await self._backlog.news()
            try:
                self._publisher.require_success()
                await self._send_chunk()
            except PublishError as error:
                await self._start_over(error)
            except Exception as error:
                if faults.is_of_the_message(error):
                    raise
                log.warning("outbox out of reach", error=faults.where(error))
                self._backlog.look(self.leases.shards)
                await asyncio.sleep(1.0)

    async def _send_chunk(self) -> None:
        """Hand the next rows to the producer, behind those that are on their way."""
        if len(self._backlog.sent) > IN_FLIGHT_AT_MOST:
            return
        self._publisher.connect()
        rows = await self._backlog.next_rows()
        if not rows:
            if not self._backlog.sent:
                self._idle.set()
            return
        self._failpoints.passed("before_produce")
        self._backlog.sent.update((row.position, row.shard) for row in rows)
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
                    await self._delete(self._landed[:MANY])
                except Exception as error:
                    if faults.is_of_the_message(error):
                        raise
                    log.warning("acknowledged rows not deleted", error=faults.where(error))
                    await asyncio.sleep(1.0)
                self._backlog.wake()
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
            self._backlog.wake()
        return rows

    async def _delete(self, rows: list[Row]) -> None:
        self._failpoints.passed("before_outbox_delete")
        await self._own.pool.execute(
            DELETE, [row.shard for row in rows], [row.position for row in rows], self._database.writer
        )
        self._deleted_at = monotonic()
        del self._landed[: len(rows)]
        for row in rows:
            self._backlog.sent.pop(row.position, None)

    async def _start_over(self, error: PublishError) -> None:
        log.warning("publishing starts over", codes=dict(error.codes), topics=sorted(error.topics))
        self._metrics.relay_restarts.inc()
        await self._publisher.reset()
        self._backlog.start_over(self._landed, without=error.topics, seconds=SHUN_SECONDS)
        await asyncio.sleep(0.1)
