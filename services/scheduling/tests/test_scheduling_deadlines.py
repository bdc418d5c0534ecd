"""A check without a place has until the end of its legal deadline, on the business day's own clock."""

import pytest
from scheduling_builders import TODAY, a_campaign, a_line, a_unit, day_started, rosters_closed, workers

from scheduling.consumers import consumer
from scheduling.deadlines import DEADLINES
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack
A_DAY = 24 * 60
SET_DEADLINE = """
UPDATE health_checks SET state = $2, legal_deadline = $1::date + $3::int
WHERE worker_id = (SELECT worker_id FROM health_checks ORDER BY worker_id LIMIT 1 OFFSET $4)
"""


async def test_the_nearest_deadline_of_what_has_no_place_counts(database: Database, deliver: Deliver) -> None:
    nothing = await database.pool.fetchval(DEADLINES[0].sql)
    await deliver(
        consumer, database, [a_campaign(), a_unit(), a_line(), *workers(3), rosters_closed(3), day_started(TODAY)]
    )
    await database.pool.execute("UPDATE health_checks SET legal_deadline = NULL")
    for nth, (state, days) in enumerate((("booked", 1), ("open", 4), ("open", -30))):
        await database.pool.execute(SET_DEADLINE, TODAY, state, days, nth)

    assert nothing is None
    assert 4 * A_DAY < await database.pool.fetchval(DEADLINES[0].sql) <= 5 * A_DAY
