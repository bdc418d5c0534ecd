"""The business day: started by the clock in production, by the operators in trials."""

import asyncio
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from contracts.coordination import DayCounted, DayRefused, DayStarted
from contracts.operations import DaySimulated
from coordination import model, store
from shared import background, outbox
from shared.clock import utc_now
from shared.consuming import Message
from shared.database import Database, Transaction

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LOOK_EVERY_SECONDS = 20


async def simulate(tx: Transaction, asked: Message[DaySimulated], *, allowed: bool) -> None:
    """Start the day that the operators name; production refuses, and so does a day that is not ahead."""
    day, calendar = asked.event.day, asked.event.calendar
    last = await tx.fetchval(store.LOCK_DAY, calendar)
    problems = [] if allowed else [model.problem("day.production", "day")]
    if last is not None and day <= last:
        problems.append(model.problem("day.not_forward", "day"))
    if problems:
        refused = DayRefused(day=day, calendar=calendar, problems=problems)
        await outbox.append(tx, [asked.leads_to(refused)])
        return
    await tx.execute(store.SET_DAY, calendar, day, True)
    await outbox.append(tx, [asked.leads_to(DayStarted(day=day, calendar=calendar, simulated=True))])


async def counted(tx: Transaction, started: Message[DayStarted]) -> None:
    """Say that everything which hangs on this day is said."""
    event = started.event
    await outbox.append(tx, [started.leads_to(DayCounted(day=event.day, calendar=event.calendar))])


async def start_by_clock(tx: Transaction, today: date, calendar: str = "VN") -> None:
    """Start every day up to today that has not begun yet, in order."""
    last = await tx.fetchval(store.LOCK_DAY, calendar)
    first = today if last is None else last + timedelta(days=1)
    started = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    if started:
        await tx.execute(store.SET_DAY, calendar, today, False)
        await outbox.append(tx, [outbox.because_of([], DayStarted(day=day, calendar=calendar)) for day in started])


async def follow_clock(database: Database, stop: asyncio.Event) -> None:
    """Background work where days follow the clock: look at the local date until told to stop."""

    async def look() -> None:
        async with database.transaction() as tx:
            await start_by_clock(tx, utc_now().astimezone(ZONE).date())

    await background.repeat(look, stop, name="days", every=LOOK_EVERY_SECONDS)
