"""The business date as coordination starts it, and what is dated after it: nobody signs tomorrow's conclusion today."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from contracts.coordination import DayStarted
from contracts.fields import Problem
from results import model, store
from shared import waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

VIETNAM = timezone(timedelta(hours=7))
CLOCKS_DIFFER = timedelta(days=1)

Dated = tuple[Message[Any], Any]
Refused = tuple[Message[Any], list[Problem]]


async def start(tx: Transaction, batch: Batch[DayStarted]) -> None:
    """Go on to the latest day, and hear what waited for a later one than was known."""
    latest = max(batch, key=lambda message: message.event.day)
    if await tx.fetchval(store.START_DAY, latest.event.day, latest.time) is not None:
        await waiting.release(tx, "day", ["VN"])


async def come(tx: Transaction, dated: Sequence[Dated], field: str, code: str) -> tuple[list[Dated], list[Refused]]:
    """What `field` dates up to the business date, and what is refused with `code` because it is dated after it.

    Topics have no order among each other, so whatever is dated later than the day known here waits for the next day
    to begin: if that is still an earlier one, and began after the word was said, the word was dated in the future.
    Where no day is known yet, nothing is held against anybody.
    """
    row = await tx.fetchrow(store.TODAY)
    if row is None:
        return list(dated), []
    later = [m for m, _ in dated if _day(m, field) > row["today"]]
    refused = [m for m in later if m.time < row["started_at"]]
    held = [m for m in later if m.time >= row["started_at"]]
    await waiting.hold(tx, held, "day", ["VN"] * len(held))
    stopped = {m.ref for m in later}
    problem = model.problem(code, field)
    return [pair for pair in dated if pair[0].ref not in stopped], [(m, [problem]) for m in refused]


def _day(message: Message[Any], field: str) -> date:
    """The day that a word is dated; a moment until it was said, or shortly after, lies in nobody's future."""
    at: date = getattr(message.event, field)
    if not isinstance(at, datetime):
        return at
    return date.min if at.astimezone(UTC) <= message.time + CLOCKS_DIFFER else at.astimezone(VIETNAM).date()
