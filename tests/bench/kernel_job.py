"""The job that is measured, on the kernel: counts arrive, are added up per item, and each new total is said.

As a program it runs one process of it. The environment chooses: BENCH_POLLING=raw polls without FastStream.
"""

import asyncio
import os
from pathlib import Path
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.base import Event, Pseudonymous, Public
from shared import outbox
from shared.consuming import Batch, Consumer
from shared.database import Database, Transaction
from shared.delivery import Delivery
from shared.service import Service, Settings
from shared.subscription import arrived

GROUP = "ledger"
MIGRATIONS = Path(__file__).parent / "job_migrations"

BOOK = """
INSERT INTO items AS i (id, total, changes, note)
SELECT id, amount, 1, note FROM unnest($1::uuid[], $2::int[], $3::text[]) AS e (id, amount, note)
ON CONFLICT (id) DO UPDATE SET total = i.total + excluded.total, changes = i.changes + 1, note = excluded.note
RETURNING id, total
"""


class ItemCounted(Event, name="meter.item.counted", topic="meter.items", key="item_id", readers=("ledger",)):
    """What arrives."""

    item_id: Pseudonymous[UUID]
    amount: Public[int]
    note: Public[str]


class ItemBooked(Event, name="ledger.item.booked", topic="ledger.items", key="item_id", readers=()):
    """What is said about it."""

    item_id: Pseudonymous[UUID]
    total: Public[int]
    note: Public[str]


consumer = Consumer(GROUP)


@consumer.on(ItemCounted)
async def on_item_counted(tx: Transaction, batch: Batch[ItemCounted]) -> None:
    """Add up and say the new totals."""
    events = batch.events
    rows = await tx.fetch(BOOK, [e.item_id for e in events], [e.amount for e in events], [e.note for e in events])
    totals = {row["id"]: row["total"] for row in rows}
    await outbox.append(
        tx,
        [m.leads_to(ItemBooked(item_id=m.event.item_id, total=totals[m.event.item_id], note=m.event.note))
         for m in batch],
    )  # fmt: skip


async def poll_without_faststream(service: Service, database: Database, stop: asyncio.Event) -> None:
    """The kernel's delivery under the client library's own loop: what FastStream in the path costs."""
    settings = service.settings
    prefix = settings.kafka_topic_prefix
    delivery = Delivery(consumer, database, telemetry=service.telemetry, metrics=service.metrics)
    client = AIOKafkaConsumer(
        prefix + ItemCounted.entry.topic,
        bootstrap_servers=settings.kafka_bootstrap_servers,
        group_id=prefix + GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await client.start()
    try:
        while not stop.is_set():
            polled = await client.getmany(timeout_ms=50, max_records=settings.kafka_max_records)
            arrivals = [arrived(record, prefix=prefix) for records in polled.values() for record in records]
            if arrivals:
                await delivery.deliver(arrivals)
                await client.commit(
                    {TopicPartition(tp.topic, tp.partition): records[-1].offset + 1 for tp, records in polled.items()}
                )
    finally:
        await client.stop()


async def main() -> None:
    """Run until SIGTERM."""
    settings = Settings()
    if os.environ.get("BENCH_POLLING") != "raw":
        await Service(GROUP, settings, consumer=consumer, migrations=MIGRATIONS).run()
        return

    async def poll(database: Database, stop: asyncio.Event) -> None:
        await poll_without_faststream(service, database, stop)

    service = Service(GROUP, settings, migrations=MIGRATIONS, background=[poll])
    await service.run()


if __name__ == "__main__":
    asyncio.run(main())
