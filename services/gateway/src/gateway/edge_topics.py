"""Kafka as an edge: a party posts to `edge.in.<class>.<id>` and reads `edge.out.<class>.<id>`, and no other topic.

What comes in passes the same checks as over HTTP; what goes out is the party's feed, under the same numbers.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException
from faststream.kafka.security import parse_security
from pydantic_core import to_json

from gateway import cloudevents, feeds, intake, parties
from gateway.cloudevents import Raw
from gateway.edge import Edge
from gateway.feeds import Entry
from gateway.intake import Outcome
from gateway.parties import Caller
from gateway.problems import Refusal
from gateway.retries import until_no_rival
from shared import faults, kafka
from shared.clock import utc_now
from shared.database import Database, Transaction
from shared.envelope import safe_headers
from shared.kafka import TopicSpec

log = structlog.get_logger(__name__)

IN = "edge.in."
REFUSED = "vn.khamdoan.gateway.record.refused.v1"
RECORDS_AT_ONCE = 500
PAUSE_SECONDS = 1.0
RETENTION_MS = 30 * 86_400_000

LOCK_OFFSET = """
INSERT INTO bridged (topic, partition, next_offset) VALUES ($1, $2, 0)
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = bridged.next_offset RETURNING next_offset
"""
ADVANCE = "UPDATE bridged SET next_offset = $3 WHERE topic = $1 AND partition = $2"


def party_of(topic: str) -> str | None:
    """`edge.in.clinics.02123` as `clinics/02123`; None for any other topic."""
    party_class, _, party_id = topic.removeprefix(IN).partition(".")
    return f"{party_class}/{party_id}" if topic.startswith(IN) and party_id else None


def topics_of(party: str) -> list[TopicSpec]:
    """A party's two topics; one partition each, because its feed has one order."""
    name = party.replace("/", ".", 1)
    return [TopicSpec(prefix + name, partitions=1, retention_ms=RETENTION_MS) for prefix in (IN, feeds.OUT)]


async def open_topics(edge: Edge, database: Database, stop: asyncio.Event) -> None:
    """Give every party with a feed its topics: created first, then what its log holds already, then all that comes."""
    while not stop.is_set():
        upcoming = edge.wakeups.upcoming(feeds.CHANNEL)
        try:
            for party in await feeds.not_on_kafka(database.pool):
                await kafka.create_topics(edge.settings, topics_of(party))
                async with database.transaction() as tx:
                    await feeds.put_on_kafka(tx, party)
        except (KafkaException, KafkaError) as error:
            log.warning("edge topics not created", error=type(error).__name__)
        except Exception as error:
            if faults.is_of_the_message(error):
                raise
            log.warning("edge topics not opened", error=faults.where(error))
        await edge.wakeups.wait(upcoming, PAUSE_SECONDS)


async def bridge(edge: Edge, database: Database, stop: asyncio.Event) -> None:
    """Take in what parties post to Kafka until `stop`; a broker that is away is waited for."""
    while not stop.is_set():
        try:
            await _bridge_while_connected(edge, database, stop)
        except (KafkaError, OSError) as error:
            log.warning("bridge waits for Kafka", error=type(error).__name__)
        except Exception as error:
            if faults.is_of_the_message(error):
                raise
            log.warning("bridge tries again", error=faults.where(error))
        if not stop.is_set():
            await asyncio.sleep(PAUSE_SECONDS)


async def _bridge_while_connected(edge: Edge, database: Database, stop: asyncio.Event) -> None:
    settings = edge.settings
    consumer = AIOKafkaConsumer(
        group_id=f"{settings.kafka_topic_prefix}gateway-edge",
        bootstrap_servers=settings.kafka_bootstrap_servers,
        client_id=settings.hostname,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=RECORDS_AT_ONCE,
        metadata_max_age_ms=5_000,
        **parse_security(kafka.security(settings)),
    )
    prefix = settings.kafka_topic_prefix.replace(".", r"\.")
    consumer.subscribe(pattern=f"^{prefix}edge\\.in\\..+$")
    await consumer.start()
    try:
        while not stop.is_set():
            polled = await consumer.getmany(timeout_ms=500)
            for partition, records in polled.items():
                await until_no_rival(partial(take, edge, database, partition, records))
                await consumer.commit({partition: records[-1].offset + 1})
    finally:
        await consumer.stop()


async def take(edge: Edge, database: Database, partition: TopicPartition, records: Sequence[ConsumerRecord]) -> None:
    """Give the records of a party's topic their effect once; what is wrong with one is answered on its feed."""
    topic = partition.topic.removeprefix(edge.settings.kafka_topic_prefix)
    caller = _caller(edge, party_of(topic))
    if caller is None:
        return
    now = utc_now()
    async with database.transaction() as tx:
        next_offset = await tx.fetchval(LOCK_OFFSET, topic, partition.partition)
        fresh = [record for record in records if record.offset >= next_offset]
        read = [_read(record) for record in fresh]
        checked = [cloudevents.check(raw, place, caller, now=now) for place, raw in enumerate(read)]
        outcomes = await intake.accept(tx, checked, now=now)
        await _answer(tx, caller, outcomes, [f"{topic}/{partition.partition}/{record.offset}" for record in fresh])
        await tx.execute(ADVANCE, topic, partition.partition, records[-1].offset + 1)


def _caller(edge: Edge, party: str | None) -> Caller | None:
    """The party that owns a topic; whoever holds its credentials is one person to the rest of the system."""
    if party is None:
        return None
    try:
        party_class, _, party_id = party.partition("/")
        key = edge.tokens.pseudonym_key
        return parties.caller(party_class, party_id, "kafka", f"kafka:{party}", pseudonym_key=key)
    except Refusal:
        return None


def _read(record: ConsumerRecord) -> Raw | None:
    """A record as the envelope it carries, or None where it carries none."""
    headers = {name.lower(): value for name, value in safe_headers(record.headers).items()}
    content_type = headers.get("content-type", cloudevents.STRUCTURED)
    try:
        if "ce_type" in headers:
            attributes = {name[3:]: value for name, value in headers.items() if name.startswith("ce_")}
            return cloudevents.binary(attributes, record.value or b"")
        (raw,) = cloudevents.read(record.value or b"", content_type, headers)
    except (Refusal, ValueError):
        return None
    return raw


async def _answer(tx: Transaction, caller: Caller, outcomes: Sequence[Outcome], places: Sequence[str]) -> None:
    refused = [outcome for outcome in outcomes if outcome.code is not None]
    await feeds.append(tx, [_refusal(caller, outcome, places[outcome.place]) for outcome in refused])


def _refusal(caller: Caller, outcome: Outcome, place: str) -> Entry:
    data = {**outcome.document(), "record": place}
    event_id: UUID = uuid5(NAMESPACE_URL, place)
    return Entry(caller.party, "gateway", str(event_id), REFUSED, utc_now(), to_json(data).decode())
