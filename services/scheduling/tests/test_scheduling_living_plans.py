"""A plan lives on: explained, declined, overdue, followed by make-up sessions."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from scheduling_builders import (
    CAMPAIGN,
    EXAM_DAY,
    LATER,
    LINE,
    SITE,
    TODAY,
    a_campaign,
    a_check_id,
    a_line,
    a_permit,
    a_session,
    a_unit,
    a_window,
    a_worker_id,
    an_absence,
    booking,
    day_started,
    plan_approved,
    rosters_closed,
    scope_frozen,
    workers,
)
from scheduling_campaigns import a_campaign_with, of, planned, runs

from contracts.appointments import RequestAnswered
from contracts.coordination import PlanDeclined
from contracts.organisations import Reach
from contracts.plans import PlanWithdrawn
from contracts.registry import LineChanged
from contracts.scheduling import MakeUpSessionProposed
from scheduling import explanations, plan_runner
from scheduling.consumers import consumer
from scheduling.plan_runner import PlanRunner
from scheduling.settings import Settings
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack


async def test_a_declined_plan_frees_the_way_but_is_not_proposed_again_the_next_day(
    database: Database, deliver: Deliver
) -> None:
    await a_campaign_with(database, deliver, 3, a_session())
    plan, _ = await planned(database)

    said = await deliver(consumer, database, [PlanDeclined(plan_id=plan.plan_id, campaign_id=CAMPAIGN, party="unions")])
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])
    quiet = await runs(database)
    await deliver(consumer, database, [a_session(day=LATER)])
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=2))])

    withdrawn = PlanWithdrawn(plan_id=plan.plan_id, campaign_id=CAMPAIGN, reason="declined")
    assert said == [withdrawn]
    assert quiet == [("initial", "cancelled")]
    assert await runs(database) == [("initial", "cancelled"), ("initial", "queued")]
    assert of(object, await deliver(consumer, database, [plan_approved(plan.plan_id)])) == []


async def test_a_declined_plan_is_asked_for_again_when_the_time_of_a_make_up_plan_is_over(
    database: Database, deliver: Deliver
) -> None:
    await a_campaign_with(database, deliver, 3, a_session(day=TODAY + timedelta(days=30)))
    plan, _ = await planned(database)
    await deliver(consumer, database, [PlanDeclined(plan_id=plan.plan_id, campaign_id=CAMPAIGN, party="unions")])

    await deliver(consumer, database, [day_started(TODAY + timedelta(days=13))])
    quiet = await runs(database)
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=14))])

    assert quiet == [("initial", "cancelled")]
    assert await runs(database) == [("initial", "cancelled"), ("initial", "queued")]


@pytest.mark.parametrize("offered", ["before", "after"])
async def test_a_session_that_a_declined_plan_had_not_seen_lets_planning_go_on(
    database: Database, deliver: Deliver, offered: str
) -> None:
    await a_campaign_with(database, deliver, 3, a_session())
    plan, _ = await planned(database)
    declined = PlanDeclined(plan_id=plan.plan_id, campaign_id=CAMPAIGN, party="unions")

    both = [a_session(day=LATER), declined] if offered == "before" else [declined, a_session(day=LATER)]
    for event in both:
        await deliver(consumer, database, [event])
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])

    assert await runs(database) == [("initial", "cancelled"), ("initial", "queued")]


async def test_a_declined_make_up_plan_holds_up_no_repair_but_a_declined_repair_does(
    database: Database, deliver: Deliver
) -> None:
    first, free = a_session(windows=[a_window(480, total=3)]), a_session(day=LATER, windows=[a_window(480, total=3)])
    await a_campaign_with(database, deliver, 3, first)
    plan, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id), free])
    await database.pool.execute(
        "INSERT INTO plan_runs (plan_id, campaign_id, kind, asked_on, seed, causes, state, declined_on, asked_at) "
        "VALUES ($1, $2, 'make-up', $3, 1, '{}', 'cancelled', $3, clock_timestamp())", uuid4(), CAMPAIGN, TODAY,
    )  # fmt: skip
    await database.pool.execute("UPDATE health_checks SET state = 'open', displaced = true")

    await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])
    repair, _ = await planned(database)
    await deliver(consumer, database, [PlanDeclined(plan_id=repair.plan_id, campaign_id=CAMPAIGN, party="unions")])
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=2))])

    assert repair.kind == "repair"
    assert sorted(await runs(database)) == [
        ("initial", "published"), ("make-up", "cancelled"), ("repair", "cancelled"),
    ]  # fmt: skip


async def test_a_run_that_is_declined_while_it_is_computed_proposes_nothing(
    database: Database, deliver: Deliver
) -> None:
    await a_campaign_with(database, deliver, 3, a_session())
    plan_id = await database.pool.fetchval("SELECT plan_id FROM plan_runs")

    said = await deliver(consumer, database, [PlanDeclined(plan_id=plan_id, campaign_id=CAMPAIGN, party="health")])
    settings = Settings(database_url="", kafka_bootstrap_servers="")
    found = await PlanRunner(settings).run_next(database, asyncio.Event())

    assert of(PlanWithdrawn, said)[0].plan_id == plan_id
    assert found is False


async def test_a_decline_that_names_another_campaign_stops_no_plan(database: Database, deliver: Deliver) -> None:
    await a_campaign_with(database, deliver, 3, a_session())
    plan_id = await database.pool.fetchval("SELECT plan_id FROM plan_runs")

    said = await deliver(consumer, database, [PlanDeclined(plan_id=plan_id, campaign_id=uuid4(), party="unions")])

    assert said == []
    assert await runs(database) == [("initial", "queued")]


async def test_a_plan_that_nobody_approves_gives_way_to_a_newer_one(database: Database, deliver: Deliver) -> None:
    await a_campaign_with(database, deliver, 3, a_session(day=EXAM_DAY + timedelta(days=20)))
    plan, _ = await planned(database)

    early = await deliver(consumer, database, [day_started(TODAY + timedelta(days=6))])
    late = await deliver(consumer, database, [day_started(TODAY + timedelta(days=7))])

    assert plan.expires_on == TODAY + timedelta(days=7)
    assert of(PlanWithdrawn, early) == []
    assert [(e.plan_id, e.reason) for e in of(PlanWithdrawn, late)] == [(plan.plan_id, "expired")]
    assert await runs(database) == [("initial", "cancelled"), ("initial", "queued")]


async def test_a_plan_explains_every_session_and_every_person(database: Database, deliver: Deliver) -> None:
    used, far = a_session(windows=[a_window(480, total=2, GYN=2)]), a_session(day=LATER, site="00692")
    permit = a_permit(sites=["00692"], permit_id=uuid4())
    await a_campaign_with(database, deliver, 3, permit, used, far, reaches=[Reach(site=SITE, minutes=10)])

    plan, parts = await planned(database)

    sessions = {case.session_id: case for part in parts for case in part.sessions}
    people = {case.health_check_id: case for part in parts for case in part.people}
    assert (sessions[used.session_id].verdict, sessions[far.session_id].verdict) == ("opened", "out_of_reach")
    assert people.keys() == {a_check_id(a_worker_id(n)) for n in range(3)}
    (left_out,) = [case for case in people.values() if case.session_id is None]
    assert (left_out.reason, left_out.remedy) == ("capacity_exhausted", "one_more_place")
    assert left_out.remedy_session_id == used.session_id
    assert "16/03/2027" in left_out.text_vi
    assert {(lack.kind, lack.what) for lack in left_out.remedy_lacks} >= {("one_more_place", "total")}
    assert "all it lacks is one more place" in left_out.text_en
    assert (sessions[used.session_id].stranded, sessions[far.session_id].would_save) == (2, None)
    placed = next(case for case in people.values() if case.session_id is not None)
    assert (placed.cheaper_but_full, placed.cheaper_for_line, placed.cheaper_unopened) == (0, 0, 0)
    assert placed.text_en.endswith("1 windows are allowed, none is cheaper.")
    assert [part.part for part in parts] == list(range(1, parts[0].parts + 1))
    assert sum(plan.cost_parts.values()) == plan.cost
    assert plan.limits[0].would_serve == 1


async def test_a_line_that_limits_a_plan_is_called_by_its_name(database: Database, deliver: Deliver) -> None:
    narrow = {"headcount": 10, "max_absent_pct": 10, "name": "Chuyền may 3"}
    await a_campaign_with(database, deliver, 3, a_session(windows=[a_window(480, total=9)]), **narrow)

    plan, _ = await planned(database)

    (limit,) = [limit for limit in plan.limits if limit.kind == "line"]
    assert "Dây chuyền Chuyền may 3 (00691) chạm mức" in limit.text_vi
    assert "Line Chuyền may 3 (00691) reaches" in limit.text_en
    assert limit.line_id == LINE
    lever = plan.levers[0]
    assert (lever.kind, lever.line_id, lever.away, lever.serves) == ("higher_ceiling", LINE, 2, 1)
    assert 0 < lever.saves == lever.at_most
    assert "Cho dây chuyền Chuyền may 3 (00691) vắng 2 người cùng lúc: lập lại kế hoạch thì rẻ hơn" in lever.text_vi
    assert lever.text_en in plan.explanation_en


async def test_a_plan_tells_what_it_would_cost_to_do_without_a_session(database: Database, deliver: Deliver) -> None:
    session = a_session(windows=[a_window(480, total=9)])
    await a_campaign_with(database, deliver, 3, session)

    plan, _ = await planned(database)

    (lever,) = plan.levers
    assert (lever.kind, lever.session_id, lever.serves, lever.sessions) == ("without", session.session_id, -3, 1)
    assert lever.saves < 0
    assert lever.text_en.startswith("Without the session of 16/03/2027, site 00691: planned anew it is ")
    assert lever.text_en not in plan.explanation_en  # which tells what would help


async def test_a_plan_is_silent_on_whoever_keeps_an_appointment(database: Database, deliver: Deliver) -> None:
    first = a_session(windows=[a_window(480, total=4)])
    await a_campaign_with(database, deliver, 4, first)
    await deliver(consumer, database, [booking(0, first), booking(1, first)])

    plan, parts = await planned(database)

    told = {case.health_check_id for part in parts for case in part.people}
    assert told == {a_check_id(a_worker_id(n)) for n in (2, 3)}
    assert (plan.demand, parts[0].parts) == (2, 2)


async def test_a_large_explanation_is_cut_into_parts_that_an_event_carries(
    database: Database, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explanations, "CASES_AT_ONCE", 2)
    await a_campaign_with(database, deliver, 5, a_session())

    _, parts = await planned(database)

    assert [(part.part, part.parts, len(part.sessions), len(part.people)) for part in parts] == [
        (1, 4, 1, 0), (2, 4, 0, 2), (3, 4, 0, 2), (4, 4, 0, 1),
    ]  # fmt: skip


async def test_a_make_up_session_is_proposed_where_enough_people_have_no_place(
    database: Database, deliver: Deliver
) -> None:
    await a_campaign_with(database, deliver, 40, a_session(windows=[a_window(480, total=5)]))
    plan, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id)])

    first = await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])
    again = await deliver(consumer, database, [day_started(TODAY + timedelta(days=2))])

    (proposed,) = of(MakeUpSessionProposed, first)
    assert (proposed.site, proposed.people, proposed.stations["INT"]) == (SITE, 35, 35)
    assert of(MakeUpSessionProposed, again) == []


@pytest.mark.parametrize(("people", "told"), [(14, []), (15, [10])])
async def test_ten_of_the_highest_priority_are_worth_a_session_too(
    database: Database, deliver: Deliver, people: int, told: list[int]
) -> None:
    heavy = workers(people, heavy_class="NNDHNH")
    await deliver(consumer, database, [a_campaign(), a_unit(), a_line(), *heavy, rosters_closed(people)])
    await deliver(consumer, database, [day_started(), a_permit(), a_session(windows=[a_window(480, total=5)])])
    await deliver(consumer, database, [scope_frozen()])
    plan, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id)])

    said = await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])

    assert [proposed.urgent for proposed in of(MakeUpSessionProposed, said)] == told


@pytest.mark.parametrize(("people", "told"), [(34, []), (35, [30])])
async def test_thirty_without_a_place_are_worth_a_session(
    database: Database, deliver: Deliver, people: int, told: list[int]
) -> None:
    await a_campaign_with(database, deliver, people, a_session(windows=[a_window(480, total=5)]))
    plan, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id)])

    said = await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])

    assert [proposed.people for proposed in of(MakeUpSessionProposed, said)] == told


async def test_a_make_up_session_is_given_no_desk_for_somebody_who_is_away(
    database: Database, deliver: Deliver
) -> None:
    await a_campaign_with(database, deliver, 40, a_session(windows=[a_window(480, total=5)]))
    await deliver(consumer, database, [an_absence(0, TODAY, days=100)])
    plan, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id)])

    said = await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])

    (proposed,) = of(MakeUpSessionProposed, said)
    assert (proposed.people, proposed.stations["INT"]) == (34, 34)


async def test_a_turn_on_the_wait_list_that_is_no_longer_needed_is_answered(
    database: Database, deliver: Deliver
) -> None:
    full, other = a_session(windows=[a_window(480, total=1)]), a_session(day=LATER)
    await a_campaign_with(database, deliver, 2, full, other)
    waits = booking(1, full)
    await deliver(consumer, database, [booking(0, full), waits])
    await deliver(consumer, database, [booking(1, other)])

    said = await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])

    (answer,) = of(RequestAnswered, said)
    assert (answer.request_id, answer.outcome, answer.problems[0].code) == (
        waits.request_id, "refused", "wait-list.not-needed",
    )  # fmt: skip


def test_folders_of_killed_runners_are_swept(tmp_path: Path) -> None:
    dead, alive, other = (tmp_path / name for name in ("khamdoan-plan-999999999-a", "khamdoan-plan-1-b", "plan-2-c"))
    for folder in (dead, alive, other):
        folder.mkdir()

    swept = plan_runner.sweep_folders(tmp_path)

    assert swept == 1
    assert [folder.exists() for folder in (dead, alive, other)] == [False, True, True]


async def test_a_repair_for_a_few_does_not_put_off_the_make_up_plan_for_all(
    database: Database, deliver: Deliver
) -> None:
    await a_campaign_with(database, deliver, 3, a_session(day=TODAY + timedelta(days=30)))
    first, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(first.plan_id)])
    await database.pool.execute("UPDATE appointments SET state = 'cancelled'")
    await database.pool.execute("UPDATE health_checks SET state = 'open', displaced = true")
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=4))])
    repair, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(repair.plan_id)])
    await database.pool.execute("UPDATE appointments SET state = 'missed' WHERE state = 'booked'")
    await database.pool.execute("UPDATE health_checks SET state = 'open'")

    await deliver(consumer, database, [day_started(TODAY + timedelta(days=14))])

    assert [kind for kind, _ in await runs(database)] == ["initial", "repair", "make-up"]


async def test_a_repair_beside_frozen_appointments_beyond_a_ceiling_is_proposed_with_the_fault_named(
    database: Database, deliver: Deliver
) -> None:
    await a_campaign_with(database, deliver, 3, a_session())
    plan, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id)])
    lower = LineChanged.model_validate(a_line(headcount=1).model_dump())
    await deliver(consumer, database, [day_started(EXAM_DAY - timedelta(days=1)), lower, an_absence(0, EXAM_DAY)])
    await deliver(consumer, database, [a_session(day=EXAM_DAY + timedelta(days=7))])

    await deliver(consumer, database, [day_started(EXAM_DAY)])
    repair, _ = await planned(database)

    assert (repair.kind, repair.appointments) == ("repair", 1)
    assert [fault.code for fault in repair.held] == ["plan.held-beyond-ceiling"]
    assert repair.held[0].message_en in repair.explanation_en
    assert "kể cả những lịch được giữ nguyên" in repair.explanation_vi[1]
    assert "giữ nguyên lịch của những người khác" in repair.explanation_vi[1]
    assert not any("is worth" in line for line in repair.explanation_en)  # a repair knows no prices
