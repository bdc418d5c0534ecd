"""The job that is measured, on the kernel: counts arrive, are added up per item, and each new total is said.

As a program it runs one process of it. The environment chooses: BENCH_POLLING=raw polls without FastStream.
"""

import asyncio
import os
from pathlib import Path
from time import monotonic
from uuid import UUID

from aiokafka import AIOKafkaConsumer

from contracts.base import Event, Pseudonymous, Public
from shared import kafka, outbox, service
from shared.consuming import Batch, Consumer
from shared.database import Transaction
from shared.subscription import Subscription

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


class Unframed(Subscription):
    """The kernel's consumer under the client library's own loop: what FastStream in the path costs."""

    @property
    def consumer(self) -> AIOKafkaConsumer:
        """The client library's consumer."""
        return self._client

    async def start(self) -> None:
        """Join the group, with the same settings."""
        settings, theirs = self._settings, {"ack_policy", "batch", "batch_timeout_ms", "no_reply"}
        self._client = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            group_id=settings.kafka_topic_prefix + GROUP,
            session_timeout_ms=settings.kafka_session_timeout_ms,
            enable_auto_commit=False,
            **{name: value for name, value in kafka.CONSUMING.items() if name not in theirs},
        )
        self._client.subscribe([settings.kafka_topic_prefix + topic for topic in consumer.topics], listener=self)
        await self._client.start()
        self._polling = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while True:
            polled = await self._client.getmany(timeout_ms=50, max_records=self._settings.kafka_max_records)
            if polled:
                await self._on_batch(tuple(record for records in polled.values() for record in records))
            self.polled_at = monotonic()

    async def stop(self) -> None:
        """Finish what is in hand and leave."""
        self._polling.cancel()
        await super().stop()
        await self._client.stop()


if __name__ == "__main__":
    if os.environ.get("BENCH_POLLING") == "raw":
        service.Subscription = Unframed  # type: ignore[misc]
    asyncio.run(service.Service(GROUP, service.Settings(), consumer=consumer, migrations=MIGRATIONS).run())
