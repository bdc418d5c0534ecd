"""Minutes left to the nearest legal deadline, on the business day's own clock; None where nothing is open."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from gateway_builders import DAY, a_day, an_appointment, made

from contracts import appointments, results
from gateway.consumers import make_consumer
from gateway.deadlines import DEADLINES
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()
A_DAY = 24 * 60
RECEIPT = """
INSERT INTO receipts (receipt_id, ref, type, party, actor, subject, digest, state, accepted_at)
VALUES (gen_random_uuid(), 'x', $1, 'clinics/1', 'a', 's', '', $2, now() - $3 * interval '1 hour')
"""
CONCLUDED = "vn.khamdoan.clinics.examination.concluded.v1"


async def left(database: Database, kind: str) -> Any:
    (sql,) = (deadline.sql for deadline in DEADLINES if deadline.name == kind)
    return await database.pool.fetchval(sql)


def kept(day: date) -> appointments.AppointmentKept:
    return appointments.AppointmentKept(**an_appointment(day=day))


def a_follow_up(due_on: date) -> results.FollowUpOpened:
    return results.FollowUpOpened(
        follow_up_id=uuid4(), visit_id=uuid4(), worker_id=uuid4(), unit_id=uuid4(), campaign_id=uuid4(),
        clinic_id="02123", kind="occupational_disease_suspected", reason="NOISE", due_on=due_on,
    )  # fmt: skip


@pytest.mark.parametrize("kind", [deadline.name for deadline in DEADLINES])
async def test_where_nothing_is_open_no_deadline_runs(database: Database, deliver: Deliver, kind: str) -> None:
    assert await left(database, kind) is None
    await deliver(CONSUMER, database, [a_day(), made(day=DAY)])
    assert await left(database, kind) is None


async def test_a_conclusion_has_24_hours_from_its_acceptance_to_its_answer(database: Database) -> None:
    for type_name, state, hours in (
        (CONCLUDED, "answered", 30), (CONCLUDED, "stored", 2), (CONCLUDED, "parked", 21), ("another", "stored", 40),
    ):  # fmt: skip
        await database.pool.execute(RECEIPT, type_name, state, hours)

    assert await left(database, "conclusion") == pytest.approx(3 * 60, abs=1)


async def test_a_visit_that_took_place_has_20_days_to_its_result(database: Database, deliver: Deliver) -> None:
    visit = kept(DAY - timedelta(days=20))
    await deliver(CONSUMER, database, [a_day(), visit, kept(DAY - timedelta(days=12)), kept(DAY - timedelta(days=40))])

    open_ = await left(database, "result")
    concluded = results.VisitConcluded(
        visit_id=visit.appointment_id, worker_id=visit.worker_id, unit_id=visit.unit_id,
        campaign_id=visit.campaign_id, concluded_on=DAY, valid_until=DAY, version=1,
    )  # fmt: skip
    await deliver(CONSUMER, database, [concluded])

    assert 0 < open_ <= A_DAY
    assert 8 * A_DAY < await left(database, "result") <= 9 * A_DAY


async def test_a_follow_up_runs_until_the_end_of_its_day_and_a_day_longer_it_is_told_as_passed(
    database: Database, deliver: Deliver
) -> None:
    await deliver(
        CONSUMER, database, [a_day(), a_follow_up(DAY + timedelta(days=1)), a_follow_up(DAY - timedelta(days=9))]
    )
    tomorrow = await left(database, "follow-up")
    await deliver(CONSUMER, database, [a_day(DAY + timedelta(days=2))])

    assert A_DAY < tomorrow <= 2 * A_DAY
    assert -A_DAY < await left(database, "follow-up") <= 0
