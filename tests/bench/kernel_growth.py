"""Tables made large before a measurement, and what a batch costs on them."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from json import dumps
from time import perf_counter
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg
from kernel_job import MIGRATIONS, ItemBooked, ItemCounted, consumer
from kernel_load import PARTITIONS

from shared import inbox, relay
from shared.database import SESSION_SETTINGS, Database
from shared.delivery import Delivery
from shared.envelope import Arrival
from shared.outbox import SHARDS, outgoing, shard_of
from shared.testing import Templates

BATCH = 1_000
PER_KEY = 4
KEY = "('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))"

WORKING_SET = 10_000

# An eighth of the inbox is old enough to be forgotten.
FILL = f"""
INSERT INTO inbox (source, id, received_at) SELECT 'meter', {KEY}, now() - interval '8 days' * (1 - n::float / $1)
    FROM generate_series(1, $1) n;
INSERT INTO versions (topic, key, version, writer) SELECT '{ItemBooked.entry.topic}', {KEY}, 1, gen_random_uuid()
    FROM generate_series(1, $1) n;
INSERT INTO items SELECT {KEY}::uuid, 1, 1, repeat('n', 430) FROM generate_series(1, $1) n;
INSERT INTO consumed SELECT 'group ' || n, 'some.topic', n % 6, n, 0 FROM generate_series(1, $1) n;
"""


VERSIONS = """
INSERT INTO versions (topic, key, version, writer)
SELECT topic, key, count(*), gen_random_uuid() FROM outbox WHERE topic = $1 GROUP BY topic, key ON CONFLICT DO NOTHING
"""


def keys_of_backlog(rows: int) -> list[UUID]:
    """The aggregates that a backlog of so many rows speaks of."""
    return [UUID(int=number + 1) for number in range(rows // PER_KEY)]


async def fill_outbox(url: str, rows: int, *, analyze: bool = True) -> None:
    """So many events that were said while Kafka was away, four per key."""
    keys = list(map(str, keys_of_backlog(rows)))
    headers = dumps(outgoing(ItemBooked(item_id=UUID(int=1), total=1, note="")).headers | {"ce_id": "%s"})
    value = ItemBooked(item_id=UUID(int=1), total=1, note="n" * 430).model_dump_json().encode()
    records = (
        (shard_of(key), ItemBooked.entry.topic, key, sequence, headers % f"{key}-{sequence}", value)
        for sequence in range(1, PER_KEY + 1)
        for key in keys
    )
    connection = await asyncpg.connect(url)
    try:
        columns = ["shard", "topic", "key", "sequence", "headers", "value"]
        await connection.copy_records_to_table("outbox", records=records, columns=columns)
        await connection.execute(VERSIONS, ItemBooked.entry.topic, timeout=600)
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


async def measure(templates: Templates, sizes: Sequence[int], *, rounds: int) -> dict[tuple[str, int], list[float]]:
    """µs per event of a batch on tables of each size, the sizes in turn, while old inbox rows are being forgotten.

    A campaign speaks of the same people for weeks, so first the batches draw from as many aggregates at every size;
    then from all there are, which no cache holds and where each page touched is written to the log in full.
    """
    databases = {size: await _filled(templates, size) for size in sizes}
    pruning = [asyncio.create_task(inbox.prune(database)) for database in databases.values()]
    try:
        dice = random.Random(11)
        measured: dict[tuple[str, int], list[float]] = defaultdict(list)
        number = 0
        for drawn, first in (("the last 10,000 aggregates", WORKING_SET), ("any aggregate", max(sizes))):
            for turn in range(rounds + 3):
                for size, database in databases.items():
                    number += 1
                    seconds = await _batch(database, max(1, size - first + 1), size, number, dice)
                    if turn >= 3:
                        measured[drawn, size].append(seconds / BATCH * 1e6)
        await asyncio.gather(*pruning)
        return measured
    finally:
        for database in databases.values():
            await database.close()
            await templates.drop(urlsplit(database.url).path.removeprefix("/"))


async def _filled(templates: Templates, size: int) -> Database:
    database = Database(await templates.clone(MIGRATIONS), max_connections=3)
    await database.open()
    async with database.pool.acquire() as connection:
        for statement in filter(str.strip, FILL.split(";")):
            await connection.execute(statement.replace("$1", str(size)), timeout=1_200)
        await connection.execute("VACUUM ANALYZE", timeout=600)
        await connection.execute("CHECKPOINT", timeout=600)
    return database


async def _batch(database: Database, first: int, last: int, number: int, dice: random.Random) -> float:
    arrivals = []
    for place in range(BATCH):
        item_id = UUID(f"00000000-0000-4000-8000-{dice.randint(first, last):012x}")
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
