"""Events per second through one process: consume → inbox, upsert, outbox → relay → topic; and the raw limits beside it.

Run with DATABASE_URL and KAFKA_BOOTSTRAP_SERVERS set: `python tests/bench/kernel_throughput.py [events]`.
"""

import asyncio
import cProfile
import os
import pstats
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from uuid import UUID, uuid4

from aiokafka import AIOKafkaConsumer

from contracts.base import Event, Pseudonymous, Public
from shared import outbox
from shared.consuming import Batch, Consumer
from shared.database import Database, Transaction
from shared.kafka import TopicSpec, create_topics, producer
from shared.publisher import Publisher
from shared.service import Service
from shared.testing import Templates, Topics, row_of, running, until

KEYS = 20_000
TABLE = "CREATE TABLE totals (id uuid PRIMARY KEY, total bigint NOT NULL);"
UPSERT = """
INSERT INTO totals AS t SELECT * FROM unnest($1::uuid[], $2::bigint[])
ON CONFLICT (id) DO UPDATE SET total = t.total + excluded.total
"""


class Measured(Event, name="bench.value.measured", topic="bench.values", key="meter_id", readers=("bench",)):
    """A value of a meter, with the usual handful of fields."""

    meter_id: Pseudonymous[UUID]
    value: Public[int]
    unit: Public[str] = "kWh"
    place: Public[str] = "Phường Hải Châu, thành phố Đà Nẵng"
    reader_id: Pseudonymous[UUID | None] = None


class Added(Event, name="bench.total.added", topic="bench.totals", key="meter_id", readers=()):
    """The effect, said."""

    meter_id: Pseudonymous[UUID]
    value: Public[int]


def a_consumer() -> Consumer:
    """Adds up and says so: one upsert and one event per message."""
    consumer = Consumer("bench")

    @consumer.on(Measured)
    async def on_measured(tx: Transaction, batch: Batch[Measured]) -> None:
        events = batch.events
        await tx.execute(UPSERT, [event.meter_id for event in events], [event.value for event in events])
        await outbox.append(tx, [m.leads_to(Added(meter_id=m.event.meter_id, value=m.event.value)) for m in batch])

    return consumer


async def fill(kafka: Topics, number: int) -> float:
    """Put the events into the topic; events per second of the bare producer."""
    keys = [uuid4() for _ in range(KEYS)]
    rows = [row_of(Measured(meter_id=keys[place % KEYS], value=place)) for place in range(number)]
    publisher = Publisher(partial(producer, kafka._any_settings()), prefix=kafka.prefix, deadline=120)
    started = perf_counter()
    for start in range(0, number, 20_000):
        await publisher.send(rows[start : start + 20_000])
    await publisher.reset()
    return number / (perf_counter() - started)


async def read_all(kafka: Topics, number: int) -> float:
    """Records per second of a bare aiokafka consumer."""
    consumer = AIOKafkaConsumer(
        f"{kafka.prefix}bench.values", bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
    )
    await consumer.start()
    started, seen = perf_counter(), 0
    while seen < number:
        seen += sum(map(len, (await consumer.getmany(timeout_ms=500, max_records=1_000)).values()))
    await consumer.stop()
    return number / (perf_counter() - started)


async def measure(number: int, *, profile: bool) -> None:
    """Fill, run, and print the figures."""
    templates = Templates(os.environ["DATABASE_URL"])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "0001.sql").write_text(TABLE)
        database = Database(await templates.clone(Path(folder)))
    await database.open()
    kafka = Topics(os.environ["KAFKA_BOOTSTRAP_SERVERS"])
    settings = kafka.settings(database)
    await create_topics(settings, [TopicSpec(name, 6, replication=1) for name in ("bench.values", "bench.totals")])
    produced = await fill(kafka, number)
    read = await read_all(kafka, number)
    service = Service("bench", settings, consumer=a_consumer())
    profiler = cProfile.Profile()
    started, processor = perf_counter(), process_time()
    async with running(service, partitions=6):
        if profile:
            profiler.enable()
        await until(database, f"SELECT coalesce(sum(next_offset), 0) = {number} FROM consumed", seconds=300)
        consumed = perf_counter() - started
        await until(database, "SELECT count(*) = 0 FROM outbox", seconds=300)
        published = perf_counter() - started
        used = process_time() - processor
        profiler.disable()
    print(f"bare producer {produced:8.0f}/s   bare consumer {read:8.0f}/s")
    print(f"consumed      {number / consumed:8.0f}/s   published     {number / published:8.0f}/s")
    print(f"per processor second of the service {number / used:8.0f}")
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(45)
    await database.close()
    names: list[Any] = [database.url.rpartition("/")[2], *templates.names.values()]
    for name in names:
        await templates.drop(name)


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000, profile="--profile" in sys.argv))
