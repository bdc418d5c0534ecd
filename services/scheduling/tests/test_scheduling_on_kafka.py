"""The whole service on real Kafka: from rosters to appointments, with messages flowing while a plan is computed."""

import pytest
from scheduling_builders import (
    CAMPAIGN,
    a_campaign,
    a_line,
    a_permit,
    a_session,
    a_unit,
    a_window,
    day_started,
    plan_approved,
    rosters_closed,
    scope_frozen,
    workers,
)

from contracts.plans import PlanAsked, PlanExplained, PlanProposed, PlanPublished
from scheduling.app import make_service
from scheduling.settings import Settings
from shared.database import Database
from shared.testing import Topics, running, until

pytestmark = pytest.mark.stack

SAID = ("health-checks", "demands", "sessions", "permits", "plans", "plan-cases", "appointments", "days")


async def test_rosters_become_appointments(database: Database, kafka: Topics) -> None:
    values = kafka.settings(database).model_dump(exclude_unset=True)
    service = make_service(Settings(**values, plan_seconds=0.5, plan_poll_seconds=0.1))
    await kafka.create(*(f"scheduling.{nouns}" for nouns in SAID))
    async with running(service):
        await kafka.say(a_campaign(), a_unit(), a_line(), *workers(30), rosters_closed(30), a_permit(), day_started())
        await kafka.say(a_session(windows=[a_window(480 + 30 * n, total=10) for n in range(3)]))
        await until(database, "SELECT count(*) = 30 FROM health_checks")
        await until(database, "SELECT count(*) = 1 FROM sessions WHERE status = 'confirmed'")
        await kafka.say(scope_frozen())
        asked, proposal = await kafka.hear("scheduling.plans", 2)
        cases = await kafka.hear("scheduling.plan-cases", 2)
        plan = PlanProposed.model_validate_json(proposal.value or b"")
        await kafka.say(plan_approved(plan.plan_id))
        published = (await kafka.hear("scheduling.plans", 3))[2]
        made = await kafka.hear("scheduling.appointments", 30)

    assert PlanAsked.model_validate_json(asked.value or b"").plan_id == plan.plan_id
    assert (plan.campaign_id, plan.appointments) == (CAMPAIGN, 30)
    assert {PlanExplained.model_validate_json(part.value or b"").plan_id for part in cases} == {plan.plan_id}
    assert PlanPublished.model_validate_json(published.value or b"").appointments == 30
    assert {arrival.headers["ce_causationid"] for arrival in made} == {published.headers["ce_causationid"]}
    assert "ce_causationid" in proposal.headers
