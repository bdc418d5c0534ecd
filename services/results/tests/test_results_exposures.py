"""An exam is read by the exposures of its own day, whatever was learnt of the worker since."""

from datetime import date
from typing import Any

import pytest
from results_builders import a_worker, an_appointment, visit

from contracts.registry import WorkerChanged
from results import store
from results.consumers import consumer
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack

NOISE, DUST = [{"hazard": "PHYS_NOISE"}], [{"hazard": "DUST_COT"}]


async def test_a_visit_sees_the_hazards_of_its_own_day(database: Database, deliver: Deliver) -> None:
    known = a_worker(exposures=NOISE, as_of=date(2026, 6, 1), heavy_class="NNDHNH")
    moved = WorkerChanged(**a_worker(exposures=DUST, as_of=date(2026, 8, 10)).model_dump())
    again = WorkerChanged(**a_worker(exposures=NOISE, as_of=date(2026, 9, 1)).model_dump())
    visits = [an_appointment(1), an_appointment(2, worker_id=known.worker_id, day=date(2026, 8, 20))]

    await deliver(consumer, database, [known, *visits])
    await deliver(consumer, database, [moved])
    await deliver(consumer, database, [again])

    rows = {row["visit_id"]: row for row in await database.pool.fetch(store.LOCK_VISITS, [visit(1), visit(2)])}
    assert (rows[visit(1)]["hazards"], rows[visit(1)]["heavy"]) == (["PHYS_NOISE"], True)
    assert (rows[visit(2)]["hazards"], rows[visit(2)]["heavy"]) == (["DUST_COT"], False)


async def test_an_exam_before_everything_that_is_known_takes_what_was_known_first(
    database: Database, deliver: Deliver
) -> None:
    await deliver(consumer, database, [a_worker(exposures=NOISE, as_of=date(2026, 9, 1)), an_appointment(1)])
    await deliver(consumer, database, [WorkerChanged(**a_worker(exposures=DUST, as_of=date(2026, 10, 1)).model_dump())])

    (row,) = await database.pool.fetch(store.LOCK_VISITS, [visit(1)])

    assert row["hazards"] == ["PHYS_NOISE"]


def noise(since: date | None) -> list[dict[str, Any]]:
    return [{"hazard": "PHYS_NOISE", "since": since}]


async def hazards_on(database: Database, deliver: Deliver, day: date, *told: dict[str, Any]) -> list[str]:
    """What an exam of a day is read by, after the worker was told of in this order."""
    first, *later = (a_worker(**facts) for facts in told)
    await deliver(consumer, database, [first, an_appointment(1, day=day)])
    for facts in later:
        await deliver(consumer, database, [WorkerChanged(**facts.model_dump())])
    (row,) = await database.pool.fetch(store.LOCK_VISITS, [visit(1)])
    found: list[str] = row["hazards"]
    return found


async def test_an_exam_is_read_by_a_report_that_held_on_its_day_and_came_after_it(
    database: Database, deliver: Deliver
) -> None:
    told_late = {"exposures": noise(date(2026, 8, 1)), "as_of": date(2026, 9, 1)}
    withdrawn = {"exposures": [], "as_of": date(2026, 10, 1)}

    found = await hazards_on(database, deliver, date(2026, 8, 20), {"as_of": date(2026, 6, 1)}, told_late, withdrawn)

    assert found == ["PHYS_NOISE"]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        # Not yet on the day of the exam, whether that was told before or after it.
        ([{"exposures": noise(date(2026, 9, 1)), "as_of": date(2026, 6, 1)}], []),
        ([{"as_of": date(2026, 6, 1)}, {"exposures": noise(date(2026, 9, 1)), "as_of": date(2026, 9, 5)}], []),
        # A move from one noisy line to another says a later day; what held on the day of the exam stays.
        (
            [
                {"exposures": noise(date(2024, 1, 20)), "as_of": date(2026, 6, 1)},
                {"exposures": noise(date(2026, 9, 1)), "as_of": date(2026, 9, 1)},
            ],
            ["PHYS_NOISE"],
        ),
        # Without a day of its own, a hazard holds from the day on which it was told.
        ([{"as_of": date(2026, 6, 1)}, {"exposures": noise(None), "as_of": date(2026, 9, 1)}], []),
        ([{"exposures": noise(None), "as_of": date(2026, 6, 1)}], ["PHYS_NOISE"]),
    ],
)
async def test_a_hazard_counts_from_its_own_day(
    database: Database, deliver: Deliver, told: list[dict[str, Any]], expected: list[str]
) -> None:
    found = await hazards_on(database, deliver, date(2026, 8, 20), *told)

    assert found == expected
