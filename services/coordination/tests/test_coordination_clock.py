"""Where days follow the clock: every day begins once, in order, whatever becomes of the database meanwhile."""

import asyncio
from datetime import date, timedelta

import pytest

from coordination import days
from shared.clock import utc_now
from shared.database import Database
from shared.testing import PATIENCE, until

pytestmark = pytest.mark.stack

STARTED = "SELECT convert_from(value, 'UTF8')::json->>'day' AS day FROM outbox ORDER BY position"
WAITING = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
IT_WAITS, CUT = f"SELECT count(*) = 1 {WAITING}", f"SELECT pg_terminate_backend(pid) {WAITING}"


async def test_days_that_passed_unseen_begin_in_order(database: Database) -> None:
    for today in (date(2026, 7, 1), date(2026, 7, 1), date(2026, 7, 4)):
        async with database.transaction() as tx:
            await days.start_by_clock(tx, today)

    rows = await database.pool.fetch(STARTED)

    assert [row["day"] for row in rows] == ["2026-07-01", "2026-07-02", "2026-07-03", "2026-07-04"]


async def test_the_clock_is_followed_beyond_a_lost_connection(database: Database) -> None:
    today = utc_now().astimezone(days.ZONE).date()
    async with database.transaction() as tx:
        await days.start_by_clock(tx, today - timedelta(days=1))
    stop = asyncio.Event()

    async with database.transaction() as rival:
        await rival.execute("SELECT FROM days FOR UPDATE")
        following = asyncio.create_task(days.follow_clock(database, stop))
        await until(database, IT_WAITS)
        await database.pool.execute(CUT)
        await until(database, IT_WAITS)
    await until(database, "SELECT count(*) >= 2 FROM outbox")
    stop.set()
    async with asyncio.timeout(PATIENCE):
        await following

    rows = await database.pool.fetch(STARTED)
    assert [row["day"] for row in rows][:2] == [(today - timedelta(days=1)).isoformat(), today.isoformat()]
