"""The job as many teams write it: FastStream, one message and one SQLAlchemy session at a time, a polling relay.

Nothing lost, nothing done twice, order per key: the offset is committed after the transaction, an inbox drops repeats,
one relay publishes the outbox in order and deletes a row after its acknowledgement.
"""

import asyncio
import contextlib

from faststream import FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.middlewares import AckPolicy
from peer_tables import BOOTSTRAP, GROUP, INLET, OUTLET, Base, ItemCounted, book, engine, said, sessions
from sqlalchemy import BigInteger, delete, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

RELAYED_AT_ONCE = 100

broker = KafkaBroker(BOOTSTRAP, enable_idempotence=True, acks="all", logger=None)
app = FastStream(broker, logger=None)
tasks: set[asyncio.Task[None]] = set()


class Said(Base):
    """The outbox."""

    __tablename__ = "naive_outbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    key: Mapped[str]
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    value: Mapped[bytes]


@broker.subscriber(INLET, group_id=GROUP, auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR)
async def on_item_counted(event: ItemCounted, message: KafkaMessage) -> None:
    """One message, one transaction."""
    async with sessions.begin() as session:
        booked = await book(session, event, message.headers)
        if booked is not None:
            headers = said(message.headers, booked.total)
            session.add(Said(key=str(booked.item_id), headers=headers, value=booked.model_dump_json().encode()))


async def relay() -> None:
    """Publish the oldest rows in order, delete them, look again."""
    while True:
        async with sessions.begin() as session:
            rows = (await session.scalars(select(Said).order_by(Said.id).limit(RELAYED_AT_ONCE))).all()
            for row in rows:
                await broker.publish(row.value, OUTLET, key=row.key.encode(), headers=row.headers)
            await session.execute(delete(Said).where(Said.id.in_([row.id for row in rows])))
        if not rows:
            await asyncio.sleep(0.05)


@app.on_startup
async def create_table() -> None:
    """The kernel's migrations have made the other tables."""
    async with engine.begin() as connection:
        await connection.run_sync(lambda sync: Said.__table__.create(sync, checkfirst=True))


@app.after_startup
async def start_relay() -> None:
    """One relay, in the same process."""
    tasks.add(asyncio.create_task(relay()))


@app.on_shutdown
async def stop_relay() -> None:
    """End it before the connections are gone."""
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


if __name__ == "__main__":
    asyncio.run(app.run())
