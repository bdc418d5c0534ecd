"""The business date: the latest day that coordination started."""

from datetime import date

from contracts.coordination import DayStarted
from gateway.read_models.records import Reader
from shared.consuming import Batch
from shared.database import Transaction

RECORD = """
INSERT INTO days (day, simulated, started_at)
SELECT * FROM unnest($1::date[], $2::boolean[], $3::timestamptz[]) ON CONFLICT (day) DO NOTHING
"""
CURRENT = "SELECT day, simulated, started_at FROM days ORDER BY day DESC LIMIT 1"


async def record(tx: Transaction, batch: Batch[DayStarted]) -> None:
    """Remember the days that began."""
    days = [(message.event.day, message.event.simulated, message.time) for message in batch]
    await tx.execute(RECORD, *map(list, zip(*days, strict=True)))


async def current(db: Reader) -> date | None:
    """The business date, or None before the first day."""
    day: date | None = await db.fetchval("SELECT max(day) FROM days")
    return day
