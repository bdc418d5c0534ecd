"""An exam is read by the exposures of its own day, whatever was learnt of the worker since."""

from datetime import date

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
