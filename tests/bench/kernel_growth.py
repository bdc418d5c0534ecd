"""Tables made large before a measurement, and what a batch costs on them."""

import random
from collections.abc import Sequence
from contextlib import suppress
from json import dumps
from time import perf_counter
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
from kernel_job import MIGRATIONS, ItemBooked, ItemCounted, consumer
from kernel_load import PARTITIONS

from shared import relay
from shared.database import SESSION_SETTINGS, Database
from shared.delivery import Delivery
from shared.envelope import Arrival
from shared.outbox import SHARDS, outgoing, shard_of
from shared.testing import Templates

BATCH = 1_000
PER_KEY = 4
KEY = "('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))"

FILL = f"""
INSERT INTO inbox (source, id, received_at) SELECT 'meter', {KEY}, now() - n * interval '1 ms'
    FROM generate_series(1, $1) n;
INSERT INTO versions (topic, key, version, writer) SELECT '{ItemBooked.entry.topic}', {KEY}, 1, gen_random_uuid()
    FROM generate_series(1, $1) n;
INSERT INTO items SELECT {KEY}::uuid, 1, 1, repeat('n', 430) FROM generate_series(1, least($1, 1000000)) n;
INSERT INTO consumed SELECT 'group ' || n, 'some.topic', n % 6, n, 0 FROM generate_series(1, $1) n;
"""


async def fill_outbox(url: str, rows: int, *, analyze: bool = True) -> None:
    """So many events that were said while Kafka was away, four per key."""
    keys = [str(UUID(int=number + 1)) for number in range(rows // PER_KEY)]
    headers = dumps(outgoing(ItemBooked(item_id=UUID(int=1), total=1, note="")).headers | {"ce_id": "%s"})
    value = ItemBooked(item_id=UUID(int=1), total=1, note="n" * 430).model_dump_json().encode()
    records = [
        (shard_of(key), ItemBooked.entry.topic, key, sequence, headers % f"{key}-{sequence}", value)
        for sequence in range(1, PER_KEY + 1)
        for key in keys
    ]
    connection = await asyncpg.connect(url)
    try:
        columns = ["shard", "topic", "key", "sequence", "headers", "value"]
        await connection.copy_records_to_table("outbox", records=records, columns=columns)
        if analyze:
            await connection.execute("ANALYZE outbox")
    finally:
        await connection.close()


async def delete_what_was_acknowledged(url: str, *, planned_when_empty: bool) -> float:
    """Milliseconds the relay takes to delete 4,000 of 30,000 rows; at most ten seconds are waited for.

    asyncpg prepares every statement, PostgreSQL soon settles on one plan for all arguments, and an outbox is mostly
    analysed while it is empty: the plan of that moment must do for a backlog as well.
    """
    settings = {"plan_cache_mode": SESSION_SETTINGS.get("plan_cache_mode", "force_generic_plan")}
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        holder = uuid4()
        await connection.execute("UPDATE leases SET holder = $1", holder)
        await connection.execute("ALTER TABLE outbox SET (autovacuum_enabled = off)")
        await fill_outbox(url, 30_000)
        if planned_when_empty:
            await connection.execute("DELETE FROM outbox")
            await connection.execute("ANALYZE outbox")
            await fill_outbox(url, 30_000, analyze=False)
        rows = await connection.fetch("SELECT shard, position FROM outbox ORDER BY position LIMIT 4000")
        started = perf_counter()
        with suppress(TimeoutError):
            shards, positions = zip(*rows, strict=True)
            await connection.execute(relay.DELETE, shards, positions, holder, timeout=10)
        return (perf_counter() - started) * 1e3
    finally:
        await connection.close()


async def measure(templates: Templates, sizes: Sequence[int], *, rounds: int) -> dict[int, list[float]]:
    """µs per event of a batch on tables of each size, the sizes in turn."""
    databases = {size: await _filled(templates, size) for size in sizes}
    try:
        dice = random.Random(11)
        measured: dict[int, list[float]] = {size: [] for size in sizes}
        for number in range(rounds + 1):
            for size, database in databases.items():
                seconds = await _batch(database, size, number, dice)
                if number:
                    measured[size].append(seconds / BATCH * 1e6)
        return measured
    finally:
        for database in databases.values():
            await database.close()
            await templates.drop(urlsplit(database.url).path.removeprefix("/"))


async def _filled(templates: Templates, size: int) -> Database:
    database = Database(await templates.clone(MIGRATIONS), max_connections=2)
    await database.open()
    async with database.pool.acquire() as connection:
        for statement in filter(str.strip, FILL.split(";")):
            await connection.execute(statement.replace("$1", str(size)), timeout=1_200)
        await connection.execute("VACUUM ANALYZE", timeout=600)
        await connection.execute("CHECKPOINT", timeout=600)
    return database


async def _batch(database: Database, size: int, number: int, dice: random.Random) -> float:
    arrivals = []
    for place in range(BATCH):
        item_id = UUID(f"00000000-0000-4000-8000-{dice.randint(1, min(size, 1_000_000)):012x}")
        said = outgoing(ItemCounted(item_id=item_id, amount=1, note="n" * 430), source="meter")
        offset = number * BATCH + place
        value = said.event.model_dump_json().encode()
        partition = shard_of(str(item_id)) % SHARDS % PARTITIONS
        arrivals.append(Arrival(said.event.entry.topic, partition, offset, str(item_id), said.headers, value))
    started = perf_counter()
    outcome = await Delivery(consumer, database).deliver(arrivals)
    elapsed = perf_counter() - started
    assert len(outcome.said) == BATCH
    await database.pool.execute("DELETE FROM outbox")
    return elapsed
