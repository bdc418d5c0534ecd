"""Persons who exist only here, and every place where a word about them could lie open."""

import asyncio
import base64
import json
import unicodedata
import urllib.request
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from e2e_campaign import A_MAN
from e2e_house import House

from khamdoan import services

GIVEN = "Khuêbrạchtửu"
CANARIES = [
    replace(
        A_MAN, name=f"{GIVEN}{letter} Đặng Thị Mầuxụng{letter}", cccd=f"0020889173{n:02d}", phone=f"03479158{n:02d}"
    )
    for n, letter in enumerate("abcdefghik", 10)
]
"""Their names, citizen numbers and telephone numbers begin with what no other text of a house begins with."""
SECRETS = (GIVEN, "Mầuxụng", "0020889173", "03479158")

Place = tuple[str, bytes]


def shapes(secret: str) -> dict[str, bytes]:
    """How a secret may be written: as it is, decomposed, folded, escaped, in UTF-16; all of these in hex and base64."""
    folded = "".join(c for c in unicodedata.normalize("NFD", secret.replace("đ", "d")) if not unicodedata.combining(c))
    plain = {
        "as it is": secret.encode(),
        "decomposed": unicodedata.normalize("NFD", secret).encode(),
        "lower case": secret.lower().encode(),
        "upper case": secret.upper().encode(),
        "without marks": folded.encode(),
        "search key": folded.lower().encode(),
        "escaped": json.dumps(secret)[1:-1].encode(),
        "octal": "".join(chr(b) if b < 128 else f"\\{b:03o}" for b in secret.encode()).encode(),
        "UTF-16": secret.encode("utf-16-le"),
    }
    hexadecimal = {f"{name} in hex": text.hex().encode() for name, text in plain.items()}
    encoded = {f"{name} in base64 at {n}": _base64(text, n) for name, text in plain.items() for n in range(3)}
    return plain | hexadecimal | encoded


def _base64(text: bytes, behind: int) -> bytes:
    """The characters that do not depend on what stands before and after."""
    whole = base64.b64encode(b"\0" * behind + text)
    return whole[-(-behind * 8 // 6) : (behind + len(text)) * 8 // 6]


PATTERNS = {(secret, name): text for secret in SECRETS for name, text in shapes(secret).items()}


def sightings(places: Iterable[Place]) -> set[tuple[str, str, str]]:
    """Where a secret lies open: place, secret and shape."""
    found = set()
    for place, content in places:
        lower = content.lower()
        for (secret, shape), pattern in PATTERNS.items():
            if pattern in content or (" in " not in shape and pattern.lower() in lower):
                found.add((place, secret, shape))
    return found


async def everywhere(house: House) -> AsyncIterator[Place]:
    """Every log, span, metric, Kafka record and table row of a house."""
    for log in house.logs:
        yield f"log {log.name}", log.read_bytes()
    for span in house.spans.collected:
        yield f"span {span.service} {span.name}", span.text.encode()
    for name in services.NAMES:
        yield f"metrics of {name}", await asyncio.to_thread(_read, f"{house.operations_url(name)}/metrics")
        async for place in tables(name, house.database_url(name)):
            yield place
    async for place in records(house):
        yield place


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return bytes(answer.read())


async def tables(service: str, url: str) -> AsyncIterator[Place]:
    """Every table of a database as text, byte strings in hex."""
    connection = await asyncpg.connect(url)
    try:
        named = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in named:
            content = bytearray()

            async def take(chunk: bytes, content: bytearray = content) -> None:
                content += chunk

            await connection.copy_from_query(f'SELECT * FROM "{schema}"."{table}"', output=take)
            yield f"table {service} {schema}.{table}", bytes(content)
    finally:
        await connection.close()


async def records(house: House) -> AsyncIterator[Place]:
    """Key, headers and value of every record of every topic."""
    for topic in await asyncio.to_thread(house.topic_names):
        consumer = AIOKafkaConsumer(bootstrap_servers=house.servers.kafka, auto_offset_reset="earliest")
        await consumer.start()
        try:
            numbers = consumer.partitions_for_topic(topic) or await _partitions(consumer, topic)
            partitions = [TopicPartition(topic, number) for number in numbers]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for found in (await consumer.getmany(timeout_ms=500)).values():
                    for record in found:
                        headers = b"".join(name.encode() + b"=" + value + b"\n" for name, value in record.headers)
                        yield f"topic {topic}", b"\n".join([record.key or b"", headers, record.value or b""])
        finally:
            await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.add_topic(topic)
    await consumer._client.force_metadata_update()
    return set(consumer.partitions_for_topic(topic) or ())
