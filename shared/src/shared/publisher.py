"""Sending outbox rows to Kafka and hearing of their acknowledgements, all or nothing per producer."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
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

    def __init__(
        self,
        build: Callable[[], Producer],
        *,
        prefix: str,
        deadline: float,
        observe: Callable[[Sequence[Row]], AbstractContextManager[None]] = lambda _rows: nullcontext(),
    ) -> None:
        self._build = build
        self._prefix = prefix
        self._deadline = deadline
        self._observe = observe
        self._producer: Producer | None = None
        self._flights: list[_Flight] = []
        self._heard: dict[str, float] = {}
        self._suspects: set[str] = set()
        self._failures: Counter[str] = Counter()

    @property
    def flying(self) -> bool:
        """Whether anything is not acknowledged yet."""
        return bool(self._flights)

    def connect(self) -> Producer:
        """The producer, made if there is none: it then fetches a number from the broker, which takes up to a second."""
        if self._producer is None:
            self._producer = self._build()
        return self._producer

    async def send(self, rows: Sequence[Row]) -> None:
        """Hand rows to the producer, which keeps their order per aggregate; returns before they are acknowledged.

        Raises PublishError, as do the others: once a row was refused, or was on its way for longer than the deadline.
        """
        producer = self.connect()
        flights = {topic: _Flight(topic) for topic in {row.topic for row in rows}}
        for row in rows:
            flights[row.topic].rows.append(row)
        for flight in flights.values():
            flight.begin(self._observe(flight.rows))
        self._flights += flights.values()
        for row in rows:
            await self._produce(producer, row, flights[row.topic].delivered)

    async def _produce(self, producer: Producer, row: Row, delivered: Callable[..., Any]) -> None:
        headers: list[tuple[str, str | bytes | None]] = [*row.headers.items(), ("ce_sequence", str(row.sequence))]
        while True:
            try:
                producer.produce(self._prefix + row.topic, row.value, row.key, headers=headers, on_delivery=delivered)
            except BufferError:
                self._serve(producer)
                self.require_success()
                await asyncio.sleep(0.005)
            except KafkaException as error:
                # A producer that is beyond repair says so once; what was refused, and by which topic, is told behind.
                self._failures[error.args[0].name()] += 1
                self._serve(producer)
                self.require_success()
            else:
                return

    def landed(self) -> list[Row]:
        """What is acknowledged by now and was not told before.

        What was written although something before it on its topic was not has to be sent again, behind it.
        """
        if self._producer is None or not self._flights:
            return []
        self._serve(self._producer)
        failed = {flight.topic for flight in self._flights if flight.failures}
        rows, waiting = list[Row](), list[_Flight]()
        for flight in self._flights:
            if flight.has_news():
                self._heard[flight.topic] = monotonic()
            if flight.landed and flight.topic not in failed:
                flight.close()
                self._suspects.discard(flight.topic)
                rows += flight.rows
            else:
                waiting.append(flight)
        self._flights = waiting
        return rows

    def require_success(self) -> None:
        """Nothing was refused, and nothing is late."""
        failures, refusing = self._failures.copy(), set()
        for flight in self._flights:
            failures += flight.failures
            if flight.refused:
                refusing.add(flight.topic)
            elif self._straggles(flight):
                failures["straggling"] += 1
                refusing.add(flight.topic)
            elif monotonic() - flight.started > self._deadline:
                failures["deadline"] += 1
        if failures:
            self._suspects |= refusing
            raise PublishError(failures, refusing)

    def _straggles(self, flight: "_Flight") -> bool:
        since = max(flight.started, self._heard.get(flight.topic, 0.0))
        if monotonic() - since < STRAGGLING_SECONDS:
            return False
        others = (heard for topic, heard in self._heard.items() if topic != flight.topic)
        return flight.topic in self._suspects or any(heard > since for heard in others)

    def _serve(self, producer: Producer) -> None:
        try:
            producer.poll(0)
        except KafkaException as error:
            self._failures[error.args[0].name()] += 1
            with suppress(KafkaException):
                producer.poll(0)

    async def reset(self) -> None:
        """Throw the producer away with all that it still holds."""
        for flight in self._flights:
            flight.close()
        self._flights = []
        self._failures.clear()
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await asyncio.to_thread(_purge, producer)


class _Flight:
    """Rows of one topic that were sent together."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.rows: list[Row] = []
        self.started = monotonic()
        self.failures: Counter[str] = Counter()
        self.refused = False
        self._unknown = self._seen = 0
        self._span = ExitStack()

    def begin(self, span: AbstractContextManager[None]) -> None:
        """All rows are there."""
        self._unknown = self._seen = len(self.rows)
        self._span.enter_context(span)

    @property
    def landed(self) -> bool:
        """Whether every row is acknowledged."""
        return not self._unknown and not self.failures

    def delivered(self, error: KafkaError | None, message: Message) -> Any:
        """Called by the client library once per row."""
        self._unknown -= 1
        if error is not None:
            self.failures[error.name()] += 1
            self.refused |= error.code() in _OF_THE_TOPIC
        elif message.offset() is None:
            # librdkafka concludes from a later record's acknowledgement that this one was written; we ask for the word.
            self.failures["no offset"] += 1

    def has_news(self) -> bool:
        """Whether a row was acknowledged since this was asked last."""
        before, self._seen = self._seen, self._unknown
        return before != self._seen and not self.failures

    def close(self) -> None:
        """End the span."""
        self._span.close()


def _purge(producer: Producer) -> None:
    with suppress(KafkaException):
        producer.purge(in_queue=True, in_flight=True, blocking=True)
        producer.flush(0)
