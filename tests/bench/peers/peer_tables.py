"""What both peers share: the tables of the job as SQLAlchemy classes, the events, and the job for one message."""

import os
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import BigInteger, func
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

PREFIX = os.environ["KAFKA_TOPIC_PREFIX"]
BOOTSTRAP = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
INLET, OUTLET, GROUP = PREFIX + "meter.items", PREFIX + "ledger.items", PREFIX + "ledger"

engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://"))
sessions = async_sessionmaker(engine, expire_on_commit=False)


class ItemCounted(BaseModel):
    """What arrives."""

    item_id: UUID
    amount: int
    note: str


class ItemBooked(BaseModel):
    """What is said about it."""

    item_id: UUID
    total: int
    note: str


class Base(DeclarativeBase):
    """Metadata of the peers."""


class Inbox(Base):
    """Events that were done before."""

    __tablename__ = "inbox"
    source: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Item(Base):
    """The state."""

    __tablename__ = "items"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    total: Mapped[int] = mapped_column(BigInteger)
    changes: Mapped[int]
    note: Mapped[str]


async def book(session: AsyncSession, event: ItemCounted, headers: dict[str, str]) -> ItemBooked | None:
    """One message in the caller's transaction: seen before, or added to its item; returns what is to be said."""
    source, identity = headers["ce_source"], headers["ce_id"]
    if await session.get(Inbox, (source, identity)) is not None:
        return None
    session.add(Inbox(source=source, id=identity))
    item = await session.get(Item, event.item_id, with_for_update=True)
    if item is None:
        item = Item(id=event.item_id, total=0, changes=0, note="")
        session.add(item)
    item.total += event.amount
    item.changes += 1
    item.note = event.note
    return ItemBooked(item_id=item.id, total=item.total, note=item.note)


def said(headers: dict[str, str], sequence: int) -> dict[str, str]:
    """The headers of what follows from a message."""
    return {
        "ce_type": "vn.khamdoan.ledger.item.booked.v1",
        "ce_source": "ledger",
        "ce_causationid": f"{headers['ce_source']}#{headers['ce_id']}",
        "ce_sequence": str(sequence),
    }
