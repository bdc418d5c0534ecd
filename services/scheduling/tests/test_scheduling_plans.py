"""Plan runs: asked for, computed in a process of their own, proposed, published; whatever happens meanwhile."""

import asyncio
import contextlib
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from scheduling_builders import (
    CAMPAIGN,
    EXAM_DAY,
    TODAY,
    a_campaign,
    a_check_id,
    a_line,
    a_permit,
    a_session,
    a_unit,
    a_window,
    a_worker,
    a_worker_id,
    an_absence,
    attendance,
    booking,
    day_started,
    plan_approved,
    rosters_closed,
    scope_frozen,
    session_withdrawn,
    worker_left,
    workers,
)
from scheduling_campaigns import a_campaign_with, of

from contracts.appointments import AppointmentMade, AppointmentMoved
from contracts.coordination import ClosingProposed, Figures
from contracts.plans import PlanAbandoned, PlanProposed, PlanPublished
from contracts.registry import Exposure
from contracts.scheduling import DaySwept, HealthCheckDeferred
from scheduling import plan_store
from scheduling.consumers import consumer
from scheduling.plan_runner import PlanRunner
from scheduling.settings import Settings
from shared.database import Database
from shared.testing import PATIENCE, Deliver

pytestmark = pytest.mark.stack


def a_runner() -> PlanRunner:
    return PlanRunner(Settings(database_url="", kafka_bootstrap_servers="", plan_seconds=1.0, plan_poll_seconds=0.05))


async def a_frozen_campaign(
    database: Database, deliver: Deliver, *, people: int = 6, sessions: Any = None, **line: Any
) -> None:
    await a_campaign_with(database, deliver, people, *([a_session()] if sessions is None else sessions), **line)


async def proposed(database: Database) -> PlanProposed:
    """Let the runner compute what is asked for; the plan that it said."""
    assert await a_runner().run_next(database, asyncio.Event())
    row = await database.pool.fetchrow(
        "SELECT value FROM outbox WHERE topic = 'scheduling.plans' ORDER BY position DESC LIMIT 1"
    )
    assert row is not None
    return PlanProposed.model_validate_json(row["value"])


async def types_said(database: Database, topic: str) -> str:
    """The headers of a topic's events, in order, as one text."""
    rows = await database.pool.fetch("SELECT headers FROM outbox WHERE topic = $1 ORDER BY position", topic)
    return " ".join(str(row["headers"]) for row in rows)


async def run_states(database: Database) -> list[str]:
    return [row["state"] for row in await database.pool.fetch("SELECT state FROM plan_runs ORDER BY asked_at")]


async def test_a_frozen_campaign_gets_a_plan_that_becomes_appointments(database: Database, deliver: Deliver) -> None:
    await a_frozen_campaign(database, deliver)

    plan = await proposed(database)
    said = await deliver(consumer, database, [plan_approved(plan.plan_id)])

    assert (plan.kind, plan.demand, plan.appointments, plan.unassigned) == ("initial", 6, 6, {})
    assert plan.lower_bound <= plan.cost
    assert plan.explanation_vi[0] == f"6 trên 6 người có chỗ khám; số buổi khám có họ: {plan.sessions_used}."
    assert plan.explanation_vi[1].startswith(f"Chi phí {plan.cost:,};".replace(",", "."))
    assert "about 1,000 VND" in plan.explanation_en[2]
    assert [event.by for event in of(AppointmentMade, said)] == ["plan"] * 6
    assert of(PlanPublished, said) == [PlanPublished(plan_id=plan.plan_id, campaign_id=CAMPAIGN, appointments=6)]


async def test_whoever_has_no_place_is_told_the_true_reason(database: Database, deliver: Deliver) -> None:
    await a_frozen_campaign(database, deliver, people=3, sessions=[a_session(windows=[a_window(480, total=2)])])

    plan = await proposed(database)
    said = await deliver(consumer, database, [plan_approved(plan.plan_id)])

    assert plan.unassigned == {"capacity_exhausted": 1}
    assert [event.reason for event in of(HealthCheckDeferred, said)] == ["capacity_exhausted"]
    assert len(of(AppointmentMade, said)) == 2


async def test_nobody_is_planned_onto_a_day_of_absence(database: Database, deliver: Deliver) -> None:
    await a_frozen_campaign(database, deliver, people=2, sessions=[])
    await deliver(consumer, database, [an_absence(0, EXAM_DAY), a_session()])
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])

    plan = await proposed(database)

    assert plan.unassigned == {"worker_unavailable": 1}


async def test_a_noisy_job_needs_a_licensed_session(database: Database, deliver: Deliver) -> None:
    noisy = a_worker(9, exposures=[Exposure(hazard="PHYS_NOISE", since=None)])
    await deliver(consumer, database, [a_campaign(), a_unit(), a_line(), noisy, rosters_closed(1), a_permit()])
    await deliver(consumer, database, [day_started(), a_session(), scope_frozen()])

    plan = await proposed(database)

    assert plan.unassigned == {"no_licensed_session": 1}


