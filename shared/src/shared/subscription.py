"""A consumer's place in its group: FastStream polls batches, each is delivered, and Kafka's offsets follow."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from time import monotonic
from typing import Any

import stamina
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage

from shared import faults, kafka, offsets
from shared.delivery import Delivery
from shared.envelope import Arrival, readable, safe_headers
from shared.settings import Settings

log = structlog.get_logger(__name__)

Records = tuple[ConsumerRecord, ...]


class ShrunkPartitionError(Exception):
    """A partition ends before what was consumed of it: the topic was recreated or truncated; a person must decide."""


class Subscription(ConsumerRebalanceListener):  # type: ignore[misc]
    """Reads the topics of one consumer until it is stopped or fails; `failure` then holds why."""

    def __init__(self, delivery: Delivery, settings: Settings) -> None:
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.assigned: set[TopicPartition] | None = None
        self.polled_at = monotonic()
        self._delivery = delivery
        self._settings = settings
        self._busy = asyncio.Lock()
        self._stopping = False
        self._next: dict[TopicPartition, int] = {}
        self._broker = KafkaBroker(
            settings.kafka_bootstrap_servers,
            client_id=settings.host,
            security=kafka.security(settings),
            consumer_only=True,
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
        """Seconds since Kafka was last asked, or since a batch was finished."""
        return 0.0 if self._busy.locked() else monotonic() - self.polled_at

    def lag(self) -> dict[str, int]:
        """Records behind the end, per topic, as far as the last fetch told."""
        prefix = len(self._settings.kafka_topic_prefix)
        lag: Counter[str] = Counter()
        for partition in self.assigned or ():
            end, at = self.consumer.highwater(partition), self._next.get(partition)
            if end is not None and at is not None:
                lag[partition.topic[prefix:]] += max(0, end - at)
        return dict(lag)

    async def start(self) -> None:
        """Join the group as soon as the broker is there and has the topics."""
        await kafka.wait_for_topics(self._settings, self._delivery.consumer.topics)
        async for attempt in stamina.retry_context(on=KafkaError, attempts=None, timeout=None, wait_max=5.0):
            with attempt:
                await self._broker.start()
        self._watch_polls(self.consumer)

    async def stop(self) -> None:
        """Poll no more, finish the batch at hand, leave the group."""
        self._stopping = True
        async with self._busy:
            await self._broker.stop()

    def _watch_polls(self, consumer: Any) -> None:
        poll = consumer.getmany

        async def watched(*args: Any, **kwargs: Any) -> Any:
            records = await poll(*args, **kwargs)
            self.polled_at = monotonic()
            return records

        consumer.getmany = watched

    async def _parse(self, records: Records) -> KafkaMessage:
        """FastStream's own parser drops a batch when one header is null or not UTF-8; this one reads no header."""
        return KafkaMessage(body=b"", raw_message=records, consumer=self.consumer)

    async def _decode(self, message: KafkaMessage) -> list[Arrival]:
        records: Iterable[ConsumerRecord] = message.raw_message
        return [arrived(record, prefix=self._settings.kafka_topic_prefix) for record in records]

    async def _on_batch(self, arrivals: list[Arrival]) -> None:
        if self._stopping or self.failure.done():
            return
        async with self._busy:
            try:
                await self._delivery.deliver(arrivals)
                await self._commit(arrivals)
            except Exception as error:
                log.exception("consumer failed", error=faults.where(error), exc_info=False)
                if not self.failure.done():
                    self.failure.set_exception(error)
            self.polled_at = monotonic()

    async def _commit(self, arrivals: list[Arrival]) -> None:
        """Tell Kafka, for those who watch lag; where it fails somebody else owns the partition now, or will."""
        prefix = self._settings.kafka_topic_prefix
        done: dict[TopicPartition, int] = {}
        for arrival in arrivals:
            partition = TopicPartition(prefix + arrival.topic, arrival.partition)
            done[partition] = max(done.get(partition, 0), arrival.offset + 1)
        self._next.update(done)
        self._delivery.failpoints.passed("before_offset_commit")
        try:
            async with asyncio.timeout(5):
                await self.consumer.commit(done)
        except (KafkaError, TimeoutError) as error:
            log.warning("offsets not committed", error=type(error).__name__)
        self._delivery.failpoints.passed("after_offset_commit")

    async def on_partitions_revoked(self, _revoked: set[TopicPartition]) -> None:
        """The batch in flight may be repeated elsewhere; its commit decides who was first."""
        self.assigned = None

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Start where the database says, which is the truth: after a restore it lies before Kafka's own offsets."""
        try:
            await self._seek(assigned)
        except ShrunkPartitionError as error:
            if not self.failure.done():
                self.failure.set_exception(error)
            return
        self.assigned = set(assigned)
        self.polled_at = monotonic()

    async def _seek(self, assigned: set[TopicPartition]) -> None:
        prefix = self._settings.kafka_topic_prefix
        async for attempt in stamina.retry_context(on=faults.is_of_the_world, attempts=None, timeout=20, wait_max=2.0):
            with attempt:
                rows = await self._delivery.database.pool.fetch(offsets.READ, self._delivery.consumer.group)
        known = {TopicPartition(prefix + row["topic"], row["partition"]): row["next_offset"] for row in rows}
        ours = [partition for partition in assigned if partition in known]
        ends = await self.consumer.end_offsets(ours) if ours else {}
        for partition in ours:
            if known[partition] > ends[partition]:
                raise ShrunkPartitionError(partition.topic, partition.partition, known[partition], ends[partition])
            self.consumer.seek(partition, known[partition])


def arrived(record: ConsumerRecord, *, prefix: str) -> Arrival:
    """A Kafka record with its headers made safe and its topic without the prefix."""
    return Arrival(
        record.topic[len(prefix) :],
        record.partition,
        record.offset,
        None if record.key is None else readable(record.key),
        safe_headers(record.headers),
        record.value,
    )
