"""What topics said from their beginning up to given offsets: many partitions, merged in the order of their time."""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from heapq import heappop, heappush
from time import monotonic
from types import TracebackType

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from faststream.kafka.security import parse_security

from shared import kafka
from shared.envelope import Arrival
from shared.settings import Settings
from shared.subscription import arrived

Place = tuple[str, int]
AT_ONCE = 1_000
BUFFERED_AT_MOST = 4_000
SILENT_AT_MOST = 60.0


class ShortTopicError(Exception):
    """A partition ends before what the service consumed of it: the topic was truncated or recreated."""


class SilentBrokerError(Exception):
    """Kafka has answered nothing about a partition for a minute."""


class History:
    """Reads outside any group, so that nobody notices; every record once, however often `read` is called.

    The records of all partitions are merged by their timestamps, because that is about how the service saw them: what
    was said in answer to something comes after it, though it stands in another partition.
    """

    def __init__(self, settings: Settings) -> None:
        self._prefix = settings.kafka_topic_prefix
        self._next: dict[TopicPartition, int] = {}
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            client_id=settings.hostname,
            enable_auto_commit=False,
            # A record that is gone must be an error, never a shorter history.
            auto_offset_reset="none",
            isolation_level="read_committed",
            **parse_security(kafka.security(settings)),
        )

    async def __aenter__(self) -> "History":
        await self._consumer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def first_offsets(self, places: Iterable[Place]) -> dict[Place, int]:
        """The offset of the oldest record that each partition still has; 0 where it has all."""
        partitions = [self._partition(place) for place in places]
        found = await self._consumer.beginning_offsets(partitions) if partitions else {}
        return {self._place(partition): offset for partition, offset in found.items()}

    def distance(self, until: Mapping[Place, int]) -> int:
        """How many records lie between what was read and these offsets."""
        return sum(max(0, offset - self._next.get(self._partition(place), 0)) for place, offset in until.items())

    async def read(self, until: Mapping[Place, int]) -> AsyncIterator[list[Arrival]]:
        """What was not read yet of these partitions, up to (and without) the offsets; raises ShortTopicError."""
        ahead = {self._partition(place): offset for place, offset in until.items()}
        ahead = {partition: offset for partition, offset in ahead.items() if self._next.get(partition, 0) < offset}
        buffers: dict[TopicPartition, deque[ConsumerRecord]] = {partition: deque() for partition in ahead}
        heads: list[tuple[int, str, int]] = []
        await self._assign(ahead)
        batch: list[Arrival] = []
        while ahead:
            if len(heads) < len(ahead):
                await self._fetch(ahead, buffers, heads)
                continue
            _, topic, number = heappop(heads)
            partition = TopicPartition(topic, number)
            batch.append(arrived(buffers[partition].popleft(), prefix=self._prefix))
            self._next[partition] = batch[-1].offset + 1
            if self._next[partition] >= ahead[partition]:
                del ahead[partition]
            elif buffers[partition]:
                _push(heads, partition, buffers[partition][0])
            if len(batch) == AT_ONCE:
                yield batch
                batch = []
        if batch:
            yield batch

    async def _assign(self, ahead: Mapping[TopicPartition, int]) -> None:
        if not ahead:
            return
        ends = await self._consumer.end_offsets(list(ahead))
        for partition, offset in ahead.items():
            if ends[partition] < offset:
                raise ShortTopicError(partition.topic, partition.partition, offset, ends[partition])
        self._consumer.assign(list(ahead))
        for partition in ahead:
            self._consumer.seek(partition, self._next.get(partition, 0))

    async def _fetch(
        self,
        ahead: dict[TopicPartition, int],
        buffers: dict[TopicPartition, deque[ConsumerRecord]],
        heads: list[tuple[int, str, int]],
    ) -> None:
        """Returns when no partition lacks its next record; those with plenty are not asked for more meanwhile."""
        asked = monotonic()
        while hungry := [partition for partition in ahead if not buffers[partition]]:
            if monotonic() - asked > SILENT_AT_MOST:
                raise SilentBrokerError(hungry[0].topic, hungry[0].partition, ahead[hungry[0]])
            self._consumer.pause(*(partition for partition in ahead if len(buffers[partition]) > BUFFERED_AT_MOST))
            self._consumer.resume(*hungry)
            polled = await self._consumer.getmany(timeout_ms=500, max_records=20 * AT_ONCE)
            for partition, records in polled.items():
                wanted = [record for record in records if record.offset < ahead.get(partition, 0)]
                if wanted and not buffers[partition]:
                    _push(heads, partition, wanted[0])
                buffers[partition].extend(wanted)
            for partition in hungry:
                # Offsets may end with a gap: what is not there any more need not be waited for.
                if not buffers[partition] and await self._consumer.position(partition) >= ahead[partition]:
                    self._next[partition] = ahead.pop(partition)

    def _partition(self, place: Place) -> TopicPartition:
        return TopicPartition(self._prefix + place[0], place[1])

    def _place(self, partition: TopicPartition) -> Place:
        return partition.topic[len(self._prefix) :], partition.partition


def _push(heads: list[tuple[int, str, int]], partition: TopicPartition, record: ConsumerRecord) -> None:
    heappush(heads, (record.timestamp, partition.topic, partition.partition))