async def test_one_plan_of_a_campaign_is_under_way_at_a_time(database: Database, deliver: Deliver) -> None:
    await a_frozen_campaign(database, deliver)

    said = await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])
    await deliver(consumer, database, [scope_frozen(TODAY + timedelta(days=1))])

    assert await run_states(database) == ["queued"]
    assert [len(event.planning) for event in of(DaySwept, said)] == [1]


async def test_a_run_whose_runner_died_is_computed_anew_and_the_dead_one_is_not_heard(
    database: Database, deliver: Deliver
) -> None:
    await a_frozen_campaign(database, deliver)
    async with database.transaction() as tx:
        dead = await plan_store.claim_run(tx, timedelta(seconds=-1))

    plan = await proposed(database)
    async with database.transaction() as tx:
        heard = dead is not None and await plan_store.finish_run(tx, dead, "digest", TODAY)

    assert plan.appointments == 6
    assert heard is False
    assert await run_states(database) == ["proposed"]


async def test_a_run_is_nobody_elses_for_as_long_as_its_runner_looks_after_it(
    database: Database, deliver: Deliver
) -> None:
    await a_frozen_campaign(database, deliver)
    async with database.transaction() as tx:
        run = await plan_store.claim_run(tx, timedelta(0))
    assert run is not None

    async with database.pool.acquire() as connection:
        kept = await plan_store.keep_run(connection, run, timedelta(minutes=1))
    async with database.transaction() as tx:
        other = await plan_store.claim_run(tx, timedelta(minutes=1))

    assert kept
    assert other is None


async def test_the_same_inputs_and_seed_give_the_same_plan(database: Database, deliver: Deliver) -> None:
    await a_frozen_campaign(database, deliver)
    first = await proposed(database)
    placed = await database.pool.fetch("SELECT * FROM plan_placements ORDER BY health_check_id")
    await database.pool.execute("DELETE FROM plan_placements")
    await database.pool.execute("UPDATE plan_runs SET state = 'queued'")

    second = await proposed(database)

    assert (second.inputs_digest, second.cost) == (first.inputs_digest, first.cost)
    assert await database.pool.fetch("SELECT * FROM plan_placements ORDER BY health_check_id") == placed


async def test_a_closing_campaign_takes_its_run_back(database: Database, deliver: Deliver) -> None:
    await a_frozen_campaign(database, deliver)
    closing = ClosingProposed(campaign_id=CAMPAIGN, on_day=TODAY, figures=Figures(), digest="0" * 64)

    said = await deliver(consumer, database, [closing])
    ran = await a_runner().run_next(database, asyncio.Event())

    assert ran is False
    assert await run_states(database) == ["cancelled"]
    assert [event.reason for event in of(PlanAbandoned, said)] == ["campaign-closed"]


async def test_a_run_that_is_cancelled_while_it_is_computed_proposes_nothing(
    database: Database, deliver: Deliver
) -> None:
    await a_frozen_campaign(database, deliver)
    computing = asyncio.create_task(a_runner().run_next(database, asyncio.Event()))
    async with asyncio.timeout(PATIENCE):
        while await run_states(database) != ["running"]:  # noqa: ASYNC110
            await asyncio.sleep(0)
    async with database.transaction() as tx:
        await plan_store.cancel_runs(tx, [CAMPAIGN])

    await computing

    assert await run_states(database) == ["cancelled"]
    assert await database.pool.fetchval("SELECT count(*) FROM plan_placements") == 0


async def test_a_plan_that_cannot_be_computed_is_given_up_after_three_tries(
    database: Database, deliver: Deliver
) -> None:
    await a_frozen_campaign(database, deliver)
    await database.pool.execute("UPDATE health_checks SET priority = 9")

    for _ in range(3):
        assert await a_runner().run_next(database, asyncio.Event())

    assert await run_states(database) == ["failed"]
    assert await a_runner().run_next(database, asyncio.Event()) is False
    assert "scheduling.plan.abandoned" in await types_said(database, "scheduling.plans")


async def test_a_run_whose_process_is_killed_is_computed_again(database: Database, deliver: Deliver) -> None:
    await a_frozen_campaign(database, deliver)
    computing = asyncio.create_task(a_runner().run_next(database, asyncio.Event()))

    os.kill(await the_planning_process(), signal.SIGKILL)
    await computing

    assert await run_states(database) == ["queued"]
    assert (await proposed(database)).appointments == 6


