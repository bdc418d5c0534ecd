"""What is due: declared per unit when all its workers are known, whatever order messages come in."""

from datetime import date, timedelta

import pytest
from scheduling_builders import (
    CAMPAIGN,
    TODAY,
    UNIT,
    a_campaign,
    a_line,
    a_refusal,
    a_unit,
    a_worker,
    concluded,
    day_started,
    rosters_closed,
    scope_frozen,
    worker_left,
    workers,
)
from scheduling_campaigns import of

from contracts.appointments import RequestAnswered
from contracts.registry import Exposure, WorkerChanged
from contracts.scheduling import DemandDeclared, HealthCheckBecameDue, HealthCheckWithdrawn
from scheduling.consumers import consumer
from scheduling.rules.months import add_months
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack


async def test_a_unit_declares_its_demand_once_all_its_workers_are_known(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_campaign(), a_unit(), a_line(), *workers(2), rosters_closed(3)])

    said = await deliver(consumer, database, [a_worker(2)])

    assert len(of(HealthCheckBecameDue, said)) == 3
    assert of(DemandDeclared, said) == [DemandDeclared(unit_id=UNIT, campaign_id=CAMPAIGN, workers=3, due=3)]


async def test_whoever_has_left_before_the_closing_is_waited_for_all_the_same(
    database: Database, deliver: Deliver
) -> None:
    early = await deliver(consumer, database, [a_campaign(), a_worker(0), rosters_closed(2, workers=1)])

    said = await deliver(consumer, database, [a_worker(1), worker_left(1)])

    assert of(DemandDeclared, early) == []
    assert [declared.workers for declared in of(DemandDeclared, said)] == [1]


@pytest.mark.parametrize("turn", range(3))
async def test_messages_may_come_in_any_order(database: Database, deliver: Deliver, turn: int) -> None:
    arrivals = [[a_campaign()], [rosters_closed(2)], list(workers(2))]
    arrivals = arrivals[turn:] + arrivals[:turn]

    said = [event for batch in arrivals for event in await deliver(consumer, database, batch)]

    assert [event.due for event in of(DemandDeclared, said)] == [2]


async def test_a_check_is_due_only_if_it_falls_into_the_campaign(database: Database, deliver: Deliver) -> None:
    soon, later = a_worker(0), a_worker(1, last_health_check=date(2027, 2, 1))

    said = await deliver(consumer, database, [a_campaign(), soon, later, rosters_closed(2)])

    (check,) = of(HealthCheckBecameDue, said)
    assert (check.worker_id, check.due_on, check.late_joiner) == (soon.worker_id, date(2027, 3, 20), False)
    assert check.grounds[0].legal_source
    assert of(DemandDeclared, said)[0].due == 1


async def test_whoever_comes_after_the_demand_is_a_late_joiner(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_campaign(), *workers(1), rosters_closed(1)])

    said = await deliver(consumer, database, [a_worker(7)])

    assert [check.late_joiner for check in of(HealthCheckBecameDue, said)] == [True]
    assert of(DemandDeclared, said) == []


async def test_a_unit_that_closes_after_the_freeze_counts_apart(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_campaign(), scope_frozen()])

    said = await deliver(consumer, database, [*workers(2), rosters_closed(2)])

    assert [check.late_joiner for check in of(HealthCheckBecameDue, said)] == [True, True]
    assert of(DemandDeclared, said)[0].due == 0


async def test_a_unit_outside_the_campaign_declares_nothing(database: Database, deliver: Deliver) -> None:
    said = await deliver(consumer, database, [a_campaign(unit_ids=[]), *workers(1), rosters_closed(1)])

    assert said == []


async def test_the_same_facts_again_make_nothing_due_twice(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_campaign(), *workers(2), rosters_closed(2)])

    said = await deliver(consumer, database, [*workers(2), rosters_closed(2), a_campaign()])

    assert said == []


async def test_an_exposed_worker_needs_the_stations_of_the_hazard(database: Database, deliver: Deliver) -> None:
    noisy = a_worker(0, sex="female", exposures=[Exposure(hazard="PHYS_NOISE", since=date(2026, 1, 1))])

    said = await deliver(consumer, database, [a_campaign(), noisy, rosters_closed(1)])

    (check,) = of(HealthCheckBecameDue, said)
    assert {"GYN", "AUD"} <= set(check.stations)


async def test_an_open_check_follows_the_facts(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_campaign(), *workers(2), rosters_closed(2)])
    noisy = WorkerChanged(**a_worker(0, exposures=[Exposure(hazard="PHYS_NOISE", since=date(2026, 1, 1))]).model_dump())
    same = WorkerChanged(**a_worker(1).model_dump())

    said = await deliver(consumer, database, [noisy, same])

    (check,) = of(HealthCheckBecameDue, said)
    assert (check.worker_id, check.late_joiner) == (noisy.worker_id, False)
    assert "AUD" in check.stations
    assert await database.pool.fetchval("SELECT bnn FROM health_checks WHERE worker_id = $1", noisy.worker_id)


