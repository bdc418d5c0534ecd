"""The job on faststream-outbox: its table, its publish inside the session, its relay to Kafka.

One worker, because several give up the order per key; batches and intervals of the relay are set so that it keeps up.
"""

import asyncio

from faststream import FastStream
from faststream.kafka import KafkaBroker, KafkaMessage, KafkaResponse
from faststream.middlewares import AckPolicy
from faststream_outbox import OutboxBroker, make_outbox_table
from faststream_outbox.annotations import OutboxMessage
from peer_tables import BOOTSTRAP, GROUP, INLET, OUTLET, Base, ItemBooked, ItemCounted, book, engine, said, sessions

table = make_outbox_table(Base.metadata, table_name="peer_outbox")
kafka = KafkaBroker(BOOTSTRAP, enable_idempotence=True, acks="all", logger=None)
outbox = OutboxBroker(engine, outbox_table=table, logger=None)
app = FastStream(outbox, logger=None)


@kafka.subscriber(INLET, group_id=GROUP, auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR)
async def on_item_counted(event: ItemCounted, message: KafkaMessage) -> None:
    """One message, one transaction."""
    async with sessions.begin() as session:
        booked = await book(session, event, message.headers)
        if booked is not None:
            headers = said(message.headers, booked.total) | {"key": str(booked.item_id)}
            await outbox.publish(booked, queue=OUTLET, session=session, headers=headers)


@kafka.publisher(OUTLET)
@outbox.subscriber(OUTLET, fetch_batch_size=500, min_fetch_interval=0.05, terminal_flush_batch_size=100)
async def relay(event: ItemBooked, message: OutboxMessage) -> KafkaResponse:
    """A row on its way to Kafka."""
    return KafkaResponse(event, key=message.headers["key"].encode(), headers=message.headers)


@app.on_startup
async def start() -> None:
    """The kernel's migrations have made the other tables; Kafka must be there before the relay."""
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: table.create(sync, checkfirst=True))
    await kafka.start()


@app.on_shutdown
async def stop() -> None:
    """Stop consuming first."""
    await kafka.stop()


if __name__ == "__main__":
    asyncio.run(app.run())
