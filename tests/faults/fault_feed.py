"""A known stream of orders that goes on whatever happens, and the books that must be right in the end."""

import asyncio
import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from uuid import UUID, uuid4

import asyncpg
from confluent_kafka import KafkaError, Message, Producer
from kernel_shop import OrderPlaced, an_order, first_appearances

from shared import faults
from shared import kafka as kernel_kafka
from shared.database import Database
from shared.settings import Settings
from shared.testing import PATIENCE, Topics, row_of

TOPICS = ("shop.customers", "shop.orders", "store.orders", "store.deliveries")
DONE = "SELECT coalesce(sum(cardinality(history)), 0) >= {} AND NOT EXISTS (SELECT FROM outbox) FROM orders"


@dataclass
class Feed:
    """Orders 0, 1, 2 … over random keys, said by an idempotent producer in a thread of its own."""

    topics: Topics
    per_second: int = 300
    keys: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(40)])
    said: list[OrderPlaced] = field(default_factory=list)
    said_at: dict[UUID, list[float]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.said_at.update((key, []) for key in self.keys)
        settings = Settings(
            database_url="", kafka_bootstrap_servers=self.topics.bootstrap, kafka_topic_prefix=self.topics.prefix
        )
        self._producer: Producer = kernel_kafka.producer(settings)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._random = Random(7)

    def _run(self) -> None:
        begun = time.monotonic()
        while not self._stop.wait(0.01):
            for _ in range(int((time.monotonic() - begun) * self.per_second) - len(self.said)):
                self._say(an_order(len(self.said), order_id=self._random.choice(self.keys)))
            self._producer.poll(0)

    def _say(self, order: OrderPlaced) -> None:
        row = row_of(order)
        headers: list[tuple[str, str | bytes | None]] = [*row.headers.items(), ("ce_sequence", "1")]
        self._producer.produce(
            self.topics.prefix + row.topic, row.value, row.key, headers=headers, on_delivery=self._delivered
        )
        self.said.append(order)
        self.said_at[order.order_id].append(time.monotonic())

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self.refused.append(error.name())

    def start(self) -> None:
        """Begin to speak."""
        self._thread.start()

    def stop(self, seconds: float = PATIENCE) -> None:
        """Fall silent, once the broker has acknowledged every order."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            assert self._producer.flush(seconds) == 0
        assert self.refused == []

    def histories(self) -> dict[UUID, list[int]]:
        """The amounts that each key must have had, in order."""
        histories: dict[UUID, list[int]] = defaultdict(list)
        for order in self.said:
            histories[order.order_id].append(order.amount)
        return dict(histories)

    async def caught_up(self, database: Database, *, seconds: float = PATIENCE) -> float:
        """Wait until all that was said so far has had its effect and the effect was said; the seconds that took."""
        begun = time.monotonic()
        await patiently(database, DONE.format(len(self.said)), seconds)
        return round(time.monotonic() - begun, 2)

    async def books_are_right(self, database: Database) -> int:
        """Each order took effect once, in order, and was said so in order; returns the copies in the topic."""
        rows = await database.pool.fetch("SELECT id, history FROM orders")
        assert {row["id"]: row["history"] for row in rows} == self.histories()
        heard = await self.topics.hear("store.orders")
        expected = {str(key): list(range(1, len(amounts) + 1)) for key, amounts in self.histories().items()}
        assert first_appearances(heard) == expected
        assert await database.pool.fetchval("SELECT count(*) FROM dead_letters") == 0
        return len(heard) - len(self.said)


@asynccontextmanager
async def feeding(topics: Topics, per_second: int = 300) -> AsyncIterator[Feed]:
    """A feed that speaks on the shop's topics, which are created, until `stop` or the end of the block."""
    await topics.create(*TOPICS)
    feed = Feed(topics, per_second)
    feed.start()
    try:
        yield feed
    finally:
        feed._stop.set()


async def some_effects(database: Database, *, more_than: int = 0) -> None:
    """Wait until work is in full swing (again)."""
    await patiently(database, f"SELECT coalesce(sum(cardinality(history)), 0) > {more_than} FROM orders", PATIENCE)


async def patiently(database: Database, question: str, seconds: float) -> None:
    """As `until`, where the database may have been away."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                if await database.pool.fetchval(question):
                    return
            except Exception as error:
                if not faults.is_of_the_world(error):
                    raise
            await asyncio.sleep(0.05)


@dataclass
class Pulse:
    """How long any order had to wait for its effect (s), at most."""

    longest_wait: float = 0.0


@asynccontextmanager
async def pulse(database: Database, feed: Feed) -> AsyncIterator[Pulse]:
    """Take it twenty times a second while the block runs."""
    beat = Pulse()

    async def take() -> None:
        while True:
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                rows = await database.pool.fetch("SELECT id, cardinality(history) FROM orders")
                done, now = dict(map(tuple, rows)), time.monotonic()
                oldest = [
                    times[done.get(key, 0)] for key, times in feed.said_at.items() if len(times) > done.get(key, 0)
                ]
                beat.longest_wait = round(max(beat.longest_wait, now - min(oldest, default=now)), 2)
            await asyncio.sleep(0.05)

    taking = asyncio.create_task(take())
    try:
        yield beat
    finally:
        taking.cancel()
        await asyncio.gather(taking, return_exceptions=True)
