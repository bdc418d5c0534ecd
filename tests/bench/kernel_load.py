"""Events into a topic, and how many have come out of the next one."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from time import monotonic, sleep
from types import TracebackType
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import ConsumerGroupState, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from kernel_job import MIGRATIONS, ItemBooked, ItemCounted
from stamina import retry

from khamdoan.testing.servers import Servers
from shared.kafka import TopicSpec, create_topics, producer, wait_for_topics
from shared.outbox import outgoing
from shared.settings import Settings
from shared.testing import Templates

PARTITIONS = 6
EVENT_BYTES = 500
EVENTS_PER_ITEM = 3

Record = tuple[str, bytes, list[tuple[str, str | bytes | None]]]


@cache
def records(number: int, *, events_per_trace: int = 100, sampled: float = 1.0) -> list[Record]:
    """Events of 500 bytes about a third as many items, in a shuffled order that is the same every time.

    `sampled` is the share of the traces that are to be recorded.
    """
    dice = random.Random(7)
    items = [UUID(int=dice.getrandbits(128), version=4) for _ in range(max(1, number // EVENTS_PER_ITEM))]
    return records_about(items, number, dice, events_per_trace=events_per_trace, sampled=sampled)


def records_about(
    items: Sequence[UUID], number: int, dice: random.Random, *, events_per_trace: int = 100, sampled: float = 1.0
) -> list[Record]:
    """So many events about these items."""
    short = ItemCounted(item_id=items[0], amount=1, note="")
    note = "n" * (EVENT_BYTES - len(short.model_dump_json()))
    made: list[Record] = []
    for place in range(number):
        if place % events_per_trace == 0:
            trace = f"00-{dice.getrandbits(128):032x}-{dice.getrandbits(64):016x}-{dice.random() < sampled:02x}"
        said = outgoing(ItemCounted(item_id=dice.choice(items), amount=1, note=note), source="meter", trace=trace)
        headers: list[tuple[str, str | bytes | None]] = [*said.headers.items(), ("ce_sequence", "1")]
        made.append((said.event.aggregate_id, said.event.model_dump_json().encode(), headers))
    return made


@dataclass
class Place:
    """A database and two topics of one measurement's own; gone at the end of the block."""

    servers: Servers
    templates: Templates
    more_topics: Sequence[str] = ()
    more_databases: list[str] = field(default_factory=list)
    prefix: str = field(default_factory=lambda: f"bench-{uuid4().hex[:12]}.")
    url: str = ""

    def __enter__(self) -> "Place":
        self.url = asyncio.run(self.templates.clone(MIGRATIONS))
        self.admin = AdminClient({"bootstrap.servers": self.servers.kafka})
        self.topics = [ItemCounted.entry.topic, ItemBooked.entry.topic, *self.more_topics]
        asyncio.run(create_topics(self.settings, [TopicSpec(name, PARTITIONS, replication=1) for name in self.topics]))
        asyncio.run(wait_for_topics(self.settings, self.topics))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for future in self.admin.delete_topics([self.prefix + name for name in self.topics]).values():
            future.result()
        for url in (self.url, *self.more_databases):
            asyncio.run(self.templates.drop(urlsplit(url).path.removeprefix("/")))

    def another_database(self) -> str:
        """The URL of a database for one more service."""
        self.more_databases.append(asyncio.run(self.templates.clone(MIGRATIONS)))
        return self.more_databases[-1]

    @property
    def settings(self) -> Settings:
        """The kernel's settings for this place; no telemetry, the defaults of durability."""
        return Settings(
            database_url=self.url,
            kafka_bootstrap_servers=self.servers.kafka,
            kafka_topic_prefix=self.prefix,
            otel_exporter_otlp_endpoint="",
            log_level="WARNING",
        )

    @property
    def inlet(self) -> str:
        """The topic the job reads."""
        return self.prefix + ItemCounted.entry.topic

    @property
    def outlet(self) -> str:
        """The topic the job's events come out of."""
        return self.prefix + ItemBooked.entry.topic

    def fill(self, events: list[Record]) -> None:
        """Put the events into the inlet; returns when all are acknowledged."""
        client, refused = producer(self.settings, **{"topic.metadata.propagation.max.ms": 60_000}), []

        def delivered(error: KafkaError | None, _: object) -> None:
            if error is not None:
                refused.append(error)

        for key, value, headers in events:
            client.produce(self.inlet, value, key, headers=headers, on_delivery=delivered)
            client.poll(0)
        if client.flush(120) or refused:
            raise RuntimeError(f"not every event was taken: {refused[:1]}")

    def wait_for_group(self, group: str, members: int, *, seconds: float = 40) -> None:
        """Wait until the group is stable with so many members and has all partitions of the inlet."""
        until = monotonic() + seconds
        while not self._stable(group, members):
            if monotonic() > until:
                raise TimeoutError(f"{group} did not come together")
            sleep(0.1)

    def _stable(self, group: str, members: int) -> bool:
        try:
            known = self.admin.describe_consumer_groups([group])[group].result()
        except KafkaException:
            return False
        assigned = sum(len(member.assignment.topic_partitions) for member in known.members)
        return known.state == ConsumerGroupState.STABLE and len(known.members) == members and assigned == PARTITIONS


class Outlet:
    """Looks at how far the next topic has grown, and at the order in it."""

    def __init__(self, place: Place) -> None:
        self._client = KafkaConsumer({"bootstrap.servers": place.servers.kafka, "group.id": place.prefix + "watcher"})
        self._partitions = [TopicPartition(place.outlet, number, 0) for number in range(PARTITIONS)]

    def count(self) -> int:
        """How many events can be read."""
        return sum(map(self._end, self._partitions))

    @retry(on=KafkaException, attempts=10, wait_max=1.0)
    def _end(self, partition: TopicPartition) -> int:
        """A busy broker may for a moment not know whether it leads a fresh partition."""
        return int(self._client.get_watermark_offsets(partition, timeout=10)[1])

    def sequences(self, number: int) -> dict[str, list[int]]:
        """Per key, the sequences of the first so many events in the order they can be read."""
        self._client.assign(self._partitions)
        found: dict[str, list[int]] = defaultdict(list)
        seen, until = 0, monotonic() + 300
        while seen < number and monotonic() < until:
            for message in self._client.consume(5_000, timeout=10):
                headers = dict(message.headers() or ())
                found[str(message.key(), "utf-8")].append(int(headers["ce_sequence"]))
                seen += 1
        return found

    def close(self) -> None:
        """Leave."""
        self._client.close()
