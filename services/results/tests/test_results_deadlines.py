"""Conclusions that came here and have had no effect have a day."""

from typing import Any

import pytest
from results_builders import a_conclusion, a_worker, all_sections, an_appointment

from results.consumers import consumer
from results.deadlines import DEADLINES
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack
HOURS = 60


async def left(database: Database) -> Any:
    return await database.pool.fetchval(DEADLINES[0].sql)


async def test_a_conclusion_that_waits_for_its_visit_has_a_day(database: Database, deliver: Deliver) -> None:
    nothing = await left(database)
    await deliver(consumer, database, [a_conclusion()])
    await database.pool.execute("UPDATE waiting SET held_at = now() - interval '22 hours'")

    assert nothing is None
    assert await left(database) == pytest.approx(2 * HOURS, abs=1)


async def test_a_parked_conclusion_has_a_day_and_what_was_said_has_one_to_leave(
    database: Database, deliver: Deliver
) -> None:
    await deliver(consumer, database, [a_worker(), an_appointment(), *all_sections(), a_conclusion()])
    await database.pool.execute("UPDATE outbox SET appended_at = now() - interval '1 hour'")
    unsent = await left(database)
    await database.pool.execute(
        'INSERT INTO dead_letters (id, topic, partition, "offset", type, headers, reason, parked_at) VALUES '
        "(gen_random_uuid(), 't', 0, 0, 'vn.khamdoan.clinics.examination.amended.v1', '{}', 'invalid_event', "
        "now() - interval '25 hours')"
    )

    assert unsent == pytest.approx(23 * HOURS, abs=1)
    assert await left(database) == pytest.approx(-1 * HOURS, abs=1)
