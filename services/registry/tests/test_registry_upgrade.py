"""Data of 0.1.0 under the version after it: the same file changes nothing, and likeness finds whom it did not know."""

import asyncio
from datetime import date
from uuid import uuid4

import pytest
from registry_builders import HEADER, UNIT, Register, a_person, says

from contracts.monitoring import MonitoringReported
from contracts.registry import WorkerChanged
from registry import backfill

JOB_HEADER = [*HEADER, "Công việc"]
PEOPLE = [[*a_person(number), job] for number, job in ((1, "Công nhân may"), (2, "Thợ cắt"), (3, None))]
AS_0_1_0_LEFT_IT = """
UPDATE workers SET job = NULL;
UPDATE employments SET job = NULL;
UPDATE persons SET spelled = NULL, named = NULL, first_word = NULL, last_word = NULL, number_middle = NULL,
    number_end = NULL;
UPDATE identifiers SET verified_by = NULL, scope = NULL
"""


@pytest.fixture
async def upgraded(register: Register) -> Register:
    """Three people as the columns' migrations leave those who were there before."""
    await register.with_units()
    await register.take(*PEOPLE, header=JOB_HEADER)
    await register.database.pool.execute(AS_0_1_0_LEFT_IT)
    return register


async def fill_in(register: Register, at_once: int = 2) -> int:
    """As at a start, in steps of two."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(backfill, "AT_ONCE", at_once)
        return await backfill.run(register.database, register.vault, asyncio.Event())


async def test_the_same_file_after_an_upgrade_says_nothing_and_ends_no_employment(upgraded: Register) -> None:
    before_it_is_filled_in = await upgraded.take(*PEOPLE, header=JOB_HEADER)

    rows = await upgraded.database.pool.fetch("SELECT job, valid_to FROM employments ORDER BY job")
    assert before_it_is_filled_in.worker_events == []
    assert before_it_is_filled_in.effects == ["unchanged"] * 3
    assert [tuple(row) for row in rows] == [("cong nhan may", None), ("tho cat", None), (None, None)]


async def test_what_an_upgrade_lacks_is_filled_in_once_and_told_to_nobody(upgraded: Register) -> None:
    heard = len(upgraded.heard)
    lacking = "SELECT count(*) FROM persons WHERE spelled IS NULL"

    filled, again = await fill_in(upgraded), await fill_in(upgraded)

    jobs = await upgraded.database.pool.fetch("SELECT job FROM workers JOIN employments USING (worker_id, job)")
    assert (filled, again, len(upgraded.heard)) == (3, 0, heard)
    assert await upgraded.database.pool.fetchval(lacking) == 0
    assert sorted(row["job"] for row in jobs) == ["cong nhan may", "tho cat"]


async def test_whoever_was_registered_before_an_upgrade_is_found_by_likeness(upgraded: Register) -> None:
    twin = [*a_person(1, name="Nguyễn An Bin", cccd=None, code=None, phone=None), None]

    await fill_in(upgraded)
    taken = await upgraded.take(twin, header=JOB_HEADER)

    assert taken.effects == ["review"]


async def test_filling_in_a_job_tells_of_those_whom_a_report_exposes_by_it(upgraded: Register) -> None:
    report = MonitoringReported(
        report_id=uuid4(), unit_id=UNIT, measured_on=date(2026, 1, 10), valid_from=date(2026, 1, 20),
        places=[{"job": "Công nhân may", "hazards": [{"hazard": "DUST_COT"}]}],
    )  # fmt: skip
    told = await upgraded.hear(says(report))
    heard = len(upgraded.heard)

    await fill_in(upgraded)

    (row,) = upgraded.heard[heard:]
    changed = WorkerChanged.model_validate_json(row.value)
    assert [event for event in told if isinstance(event, WorkerChanged)] == []
    assert [(e.hazard, e.since) for e in changed.exposures] == [("DUST_COT", date(2026, 1, 20))]
