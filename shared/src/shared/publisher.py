"""Sending outbox rows to Kafka and waiting for the acknowledgements, all or nothing per producer."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from shared.outbox import Row

# What concerns one topic alone: its rows are left out for a while, the others flow.
_OF_THE_TOPIC = {
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
    KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.TOPIC_EXCEPTION,
    KafkaError.MSG_SIZE_TOO_LARGE,
}
# While others are acknowledged, a topic that takes nothing for so long (no leader, too few replicas) is left out too.
STRAGGLING_SECONDS = 2.0


class PublishError(Exception):
    """Some row was not acknowledged; what was in flight is unknown. `topics` are those that refuse by themselves."""

    def __init__(self, codes: Counter[str], topics: set[str]) -> None:
        super().__init__(dict(codes))
        self.codes = codes
        self.topics = topics


class Publisher:
    """One idempotent producer; after any failure it is thrown away, and the relay starts over from the table."""

    def __init__(self, build: Callable[[], Producer], *, prefix: str, deadline: float) -> None:
        self._build = build
        self._prefix = prefix
        self._deadline = deadline
        self._producer: Producer | None = None
        self._suspects: set[str] = set()

    async def send(self, rows: Sequence[Row]) -> None:
        """Returns when every row is acknowledged; raises PublishError after the first failure or the deadline (s).

        Rows of one aggregate leave in the order given.
        """
        if self._producer is None:
            self._producer = self._build()
        flight = _Flight([self._prefix + row.topic for row in rows], self._suspects)
        try:
            for row in rows:
                await self._produce(self._producer, row, flight)
            while flight.unknown and not flight.failures:
                if not self._producer.poll(0):
                    await asyncio.sleep(0.001)
                flight.require_progress(self._deadline)
        except KafkaException as error:
            # A producer that is beyond repair says so once; what was refused, and by which topic, is reported behind.
            flight.failures[error.args[0].name()] += 1
            with suppress(KafkaException):
                self._producer.poll(0)
        self._suspects = self._suspects - set(flight.sent) | flight.refusing
        if flight.failures:
            raise PublishError(flight.failures, {topic.removeprefix(self._prefix) for topic in flight.refusing})

    async def _produce(self, producer: Producer, row: Row, flight: "_Flight") -> None:
        headers: list[tuple[str, str | bytes | None]] = [*row.headers.items(), ("ce_sequence", str(row.sequence))]
        while not flight.failures:
            try:
                producer.produce(
                    self._prefix + row.topic, row.value, row.key, headers=headers, on_delivery=flight.delivered
                )
            except BufferError:
                producer.poll(0)
                await asyncio.sleep(0.005)
                flight.require_progress(self._deadline)
            else:
                return

    async def reset(self) -> None:
        """Throw the producer away with all that it still holds."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await asyncio.to_thread(_purge, producer)


class _Flight:
    """Rows on their way, by topic."""

    def __init__(self, topics: Sequence[str], suspects: set[str]) -> None:
        self.sent = Counter(topics)
        self.waiting = Counter(topics)
        self.unknown = len(topics)
        self.failures: Counter[str] = Counter()
        self.refusing: set[str] = set()
        self._started = self._heard = monotonic()
        self._suspicious = suspects >= set(topics)

    def delivered(self, error: KafkaError | None, message: Message) -> Any:
        """Called by the client library once per row."""
        topic = message.topic() or ""
        self.unknown -= 1
        self._heard = monotonic()
        if error is None:
            self.waiting[topic] -= 1
        else:
            self.failures[error.name()] += 1
            if error.code() in _OF_THE_TOPIC:
                self.refusing.add(topic)

    def require_progress(self, deadline: float) -> None:
        """Fail it when the broker is silent for too long, or when only some topics are."""
        now = monotonic()
        some_flow = self._suspicious or any(not self.waiting[topic] for topic in self.sent)
        if some_flow and now - self._heard > STRAGGLING_SECONDS:
            self.failures["straggling"] += 1
            self.refusing |= {topic for topic, number in self.waiting.items() if number}
        elif now - self._started > deadline:
            self.failures["deadline"] += 1


def _purge(producer: Producer) -> None:
    producer.purge(in_queue=True, in_flight=True, blocking=True)
    producer.flush(0)
