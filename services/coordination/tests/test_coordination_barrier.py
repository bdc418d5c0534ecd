"""Rivals: whoever commits last sees the last check, no change is passed over by a count, nobody waits crosswise."""

import asyncio
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from coordination_builders import (
    CONSUMER,
    a_conclusion,
    a_due_check,
    a_visit,
    day_started,
    demand,
    freeze,
    open_campaign,
    rosters_closed,
    unit,
    worker,
)

from contracts.coordination import CoverageChanged, ScopeFrozen
from coordination import people, scope
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack

LONG_ENOUGH_TO_MISS_EACH_OTHER = 0.5


async def test_two_parts_of_a_unit_that_arrive_at_once_complete_it(database: Database, deliver: Deliver) -> None:
    await open_campaign(database, deliver, units=1)
    await deliver(CONSUMER, database, [rosters_closed(1), demand(1, 5), a_due_check(0, late_joiner=False)])
    first, second = [[a_due_check(n, late_joiner=False) for n in half] for half in ((1, 2), (3, 4))]

    async with database.transaction() as tx:
        await people.become_due(tx, first)
        arrived: Any = SimpleNamespace(events=first, refs=[])
        await scope.complete(tx, arrived)
        other = asyncio.create_task(deliver(CONSUMER, database, second))
        await asyncio.wait({other}, timeout=LONG_ENOUGH_TO_MISS_EACH_OTHER)
    said = await other

    (frozen,) = [event for event in said if isinstance(event, ScopeFrozen)]
    assert [(one.unit_id, one.due) for one in frozen.units] == [(unit(1), 5)]


async def test_what_commits_after_a_count_began_is_counted_by_the_next(database: Database, deliver: Deliver) -> None:
    await freeze(database, deliver, people=2)
    await deliver(CONSUMER, database, [a_visit(0)])

    async with database.transaction() as tx:
        await people.examine(tx, [a_conclusion(1)])
        await deliver(CONSUMER, database, [day_started(date(2026, 8, 10))])
    said = await deliver(CONSUMER, database, [day_started(date(2026, 8, 11))])

    figures = {event.unit_id: event.figures for event in said if isinstance(event, CoverageChanged)}
    assert figures[unit(1)].examined == 1


async def test_two_batches_about_the_same_people_never_wait_for_each_other_crosswise(
    database: Database, deliver: Deliver
) -> None:
    await freeze(database, deliver, people=2)
    first, last = sorted((0, 1), key=worker)

    async with database.transaction() as tx:
        await tx.execute(f"SET LOCAL lock_timeout = {int(1_000 * LONG_ENOUGH_TO_MISS_EACH_OTHER)}")
        await people.examine(tx, [a_conclusion(first)])
        other = asyncio.create_task(deliver(CONSUMER, database, [a_conclusion(last), a_conclusion(first)]))
        await asyncio.wait({other}, timeout=LONG_ENOUGH_TO_MISS_EACH_OTHER)
        await people.examine(tx, [a_conclusion(last)])
    await other

    assert await database.pool.fetchval("SELECT count(examined_on) FROM people") == 2
