"""A consumer's place in its group: FastStream polls batches, each is delivered, and Kafka's offsets follow."""

import asyncio
from collections import Counter
from time import monotonic, time
from typing import Any

import stamina
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from shared import faults, kafka, offsets
from shared.consuming import Decoded
from shared.delivery import Delivery
from shared.envelope import Arrival, readable, safe_headers
from shared.lanes import Lanes
from shared.settings import Settings

log = structlog.get_logger(__name__)

Records = tuple[ConsumerRecord, ...]
HANGING_SECONDS = 120.0
COMMIT_SECONDS = 0.25
# Nothing depends on these commits; a coordinator that is away must not slow the batches down.
AFTER_FAILURE_SECONDS = 10.0


class ShrunkPartitionError(Exception):
    """A partition ends before what was consumed of it: the topic was recreated or truncated; a person must decide."""


class CutPartitionError(Exception):
    """A partition begins behind what stands next: retention took what nobody read; a person must decide."""


class DeadConsumerError(Exception):
    """The task that polls Kafka has ended or polls no more."""


class Subscription(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads the topics of one consumer until it is stopped or fails; `failure` then holds why."""

    def __init__(self, delivery: Delivery, settings: Settings) -> None:
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.assigned: set[TopicPartition] | None = None
        self.polled_at = monotonic()
        self._delivery = delivery
        self._settings = settings
        self._lanes = Lanes(settings.kafka_lanes, settings.kafka_max_records)
        self._done = asyncio.Event()
        self._stopping = False
        self._next: dict[TopicPartition, int] = {}
        self._sought: dict[TopicPartition, int] = {}
        self._broker = KafkaBroker(
            settings.kafka_bootstrap_servers,
            client_id=settings.hostname,
            security=kafka.security(settings),
            consumer_only=True,
            metadata_max_age_ms=kafka.METADATA_MAX_AGE_MS,
            apply_types=False,
            logger=None,
        )
        self._subscriber = self._broker.subscriber(
            *(settings.kafka_topic_prefix + topic for topic in delivery.consumer.topics),
            group_id=settings.kafka_topic_prefix + delivery.consumer.group,
            group_instance_id=settings.kafka_instance_id or None,
            session_timeout_ms=settings.kafka_session_timeout_ms,
            max_records=settings.kafka_max_records,
            listener=self,
            parser=self._parse,
            decoder=self._decode,
            **kafka.CONSUMING,
        )
        self._subscriber(self._on_batch)

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """The client library's consumer, while running."""
        return self._subscriber.consumer

    @property
    def poll_age(self) -> float:
        """Seconds since Kafka was last asked; zero while a batch is in hand."""
        return monotonic() - self.polled_at if self._lanes.idle else 0.0

    @property
    def answer_age(self) -> float:
        """Seconds since Kafka last answered about a partition of ours; as `poll_age` where there is none."""
        answers = [self.consumer.last_poll_timestamp(partition) for partition in self.assigned or ()]
        known = [answer for answer in answers if answer]
        return self.poll_age if not self._lanes.idle or not known else time() - max(known) / 1_000

    def standing(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Of each partition: the next offset to take effect, and its end as far as the last fetch told."""
        prefix = len(self._settings.kafka_topic_prefix)
        standing: dict[tuple[str, int], tuple[int, int]] = {}
        for partition in self.assigned or ():
            end, at = self.consumer.highwater(partition), self._next.get(partition, self._sought.get(partition))
            if end is not None and at is not None:
                standing[partition.topic[prefix:], partition.partition] = at, max(at, end)
        return standing

    def lag(self) -> dict[str, int]:
        """Records behind the end, per topic, as far as the last fetch told."""
        lag: Counter[str] = Counter()
        for (topic, _), (at, end) in self.standing().items():
            lag[topic] += end - at
        return dict(lag)

    async def start(self) -> None:
        """Join the group as soon as the broker is there and has the topics."""
        await kafka.wait_for_topics(self._settings, self._delivery.consumer.topics)
        async for attempt in stamina.retry_context(on=KafkaError, attempts=None, timeout=None, wait_max=5.0):
            with attempt:
                await self._broker.start()
        self._watch_polls(self.consumer)

    async def watch(self) -> None:
        """Returns never; fails when FastStream's loop has died, or hangs."""
        while True:
            await asyncio.sleep(1.0)
            for task in self._subscriber.tasks:
                if task.done() and not task.cancelled() and not self._stopping:
                    self._fail(task.exception() or DeadConsumerError("the loop ended"))
            if self.poll_age > HANGING_SECONDS:
                self._fail(DeadConsumerError("the loop hangs"))

    async def stop(self) -> None:
        """Poll no more, finish what is in hand, tell Kafka, leave the group."""
        self._stopping = True
        if not self.failure.done():
            await self._lanes.until_idle()
        await self._commit()
        await self._broker.stop()

    async def run(self) -> None:
        """Deliver batches for ever, in order within each lane; meanwhile FastStream polls, and Kafka is told."""
        await asyncio.gather(*(self._work() for _ in range(self._settings.kafka_lanes)), self._tell_kafka())

    async def _work(self) -> None:
        while True:
            taken = await self._lanes.take()
            try:
                await self._delivery.deliver_decoded(taken.decoded)
                self._follow(taken.decoded)
            except Exception as error:
                self._fail(error)
                return
            self.polled_at = monotonic()
            await self._lanes.done(taken)

    def _watch_polls(self, consumer: Any) -> None:
        poll = consumer.getmany

        async def watched(*args: Any, **kwargs: Any) -> Any:
            # FastStream sleeps after a poll that brought nothing, as long as it waited, and hears nothing meanwhile.
            while True:
                records = await poll(*args, **kwargs)
                self.polled_at = monotonic()
                if records:
                    return records

        consumer.getmany = watched

    async def _parse(self, records: Records) -> KafkaMessage:
        """FastStream's own parser drops a batch when one header is null or not UTF-8; this one reads no header."""
        # What FastStream catches it forgets, and the next batch would pass over this one: so nothing may raise here.
        return KafkaMessage(body=b"", raw_message=records, consumer=self.consumer)

    async def _decode(self, message: KafkaMessage) -> Records:
        records: Records = message.raw_message
        return records

    async def _on_batch(self, records: Records) -> None:
        if self._stopping or self.failure.done():
            return
        try:
            prefix = self._settings.kafka_topic_prefix
            decoded = self._delivery.decode([arrived(record, prefix=prefix) for record in records])
        except Exception as error:
            self._fail(error)
            return
        await self._lanes.put(decoded)

    def _fail(self, error: BaseException) -> None:
        if not self.failure.done():
            log.error("consumer failed", error=faults.where(error))
            self.failure.set_exception(error)

    def _follow(self, decoded: list[Decoded]) -> None:
        """Remember what is done, for Kafka to be told."""
        prefix = self._settings.kafka_topic_prefix
        for (topic, number), offset in offsets.after(item.arrival for item in decoded).items():
            partition = TopicPartition(prefix + topic, number)
            self._next[partition] = max(self._next.get(partition, 0), offset)
        self._done.set()

    async def _tell_kafka(self) -> None:
        """Kafka's offsets follow what is done, beside the lanes: a few times a second, at once after a quiet moment."""
        while True:
            await self._done.wait()
            self._done.clear()
            if await self._commit():
                await asyncio.sleep(COMMIT_SECONDS)
            else:
                self._done.set()
                await asyncio.sleep(AFTER_FAILURE_SECONDS)

    async def _commit(self) -> bool:
        """For those who watch lag; false where it fails: somebody else owns the partition now, or will."""
        done = {partition: offset for partition, offset in self._next.items() if partition in (self.assigned or ())}
        if not done:
            return True
        self._delivery.failpoints.passed("before_offset_commit")
        try:
            async with asyncio.timeout(5):
                await self.consumer.commit(done)
        except (KafkaError, TimeoutError) as error:
            log.warning("offsets not committed", error=type(error).__name__)
            return False
        self._delivery.failpoints.passed("after_offset_commit")
        return True

    async def on_partitions_revoked(self, _revoked: set[TopicPartition]) -> None:
        """The batch in flight may be repeated elsewhere; its commit decides who was first."""
        self.assigned = None
        self._next.clear()
        self._sought.clear()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Start where the database says, which is the truth: after a restore it lies before Kafka's own offsets."""
        try:
            await self._seek(assigned)
        except (ShrunkPartitionError, CutPartitionError) as error:
            topic, partition, next_offset, found = error.args
            log.warning("not where it was left", topic=topic, partition=partition, next_offset=next_offset, found=found)
            self._fail(error)
            return
        self.assigned = set(assigned)
        self.polled_at = monotonic()

    async def _seek(self, assigned: set[TopicPartition]) -> None:
        prefix = self._settings.kafka_topic_prefix
        async for attempt in stamina.retry_context(on=faults.is_of_the_world, attempts=None, timeout=20, wait_max=2.0):
            with attempt:
                rows = await self._delivery.database.pool.fetch(offsets.READ, self._delivery.consumer.group)
        known = {TopicPartition(prefix + row["topic"], row["partition"]): row["next_offset"] for row in rows}
        ends = await self.consumer.end_offsets(list(assigned)) if assigned else {}
        begins = await self.consumer.beginning_offsets(list(assigned)) if assigned else {}
        for partition in assigned:
            # A partition that the database never saw is read from its beginning, whatever Kafka believes.
            offset = known.get(partition, 0)
            if offset > ends[partition]:
                raise ShrunkPartitionError(partition.topic, partition.partition, offset, ends[partition])
            if partition in known and offset < begins[partition]:
                raise CutPartitionError(partition.topic, partition.partition, offset, begins[partition])
            self.consumer.seek(partition, offset)
            self._sought[partition] = offset


def arrived(record: ConsumerRecord, *, prefix: str) -> Arrival:
    """A Kafka record with its headers made safe and its topic without the prefix."""
    return Arrival(
        record.topic[len(prefix) :] if prefix else record.topic,
        record.partition,
        record.offset,
        None if record.key is None else readable(record.key),
        safe_headers(record.headers),
        record.value,
    )
