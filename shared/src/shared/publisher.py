"""Sending outbox rows to Kafka and waiting for the acknowledgements, all or nothing per producer."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
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

    async def send(self, rows: Sequence[Row]) -> None:
        """Returns when every row is acknowledged; raises PublishError after the first failure or the deadline (s).

        Rows of one aggregate leave in the order given.
        """
        if self._producer is None:
            self._producer = self._build()
        started, flight = monotonic(), _Flight(len(rows))
        try:
            for row in rows:
                await self._produce(self._producer, row, flight, started)
            while flight.unknown and not flight.failures:
                if not self._producer.poll(0):
                    await asyncio.sleep(0.001)
                if monotonic() - started > self._deadline:
                    flight.failures["deadline"] += 1
        except KafkaException as error:
            # A producer that is beyond repair says so from whatever is called next.
            flight.failures[error.args[0].name()] += 1
        if flight.failures:
            raise PublishError(flight.failures, {topic.removeprefix(self._prefix) for topic in flight.topics})

    async def _produce(self, producer: Producer, row: Row, flight: "_Flight", started: float) -> None:
        headers: list[tuple[str, str | bytes | None]] = [*row.headers.items(), ("ce_sequence", str(row.sequence))]
        while not flight.failures:
            try:
                producer.produce(
                    self._prefix + row.topic, row.value, row.key, headers=headers, on_delivery=flight.delivered
                )
            except BufferError:
                producer.poll(0)
                await asyncio.sleep(0.005)
                if monotonic() - started > self._deadline:
                    flight.failures["deadline"] += 1
            else:
                return

    async def reset(self) -> None:
        """Throw the producer away with all that it still holds."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await asyncio.to_thread(_purge, producer)


class _Flight:
    """Rows on their way."""

    def __init__(self, rows: int) -> None:
        self.unknown = rows
        self.failures: Counter[str] = Counter()
        self.topics: set[str] = set()

    def delivered(self, error: KafkaError | None, message: Message) -> Any:
        """Called by the client library once per row."""
        self.unknown -= 1
        if error is not None:
            self.failures[error.name()] += 1
            if error.code() in _OF_THE_TOPIC:
                self.topics.add(message.topic() or "")


def _purge(producer: Producer) -> None:
    producer.purge(in_queue=True, in_flight=True, blocking=True)
    producer.flush(0)