async def test_a_harder_job_brings_the_deadline_forward_though_the_exam_is_the_same(
    database: Database, deliver: Deliver
) -> None:
    await deliver(consumer, database, [a_campaign(), *workers(2), rosters_closed(2)])
    heavier = WorkerChanged(**a_worker(0, heavy_class="NNDHNH").model_dump())
    last = heavier.last_health_check
    assert last is not None

    said = await deliver(consumer, database, [heavier, WorkerChanged(**a_worker(1).model_dump())])
    again = await deliver(consumer, database, [WorkerChanged(**a_worker(0).model_dump())])

    (sooner,), (later,) = of(HealthCheckBecameDue, said), of(HealthCheckBecameDue, again)
    assert (sooner.worker_id, sooner.interval_months, later.interval_months) == (heavier.worker_id, 6, 12)
    assert sooner.legal_deadline == add_months(last, 6)
    assert later.legal_deadline == date(add_months(last, 12).year, 12, 31)


async def test_a_deadline_that_counts_from_today_does_not_run_away(database: Database, deliver: Deliver) -> None:
    unknown = a_worker(0, last_health_check=None, employed_since=None, heavy_class="NNDHNH")
    await deliver(consumer, database, [a_campaign(), unknown, rosters_closed(1)])
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=40))])

    said = await deliver(consumer, database, [WorkerChanged(**unknown.model_dump())])

    assert of(HealthCheckBecameDue, said) == []


async def test_whoever_left_by_mistake_is_due_again_when_a_roster_lists_them(
    database: Database, deliver: Deliver
) -> None:
    await deliver(consumer, database, [a_campaign(), *workers(2), rosters_closed(2)])
    await deliver(consumer, database, [worker_left(0), a_refusal(1)])

    said = await deliver(consumer, database, [WorkerChanged(**a_worker(n).model_dump()) for n in range(2)])
    refused = await deliver(consumer, database, [a_refusal(0)])

    (check,) = of(HealthCheckBecameDue, said)
    assert (check.worker_id, check.late_joiner) == (a_worker(0).worker_id, False)
    assert of(HealthCheckWithdrawn, refused)[0].reason == "refused"


async def test_checks_of_leavers_are_withdrawn(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_campaign(), *workers(2), rosters_closed(2)])

    said = await deliver(consumer, database, [worker_left(0)])

    (withdrawn,) = of(HealthCheckWithdrawn, said)
    assert (withdrawn.reason, withdrawn.on_day) == ("left", TODAY)


async def test_a_refusal_ends_the_check_and_a_second_one_is_told_so(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_campaign(), *workers(1), rosters_closed(1), day_started()])

    first = await deliver(consumer, database, [a_refusal(0)])
    second = await deliver(consumer, database, [a_refusal(0)])

    assert of(HealthCheckWithdrawn, first)[0].reason == "refused"
    assert of(RequestAnswered, first)[0].outcome == "granted"
    assert [p.code for p in of(RequestAnswered, second)[0].problems] == ["check.ended"]


async def test_a_request_about_an_unknown_worker_waits_for_them(database: Database, deliver: Deliver) -> None:
    early = await deliver(consumer, database, [a_campaign(), a_refusal(0)])

    said = await deliver(consumer, database, [*workers(1), rosters_closed(1)])

    assert early == []
    assert of(RequestAnswered, said)


async def test_a_concluded_visit_counts_for_the_next_campaign(database: Database, deliver: Deliver) -> None:
    worker, autumn = (
        a_worker(0),
        a_campaign(
            campaign_id=UNIT, period_from=date(2027, 9, 1), period_to=date(2027, 12, 31), rosters_due=date(2027, 9, 1)
        ),
    )
    await deliver(consumer, database, [a_campaign(), worker, rosters_closed(1)])
    await deliver(consumer, database, [concluded(0, date(2027, 4, 1))])

    said = await deliver(consumer, database, [autumn, rosters_closed(1, campaign_id=UNIT)])

    assert of(HealthCheckBecameDue, said) == []
    assert of(DemandDeclared, said)[0].due == 0


async def test_a_corrected_conclusion_moves_no_later_check(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_campaign(), a_worker(0), rosters_closed(1)])
    await deliver(consumer, database, [concluded(0, date(2027, 4, 1))])
    corrected = concluded(0, date(2027, 4, 1)).model_copy(update={"version": 2, "concluded_on": date(2027, 8, 1)})

    await deliver(consumer, database, [corrected])

    last = await database.pool.fetchval("SELECT last_check FROM workers WHERE worker_id = $1", corrected.worker_id)
    assert last == date(2027, 4, 1)


async def test_days_only_go_forward(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=3))])

    await deliver(consumer, database, [day_started(TODAY)])

    assert await database.pool.fetchval("SELECT today FROM calendar") == TODAY + timedelta(days=3)
