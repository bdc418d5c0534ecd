"""Kafka's unsafe defaults, all overruled in this one place; and topics."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

import stamina
import structlog
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.helpers import create_ssl_context
from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]
from confluent_kafka.cimpl import NewTopic
from faststream.middlewares import AckPolicy
from faststream.security import BaseSecurity, SASLScram512

from contracts.topics import TIMESTAMPS
from shared.settings import Settings

log = structlog.get_logger(__name__)
LIBRDKAFKA = logging.getLogger("librdkafka")

LED_SECONDS, LOOK_SECONDS = 30.0, 0.05

# New partitions are noticed after this; the default is five minutes.
METADATA_MAX_AGE_MS = 15_000

CONSUMING: dict[str, Any] = {
    # FastStream's default commits what was fetched, not what was done.
    "ack_policy": AckPolicy.MANUAL,
    # The default loses what was said before the first start.
    "auto_offset_reset": "earliest",
    "isolation_level": "read_committed",
    "batch": True,
    "batch_timeout_ms": 200,
    "heartbeat_interval_ms": 3_000,
    # A batch may wait for a missing database; the group takes the partitions back if it waits longer than this.
    "max_poll_interval_ms": 300_000,
    "fetch_max_wait_ms": 100,
    # Not more, or a poll comes from one partition only, and one lane alone has work.
    "max_partition_fetch_bytes": 1024 * 1024,
    "partition_assignment_strategy": (RoundRobinPartitionAssignor,),
    "no_reply": True,
}

PRODUCING: dict[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "max.in.flight.requests.per.connection": 5,
    # Without it, what is in flight behind a record that the broker refuses for good is written, and overtakes it.
    "enable.gapless.guarantee": True,
    # The library never gives up on a record by itself, which would let a later one of the same key overtake it:
    # the relay has a deadline of its own and starts over in order.
    "message.timeout.ms": 0,
    # The same partitions as Java's clients and aiokafka choose.
    "partitioner": "murmur2_random",
    "linger.ms": 0,
    # A small request must not wait until the one before it is acknowledged.
    "socket.nagle.disable": True,
    "queue.buffering.max.messages": 200_000,
    "reconnect.backoff.ms": 100,
    "reconnect.backoff.max.ms": 2_000,
    "topic.metadata.propagation.max.ms": 2_000,
    "log.connection.close": False,
    "log_level": 2,
}


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it must exist; `retention_ms` -1 keeps for ever."""

    name: str
    partitions: int = 6
    retention_ms: int = 90 * 86_400_000
    replication: int = -1


def connection(settings: Settings) -> dict[str, Any]:
    """librdkafka's way to the brokers, with credentials if there are any."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "security.protocol": settings.kafka_security_protocol,
    }
    if settings.kafka_ca_file:
        config["ssl.ca.location"] = settings.kafka_ca_file
    if settings.kafka_username:
        config |= {
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": settings.kafka_username,
            "sasl.password": settings.kafka_password,
        }
    return config


def security(settings: Settings) -> BaseSecurity | None:
    """FastStream's way to the same brokers."""
    if settings.kafka_security_protocol == "PLAINTEXT":
        return None
    encrypted = settings.kafka_security_protocol.endswith("SSL")
    context = create_ssl_context(cafile=settings.kafka_ca_file or None) if encrypted else None
    if settings.kafka_username:
        return SASLScram512(settings.kafka_username, settings.kafka_password, ssl_context=context, use_ssl=encrypted)
    return BaseSecurity(ssl_context=context, use_ssl=encrypted)


def producer(settings: Settings, **changes: Any) -> Producer:
    """A fresh idempotent producer."""
    config = {**connection(settings), **PRODUCING, "client.id": settings.hostname, **changes}
    return Producer(config, logger=LIBRDKAFKA)


class TopicsMissingError(Exception):
    """Some topics of a subscription do not exist yet."""


NOT_YET = (TopicsMissingError, KafkaException)


async def create_topics(settings: Settings, topics: Iterable[TopicSpec]) -> list[str]:
    """Create what is missing; returns the names created now, once their partitions take records.

    A broker names itself leader in its metadata before it leads. What a new producer sends in between is refused, and
    the next record, finding no trace of it, is not: the two would change places.
    """
    return await asyncio.to_thread(_create_topics, settings, list(topics))


def _create_topics(settings: Settings, topics: Sequence[TopicSpec]) -> list[str]:
    admin = AdminClient(connection(settings), logger=LIBRDKAFKA)
    prefix = settings.kafka_topic_prefix
    wanted = [
        NewTopic(
            prefix + topic.name,
            num_partitions=topic.partitions,
            replication_factor=topic.replication,
            config=_config_of(topic),
        )
        for topic in topics
    ]
    created = []
    for name, future in admin.create_topics(wanted, request_timeout=30).items() if wanted else ():
        try:
            future.result()
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    _wait_for_leaders(admin, {prefix + topic.name for topic in topics})
    return created


def _wait_for_leaders(admin: AdminClient, names: set[str]) -> None:
    """Without a word: new topics are never led at once, and whoever starts a stack would take it for a fault."""
    deadline = monotonic() + LED_SECONDS
    while True:
        try:
            return _require_leaders(admin, names)
        except NOT_YET:
            if monotonic() > deadline:
                raise
        sleep(LOOK_SECONDS)


def _config_of(topic: TopicSpec) -> dict[str, str]:
    config = {
        **TIMESTAMPS,
        "cleanup.policy": "delete",
        "retention.ms": str(topic.retention_ms),
    }
    # With acks=all, two of three must have it; -1 leaves both numbers to the broker.
    return config | {"min.insync.replicas": "2"} if topic.replication > 2 else config


async def wait_for_topics(settings: Settings, names: Iterable[str]) -> None:
    """Return once the broker answers and all these topics (named without prefix) are there and led."""
    wanted = {settings.kafka_topic_prefix + name for name in names}
    admin = AdminClient(connection(settings), logger=LIBRDKAFKA)
    async for attempt in stamina.retry_context(on=NOT_YET, attempts=None, timeout=None, wait_initial=0.2, wait_max=5.0):
        with attempt:
            try:
                await asyncio.to_thread(_require_leaders, admin, wanted)
            except TopicsMissingError as error:
                log.warning("topics missing", topics=error.args[0])
                raise


def _require_leaders(admin: AdminClient, names: set[str]) -> None:
    """Raises one of NOT_YET unless every partition is led by a broker that knows so, of which metadata is no proof."""
    known = admin.list_topics(timeout=5).topics
    missing = sorted(name for name in names if name not in known or not known[name].partitions)
    if missing:
        raise TopicsMissingError(missing)
    partitions = [TopicPartition(name, number) for name in names for number in known[name].partitions]
    latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    for answer in admin.list_offsets(dict.fromkeys(partitions, latest), request_timeout=5).values():
        answer.result()
