"""What the libraries do with nothing of ours above them: the ceilings that the job is measured against."""

import asyncio
from collections.abc import Iterator, Sequence
from json import dumps
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import TopicPartition
from kernel_job import BOOK, GROUP, ItemBooked, ItemCounted
from kernel_load import PARTITIONS, Place, Record

from shared import inbox, outbox, relay

BATCH = 1_000
IN_FLIGHT = 20_000
LONGEST = 60.0


def produce_with_librdkafka(place: Place, events: Sequence[Record]) -> float:
    """Idempotent, acknowledged by all; events/s."""
    started = monotonic()
    place.fill(list(events))
    return len(events) / (monotonic() - started)


async def produce_with_aiokafka(place: Place, events: Sequence[Record]) -> float:
    """Idempotent, acknowledged by all, 20,000 in flight; events/s."""
    client = AIOKafkaProducer(
        bootstrap_servers=place.servers.kafka, acks="all", enable_idempotence=True, linger_ms=2, max_batch_size=131_072
    )
    await client.start()
    try:
        started = monotonic()
        for chunk in chunks(events, IN_FLIGHT):
            sent = [
                await client.send(
                    place.inlet, value, key.encode(), headers=[(name, str(text).encode()) for name, text in headers]
                )
                for key, value, headers in chunk
            ]
            await asyncio.gather(*sent)
        return len(events) / (monotonic() - started)
    finally:
        await client.stop()


def consume_with_librdkafka(place: Place, number: int) -> float:
    """Batches of a thousand, key, value and headers looked at; events/s from the first batch on."""
    client = KafkaConsumer({"bootstrap.servers": place.servers.kafka, "group.id": place.prefix + "raw"})
    try:
        client.assign([TopicPartition(place.inlet, partition, 0) for partition in range(PARTITIONS)])
        first = len([(m.key(), m.value(), m.headers()) for m in client.consume(BATCH, timeout=10)])
        started, seen = monotonic(), first
        while seen < number and monotonic() - started < LONGEST:
            seen += len([(m.key(), m.value(), m.headers()) for m in client.consume(BATCH, timeout=10)])
        return (seen - first) / (monotonic() - started)
    finally:
        client.close()


async def consume_with_aiokafka(place: Place, number: int) -> float:
    """getmany by the thousand; events/s from the first batch on."""
    client = AIOKafkaConsumer(
        place.inlet,
        bootstrap_servers=place.servers.kafka,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await client.start()
    try:
        first = sum(map(len, (await client.getmany(timeout_ms=10_000, max_records=BATCH)).values()))
        started, seen = monotonic(), first
        while seen < number and monotonic() - started < LONGEST:
            seen += sum(map(len, (await client.getmany(timeout_ms=10_000, max_records=BATCH)).values()))
        return (seen - first) / (monotonic() - started)
    finally:
        await client.stop()


async def copy(place: Place, events: Sequence[Record]) -> float:
    """COPY by the thousand, a transaction each, into a table of the items' shape; rows/s."""
    connection = await asyncpg.connect(place.url)
    try:
        await connection.execute("CREATE TABLE copied (LIKE items)")
        rows = [(UUID(key), 1, 1, value.decode()) for key, value, _ in events]
        started = monotonic()
        for chunk in chunks(rows, BATCH):
            await connection.copy_records_to_table("copied", records=chunk)
        return len(rows) / (monotonic() - started)
    finally:
        await connection.close()


async def upsert(place: Place, events: Sequence[Record]) -> float:
    """The job's own statement by the thousand, a transaction each; rows/s."""
    connection = await asyncpg.connect(place.url)
    try:
        batches = [_book_arguments(chunk) for chunk in chunks(events, BATCH)]
        started = monotonic()
        for arguments in batches:
            await connection.fetch(BOOK, *arguments)
        return len(events) / (monotonic() - started)
    finally:
        await connection.close()


async def sql_of_the_job(place: Place, events: Sequence[Record]) -> float:
    """Every statement the kernel sends for the job, on one connection, arguments made beforehand; events/s."""
    connection = await asyncpg.connect(place.url, server_settings={"jit": "off"})
    try:
        writer = uuid4()
        await connection.execute("UPDATE leases SET holder = $1", writer)
        batches = [_statements(chunk, number, writer) for number, chunk in enumerate(chunks(events, BATCH))]
        started = monotonic()
        for statements in batches:
            async with connection.transaction():
                for statement, arguments in statements:
                    rows = await connection.fetch(statement, *arguments)
            async with connection.transaction():
                positions = [row["position"] for row in rows]
                await connection.execute(relay.DELETE, statements[-1][1][0], positions, writer)
        return len(events) / (monotonic() - started)
    finally:
        await connection.close()


def _statements(events: Sequence[Record], number: int, writer: UUID) -> list[tuple[str, tuple[Any, ...]]]:
    keys = [key for key, _, _ in events]
    said = [str(value, "utf-8").replace("amount", "total").encode() for _, value, _ in events]
    identities = [(str(dict(headers)["ce_source"]), str(dict(headers)["ce_id"])) for _, _, headers in events]
    received = map(list, zip(*identities, strict=True))
    heard = [ItemCounted.entry.topic] * PARTITIONS
    places = heard, range(PARTITIONS), [number * BATCH] * PARTITIONS
    topics = [ItemBooked.entry.topic] * len(events)
    seen: dict[str, int] = {}
    later = [seen.update({key: seen.get(key, -1) + 1}) or seen[key] for key in reversed(keys)][::-1]
    headers = [dumps(dict(headers)) for _, _, headers in events]
    return [
        (
            inbox.RECEIVE,
            (GROUP, *places, *received, [heard[0]] * len(events), keys),
        ),
        *((BOOK, _book_arguments(wave)) for wave in _distinct(events)),
        (outbox.APPEND, ([outbox.shard_of(key) for key in keys], topics, keys, later, headers, said, writer)),
    ]


def _distinct(events: Sequence[Record]) -> Iterator[list[Record]]:
    """As the kernel's waves: no key twice in one statement."""
    waves: list[dict[str, Record]] = []
    for event in events:
        wave = next((wave for wave in waves if event[0] not in wave), None)
        if wave is None:
            waves.append(wave := {})
        wave[event[0]] = event
    return (list(wave.values()) for wave in waves)


def _book_arguments(events: Sequence[Record]) -> tuple[list[UUID], list[int], list[str]]:
    distinct = {key: value for key, value, _ in events}
    return [UUID(key) for key in distinct], [1] * len(distinct), [str(value, "utf-8") for value in distinct.values()]


def chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Consecutive parts of a sequence."""
    return (items[start : start + size] for start in range(0, len(items), size))
