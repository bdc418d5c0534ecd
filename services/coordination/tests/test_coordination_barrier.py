"""The counting barrier under rivals: whoever commits last sees the last check, however many work at once."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from coordination_builders import a_due_check, a_unit, demand, opening, rosters_closed, the_province, unit

from contracts.coordination import ScopeFrozen
from coordination import people, scope
from coordination.consumers import make_consumer
from coordination.settings import Settings
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack

CONSUMER = make_consumer(Settings(database_url="", kafka_bootstrap_servers="", days="simulated"))
LONG_ENOUGH_TO_MISS_EACH_OTHER = 0.5


async def test_two_parts_of_a_unit_that_arrive_at_once_complete_it(database: Database, deliver: Deliver) -> None:
    await deliver(CONSUMER, database, [the_province(), a_unit(1)])
    for batch in opening():
        await deliver(CONSUMER, database, batch)
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
