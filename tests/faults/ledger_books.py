"""Everybody's books after a schedule: topics read raw from the beginning, and the tables of the five databases."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import asyncpg
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from ledger_entries import Entry

from contracts import topics
from khamdoan.services import NAMES

KERNEL = {
    "versions": "SELECT topic, key, version FROM versions",
    "outbox": "SELECT topic, key, sequence FROM outbox",
    "waiting": "SELECT kind, id, topic, key FROM waiting",
    "consumed": "SELECT topic, partition, next_offset FROM consumed WHERE consumer_group = $1",
    "dead_letters": 'SELECT id, topic, partition, "offset", key, reason, state FROM dead_letters',
    "inbox": "SELECT source, id FROM inbox",
}
TABLES: Mapping[str, Mapping[str, str]] = {
    "registry": {
        "workers": "SELECT worker_id, unit_id, left_on FROM workers",
        "rosters": "SELECT roster_id, state FROM rosters",
        "lines": "SELECT line_id, facts->>'headcount' AS headcount FROM lines",
        "organisations": "SELECT DISTINCT organisation_id FROM organisations",
    },
    "scheduling": {
        "appointments": "SELECT * FROM appointments",
        "sessions": "SELECT * FROM sessions",
        "checks": "SELECT c.*, w.crew_id FROM health_checks AS c JOIN workers AS w USING (worker_id)",
        "lines": "SELECT * FROM lines",
        "plan_runs": "SELECT plan_id, state FROM plan_runs",
    },
    "results": {
        "visits": "SELECT * FROM visits",
        "records": "SELECT source, visit_id, station, answered FROM records",
        "conclusions": "SELECT visit_id, version, final_class FROM conclusions",
        "follow_ups": "SELECT follow_up_id, closed_on FROM follow_ups",
    },
    "coordination": {
        "programmes": "SELECT programme_id, signed_at FROM programmes",
        "people": "SELECT * FROM people",
        "plans": "SELECT plan_id, approved_at FROM plans",
    },
    "gateway": {
        "receipts": "SELECT receipt_id, ref, type, party, state, answers FROM receipts",
        "answers": "SELECT ref, body FROM answers",
        "causation": "SELECT event_key, cause_key, source, id FROM causation",
        "feeds": "SELECT party, sequence, source, id, type, data FROM feed_entries ORDER BY party, sequence",
        "appointments": "SELECT * FROM appointments",
        "workers": "SELECT worker_id, unit_id, left_on FROM workers",
        "programmes": "SELECT programme_id, state FROM programmes",
        "visits": "SELECT visit_id, version FROM visits",
        "deliveries": "SELECT dead_letter_id, service, ref, state FROM deliveries",
        "follow_ups": "SELECT follow_up_id, closed_on FROM follow_ups",
    },
}
READ_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Rec:
    """One Kafka record as it lies in its partition; `at` is the broker's clock in seconds."""

    topic: str
    partition: int
    offset: int
    key: str
    headers: Mapping[str, str]
    value: bytes
    at: float = 0.0

    @property
    def ref(self) -> str:
        """The identity of the event in it."""
        return f"{self.headers.get('ce_source')}#{self.headers.get('ce_id')}"

    @property
    def type(self) -> str:
        """The full type of the event in it."""
        return self.headers.get("ce_type", "")

    @property
    def sequence(self) -> int:
        """The version of the aggregate that it states."""
        return int(self.headers.get("ce_sequence", "0"))

    @property
    def causes(self) -> list[str]:
        """The refs of the events that led to it."""
        return self.headers.get("ce_causationid", "").split()


Place = tuple[str, int, int]


@dataclass
class Books:
    """What is compared; `tables[service][name]` are rows, `readers[party]` what a clinic's reader received in order.

    `poison` are the places of records that the harness itself wrote, with the services that have to park them.
    """

    ledger: list[Entry] = field(default_factory=list)
    records: list[Rec] = field(default_factory=list)
    tables: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    readers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    poison: dict[Place, Sequence[str]] = field(default_factory=dict)

    def rows(self, service: str, table: str) -> list[Any]:
        """A table's rows; none where it was not read."""
        return self.tables.get(service, {}).get(table, [])


class Topics:
    """Reads every topic from its beginning, each record once."""

    def __init__(self, kafka: str) -> None:
        self.kafka = kafka
        self.admin = AdminClient({"bootstrap.servers": kafka})
        self.consumer = Consumer({
            "bootstrap.servers": kafka, "group.id": "the books", "enable.auto.commit": False,
            "auto.offset.reset": "earliest", "fetch.wait.max.ms": 20,
        })  # fmt: skip
        self.partitions = [TopicPartition(t.name, n) for t in topics.load() for n in range(t.partitions)]
        self.next = {(p.topic, p.partition): 0 for p in self.partitions}
        self.records: list[Rec] = []

    def ends(self) -> dict[tuple[str, int], int]:
        """Where every partition ends now; a broker that was killed is asked again."""
        deadline = monotonic() + READ_SECONDS
        while True:
            asked = self.admin.list_offsets(dict.fromkeys(self.partitions, OffsetSpec.latest()), request_timeout=10)
            try:
                return {(p.topic, p.partition): future.result().offset for p, future in asked.items()}
            except KafkaException:
                if monotonic() > deadline:
                    raise
                self.admin = AdminClient({"bootstrap.servers": self.kafka})

    def read(self) -> list[Rec]:
        """Every record so far."""
        ends = self.ends()
        behind = {place for place, end in ends.items() if self.next[place] < end}
        self.consumer.assign([TopicPartition(*place, self.next[place]) for place in behind])
        deadline = monotonic() + READ_SECONDS
        while behind:
            for message in self.consumer.consume(2_000, timeout=0.05):
                if message.error() is None:
                    self._take(message)
            if monotonic() > deadline:
                raise TimeoutError(f"cannot read {sorted(behind)}")
            behind = {place for place in behind if self.next[place] < ends[place]}
        self.consumer.unassign()
        return self.records

    def _take(self, message: Any) -> None:
        headers = {name: (value or b"").decode("utf-8", "replace") for name, value in message.headers() or []}
        place = (message.topic(), message.partition())
        if message.offset() < self.next[place]:
            return
        self.next[place] = message.offset() + 1
        key, value = (message.key() or b"").decode("utf-8", "replace"), message.value() or b""
        self.records.append(Rec(*place, message.offset(), key, headers, value, message.timestamp()[1] / 1_000))

    def close(self) -> None:
        """Give the connection back."""
        self.consumer.close()


async def tables(urls: Mapping[str, str]) -> dict[str, dict[str, list[Any]]]:
    """Every table that is compared, of every service."""
    return dict(zip(NAMES, await asyncio.gather(*(_tables(name, urls[name]) for name in NAMES)), strict=True))


async def _tables(service: str, url: str) -> dict[str, list[Any]]:
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            found = {}
            for name, query in {**KERNEL, **TABLES[service]}.items():
                found[name] = list(await connection.fetch(query, *([service] if "$1" in query else [])))
            return found
    finally:
        await connection.close()