async def the_planning_process() -> int:
    """The pid of the child that plans, as soon as there is one."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    async with asyncio.timeout(PATIENCE):
        while True:
            for pid in map(int, children.read_text().split()):  # noqa: ASYNC240
                with contextlib.suppress(FileNotFoundError):
                    if b"scheduling.planning_process" in Path(f"/proc/{pid}/cmdline").read_bytes():  # noqa: ASYNC240
                        return pid
            await asyncio.sleep(0)


async def test_a_runner_that_is_told_to_stop_gives_its_run_back(database: Database, deliver: Deliver) -> None:
    await a_frozen_campaign(database, deliver)
    stop = asyncio.Event()
    stop.set()

    await a_runner().run_next(database, stop)

    assert await run_states(database) == ["queued"]


async def test_publishing_drops_what_the_world_took_meanwhile(database: Database, deliver: Deliver) -> None:
    session = a_session(windows=[a_window(480, total=3)])
    await a_frozen_campaign(database, deliver, people=4, sessions=[session])
    plan = await proposed(database)
    placed = await database.pool.fetch("SELECT health_check_id FROM plan_placements WHERE session_id IS NOT NULL")
    taken = {row["health_check_id"] for row in placed}
    outsider = next(n for n in range(4) if a_check_id(a_worker_id(n)) not in taken)
    leaver = next(n for n in range(4) if a_check_id(a_worker_id(n)) in taken)
    await deliver(consumer, database, [booking(outsider, session), worker_left(leaver)])

    said = await deliver(consumer, database, [plan_approved(plan.plan_id)])

    (published,) = of(PlanPublished, said)
    assert (published.appointments, published.dropped) == (2, 1)
    assert await database.pool.fetchval("SELECT count(*) FROM appointments WHERE state = 'booked'") == 3


async def test_a_withdrawn_session_takes_no_planned_people(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_frozen_campaign(database, deliver, sessions=[session])
    plan = await proposed(database)
    await deliver(consumer, database, [session_withdrawn(session)])

    said = await deliver(consumer, database, [plan_approved(plan.plan_id)])

    assert (of(PlanPublished, said)[0].appointments, of(PlanPublished, said)[0].dropped) == (0, 6)


async def test_a_plan_is_published_once(database: Database, deliver: Deliver) -> None:
    await a_frozen_campaign(database, deliver)
    plan = await proposed(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id)])

    said = await deliver(consumer, database, [plan_approved(plan.plan_id)])

    assert said == []


async def test_missed_appointments_get_a_make_up_plan_after_a_fortnight(database: Database, deliver: Deliver) -> None:
    make_up = a_session(day=EXAM_DAY + timedelta(days=14))
    await a_frozen_campaign(database, deliver, people=4)
    plan = await proposed(database)
    made = of(AppointmentMade, await deliver(consumer, database, [plan_approved(plan.plan_id)]))
    await deliver(consumer, database, [make_up, day_started(EXAM_DAY)])
    await deliver(consumer, database, [attendance(made[0]), *(attendance(m, "absent") for m in made[1:])])

    await deliver(consumer, database, [day_started(TODAY + timedelta(days=14))])
    second = await proposed(database)
    said = await deliver(consumer, database, [plan_approved(second.plan_id)])

    assert (second.kind, second.demand, second.appointments) == ("make-up", 3, 3)
    assert {event.session_id for event in of(AppointmentMade, said)} == {make_up.session_id}


async def test_a_make_up_plan_counts_with_everybody_who_has_a_place(database: Database, deliver: Deliver) -> None:
    """R5 holds over both plans: one of ten may be away, and somebody is away already."""
    windows = [a_window(480), a_window(540), a_window(840)]
    session = a_session(day=EXAM_DAY + timedelta(days=14), windows=windows)
    await a_frozen_campaign(database, deliver, people=2, sessions=[session], headcount=10, max_absent_pct=10)
    plan = await proposed(database)
    made = of(AppointmentMade, await deliver(consumer, database, [plan_approved(plan.plan_id)]))
    await deliver(consumer, database, [a_worker(7), day_started(TODAY + timedelta(days=14))])

    second = await proposed(database)
    said = await deliver(consumer, database, [plan_approved(second.plan_id)])

    assert sorted(event.start for event in made) in ([480, 840], [540, 840])
    assert of(AppointmentMoved, said) == []
    assert second.unassigned == {"line_absence_limit": 1}


async def test_no_plan_is_asked_for_while_nothing_changed(database: Database, deliver: Deliver) -> None:
    full = a_session(day=EXAM_DAY + timedelta(days=14), windows=[a_window(480, total=2)])
    unlicensed = a_session(day=EXAM_DAY + timedelta(days=20))
    noisy = a_worker(9, exposures=[Exposure(hazard="PHYS_NOISE", since=None)])
    await deliver(
        consumer,
        database,
        [a_campaign(), a_unit(), a_line(), *workers(2), noisy, rosters_closed(3), day_started(), a_permit()],
    )
    await deliver(consumer, database, [full, unlicensed])
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=1)), scope_frozen()])
    plan = await proposed(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id)])

    for days in (15, 16):
        await deliver(consumer, database, [day_started(TODAY + timedelta(days=days))])

    assert "queued" not in await run_states(database)
