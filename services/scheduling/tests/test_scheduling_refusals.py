"""Whoever refused may change their mind: the check is due again, by the union's word, by their own, or by coming."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from scheduling_builders import (
    CAMPAIGN,
    EXAM_DAY,
    TODAY,
    a_refusal,
    a_refusal_withdrawn,
    a_session,
    a_walk_in,
    a_window,
    a_worker,
    a_worker_id,
    attendance,
    booking,
    day_started,
    worker_left,
)
from scheduling_campaigns import a_campaign_under_way, codes, of, outcomes

from contracts import workers as worker_events
from contracts.appointments import AppointmentKept, AppointmentMade, RequestAnswered
from contracts.coordination import ClosingProposed, Figures
from contracts.registry import Exposure, WorkerChanged
from contracts.scheduling import HealthCheckBecameDue, HealthCheckWithdrawn
from scheduling.consumers import consumer
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack


async def states(database: Database) -> list[str]:
    rows = await database.pool.fetch("SELECT state FROM health_checks ORDER BY worker_id")
    return [row["state"] for row in rows]


def own_word(kind: type[Any], number: int = 0) -> Any:
    """What a worker says with a token of their own."""
    return kind(request_id=uuid4(), worker_id=a_worker_id(number), campaign_id=CAMPAIGN)


async def test_a_withdrawn_refusal_makes_the_check_due_again_with_the_deadline_it_had(
    database: Database, deliver: Deliver
) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session], people=1)
    before = await database.pool.fetchrow("SELECT due_on, legal_deadline FROM health_checks")
    await deliver(consumer, database, [a_refusal(0)])

    withdrawn = await deliver(consumer, database, [a_refusal_withdrawn(0)])
    booked = await deliver(consumer, database, [booking(0, session)])

    (check,) = of(HealthCheckBecameDue, withdrawn)
    assert before is not None
    assert (check.due_on, check.legal_deadline) == (before["due_on"], before["legal_deadline"])
    assert outcomes(withdrawn) == outcomes(booked) == ["granted"]


async def test_workers_refuse_and_withdraw_it_for_themselves(database: Database, deliver: Deliver) -> None:
    await a_campaign_under_way(database, deliver, [], people=1)

    refused = await deliver(consumer, database, [own_word(worker_events.RefusalReported)])
    withdrawn = await deliver(consumer, database, [own_word(worker_events.RefusalWithdrawn)])

    assert [event.reason for event in of(HealthCheckWithdrawn, refused)] == ["refused"]
    assert outcomes(refused) == outcomes(withdrawn) == ["granted"]
    assert await states(database) == ["open"]


async def test_whoever_refuses_withdraws_it_and_books_at_once_is_booked(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session], people=1)

    said = await deliver(consumer, database, [a_refusal(0), a_refusal_withdrawn(0), booking(0, session)])

    assert outcomes(said) == ["granted"] * 3
    assert await states(database) == ["booked"]


async def test_facts_that_changed_after_a_refusal_count_when_it_is_withdrawn(
    database: Database, deliver: Deliver
) -> None:
    await a_campaign_under_way(database, deliver, [], people=1)
    noisy = a_worker(0, exposures=[Exposure(hazard="PHYS_NOISE", since=date(2026, 1, 1))])
    await deliver(consumer, database, [a_refusal(0)])
    meanwhile = await deliver(consumer, database, [WorkerChanged(**noisy.model_dump())])

    said = await deliver(consumer, database, [a_refusal_withdrawn(0)])

    assert of(HealthCheckBecameDue, meanwhile) == []
    (check,) = of(HealthCheckBecameDue, said)
    assert "AUD" in check.stations
    assert "AUD" in await database.pool.fetchval("SELECT stations FROM health_checks")


async def test_a_refusal_at_the_desk_is_withdrawn_like_any_other(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session], people=1)
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, session)]))
    await deliver(consumer, database, [day_started(EXAM_DAY), attendance(made, "refused")])

    said = await deliver(consumer, database, [a_refusal_withdrawn(0)])

    assert outcomes(said) == ["granted"]
    assert await states(database) == ["open"]


async def test_nothing_is_withdrawn_that_was_not_refused(database: Database, deliver: Deliver) -> None:
    await a_campaign_under_way(database, deliver, [], people=1)

    said = await deliver(consumer, database, [a_refusal_withdrawn(0)])

    assert (outcomes(said), codes(said)) == (["refused"], ["refusal.none"])
    assert of(HealthCheckBecameDue, said) == []


CLOSING = ClosingProposed(campaign_id=CAMPAIGN, on_day=TODAY, digest="0" * 64, figures=Figures(in_scope=1))


@pytest.mark.parametrize("over", [worker_left(0), CLOSING])
async def test_a_refusal_is_final_once_the_worker_left_or_the_campaign_closes(
    database: Database, deliver: Deliver, over: Any
) -> None:
    await a_campaign_under_way(database, deliver, [], people=1)
    await deliver(consumer, database, [a_refusal(0)])

    said = await deliver(consumer, database, [over, a_refusal_withdrawn(0)])

    assert codes(of(RequestAnswered, said)) == ["refusal.final"]
    assert await states(database) == ["refused"]


async def test_whoever_refused_and_walks_in_is_due_again_and_kept(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session], people=1)
    await deliver(consumer, database, [a_refusal(0), day_started(EXAM_DAY)])

    said = await deliver(consumer, database, [a_walk_in(0, session)])

    assert [type(event) for event in said] == [HealthCheckBecameDue, AppointmentMade, AppointmentKept]
    assert await states(database) == ["attended"]


async def test_whoever_refused_and_finds_the_session_full_has_still_refused(
    database: Database, deliver: Deliver
) -> None:
    session = a_session(windows=[a_window(480, total=1)])
    await a_campaign_under_way(database, deliver, [session], people=2)
    await deliver(consumer, database, [booking(0, session), a_refusal(1), day_started(EXAM_DAY)])

    said = await deliver(consumer, database, [a_walk_in(1, session)])

    assert codes(said) == ["session.full"]
    assert of(HealthCheckBecameDue, said) == []
    assert sorted(await states(database)) == ["booked", "refused"]
