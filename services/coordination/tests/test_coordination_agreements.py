"""Programmes, campaigns, plans and closings need the word of two parties, given by two people."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from coordination_builders import (
    AUTHORITY,
    CAMPAIGN,
    CONSUMER,
    PROGRAMME,
    UNION,
    a_campaign,
    a_programme,
    a_unit,
    day_asked,
    open_campaign,
    opening,
    said_by,
    the_province,
    unit,
)

from contracts import coordination as said
from contracts import health, plans, unions
from coordination.consumers import make_consumer
from coordination.settings import Settings
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack
PRODUCTION = make_consumer(Settings(database_url="", kafka_bootstrap_servers="", days="clock"))


async def test_a_programme_is_signed_by_the_second_party(database: Database, deliver: Deliver) -> None:
    await deliver(CONSUMER, database, [said_by(UNION, a_programme())])

    events = await deliver(CONSUMER, database, [said_by(AUTHORITY, health.ProgrammeApproved(programme_id=PROGRAMME))])

    assert [type(event) for event in events] == [said.ApprovalRecorded, said.ProgrammeSigned]
    assert events[0].missing == []


async def test_an_approval_that_comes_before_its_proposal_waits_for_it(database: Database, deliver: Deliver) -> None:
    early = await deliver(CONSUMER, database, [said_by(AUTHORITY, health.ProgrammeApproved(programme_id=PROGRAMME))])

    events = await deliver(CONSUMER, database, [said_by(UNION, a_programme())])

    assert early == []
    assert [type(event) for event in events] == [said.ApprovalRecorded, said.ApprovalRecorded, said.ProgrammeSigned]


async def test_one_person_cannot_speak_for_both_parties(database: Database, deliver: Deliver) -> None:
    await deliver(CONSUMER, database, [said_by(UNION, a_programme(), actor="one and the same")])

    approval = said_by(AUTHORITY, health.ProgrammeApproved(programme_id=PROGRAMME), actor="one and the same")
    events = await deliver(CONSUMER, database, [approval])

    assert [p.code for p in events[0].problems] == ["approval.same_person"]


async def test_one_party_cannot_approve_twice(database: Database, deliver: Deliver) -> None:
    plan = uuid4()
    await deliver(CONSUMER, database, [a_plan(plan)])
    approval = unions.PlanApproved(plan_id=plan, campaign_id=CAMPAIGN)

    await deliver(CONSUMER, database, [said_by(UNION, approval, actor="the first officer")])
    events = await deliver(CONSUMER, database, [said_by(UNION, approval, actor="the second officer")])

    assert [p.code for p in events[0].problems] == ["approval.same_party"]


async def test_another_health_authority_cannot_approve(database: Database, deliver: Deliver) -> None:
    await deliver(CONSUMER, database, [said_by(UNION, a_programme())])
    stranger = said_by("health/syt-99", health.ProgrammeApproved(programme_id=PROGRAMME))

    events = await deliver(CONSUMER, database, [stranger])

    assert [p.code for p in events[0].problems] == ["approval.not_a_signatory"]


async def test_only_the_programmes_parties_approve_what_stands_under_it(database: Database, deliver: Deliver) -> None:
    await open_campaign(database, deliver, units=1)
    plan = uuid4()
    await deliver(CONSUMER, database, [a_plan(plan)])
    word = unions.PlanApproved(plan_id=plan, campaign_id=CAMPAIGN)

    events = await deliver(CONSUMER, database, [said_by(f"unions/{unit(1)}", word)])

    assert [p.code for p in events[0].problems] == ["approval.not_a_signatory"]


async def test_a_word_without_a_party_does_not_count(database: Database, deliver: Deliver) -> None:
    events = await deliver(CONSUMER, database, [said_by("clinics/02123", a_programme())])

    assert [p.code for p in events[0].problems] == ["approval.no_party"]


@pytest.mark.parametrize("term", [{"valid_to": date(2026, 9, 30)}, {"valid_from": date(2026, 7, 2)}])
async def test_a_campaign_needs_a_signed_programme_over_its_whole_period(
    database: Database, deliver: Deliver, term: dict[str, date]
) -> None:
    await deliver(CONSUMER, database, [said_by(UNION, a_programme(**term))])
    await deliver(CONSUMER, database, [said_by(AUTHORITY, health.ProgrammeApproved(programme_id=PROGRAMME))])

    events = await deliver(CONSUMER, database, [said_by(UNION, a_campaign())])

    assert [p.code for p in events[0].problems] == ["approval.programme_not_signed"]


async def test_a_campaign_waits_for_nobody_under_a_programme_that_one_party_signed(
    database: Database, deliver: Deliver
) -> None:
    await deliver(CONSUMER, database, [said_by(UNION, a_programme())])

    events = await deliver(CONSUMER, database, [said_by(UNION, a_campaign())])

    assert [p.code for p in events[0].problems] == ["approval.programme_not_signed"]


async def test_of_a_refused_programme_nothing_stays(database: Database, deliver: Deliver) -> None:
    wrong = await deliver(CONSUMER, database, [said_by(UNION, a_programme(valid_to=date(2025, 1, 1)))])
    early = await deliver(CONSUMER, database, [said_by(AUTHORITY, health.ProgrammeApproved(programme_id=PROGRAMME))])

    events = await deliver(CONSUMER, database, [said_by(UNION, a_programme())])

    assert [p.code for p in wrong[0].problems] == ["approval.period_invalid"]
    assert early == []
    assert [e.valid_to for e in events if isinstance(e, said.ProgrammeSigned)] == [date(2030, 12, 31)]


async def test_of_a_campaign_that_a_stranger_proposed_nothing_stays(database: Database, deliver: Deliver) -> None:
    await deliver(CONSUMER, database, [the_province(), a_unit(1)])
    proposed, signed, campaign, approved = opening()
    for batch in (proposed, signed):
        await deliver(CONSUMER, database, batch)

    stranger = await deliver(CONSUMER, database, [said_by(f"unions/{unit(1)}", a_campaign(coverage_pct=1))])
    await deliver(CONSUMER, database, campaign)
    events = await deliver(CONSUMER, database, approved)

    assert [p.code for p in stranger[0].problems] == ["approval.not_a_signatory"]
    assert [e.coverage_pct for e in events if isinstance(e, said.CampaignOpened)] == [90]


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"funding": [{"payer": 4, "share_pct": 60}, {"payer": 2, "share_pct": 60}]}, "approval.funding_not_whole"),
        ({"funding": [{"payer": 4, "share_pct": 50}, {"payer": 4, "share_pct": 50}]}, "approval.funding_not_whole"),
        ({"rosters_due": date(2027, 1, 1)}, "approval.rosters_due_late"),
        ({"period_to": date(2026, 6, 30)}, "approval.period_invalid"),
    ],
)
async def test_terms_that_cannot_be_kept_are_refused(
    database: Database, deliver: Deliver, terms: dict[str, Any], code: str
) -> None:
    for batch in opening()[:2]:
        await deliver(CONSUMER, database, batch)

    events = await deliver(CONSUMER, database, [said_by(UNION, a_campaign(**terms))])

    assert [p.code for p in events[0].problems] == [code]


async def test_a_campaign_opens_with_the_grassroots_units_below_its_scope(database: Database, deliver: Deliver) -> None:
    commune = a_unit(10, kind="CD_XA")
    elsewhere = a_unit(3, parent=None)
    profession = a_unit(4, kind="NGHIEP_DOAN")
    below = [a_unit(1), a_unit(2, parent=unit(10)), profession]
    await deliver(CONSUMER, database, [the_province(), commune, *below, elsewhere])

    for batch in opening():
        events = await deliver(CONSUMER, database, batch)

    opened = events[-1]
    assert isinstance(opened, said.CampaignOpened)
    assert opened.unit_ids == sorted([unit(1), unit(2), unit(4)])


async def test_a_plan_is_approved_by_both_parties_in_either_order(database: Database, deliver: Deliver) -> None:
    plan = uuid4()
    await deliver(CONSUMER, database, [a_plan(plan)])

    first = await deliver(
        CONSUMER, database, [said_by(AUTHORITY, health.PlanApproved(plan_id=plan, campaign_id=CAMPAIGN))]
    )
    second = await deliver(
        CONSUMER, database, [said_by(UNION, unions.PlanApproved(plan_id=plan, campaign_id=CAMPAIGN))]
    )

    assert first[0].missing == ["unions"]
    assert isinstance(second[-1], said.PlanApproved)


async def test_one_party_is_enough_to_decline_a_plan_even_while_it_is_computed(
    database: Database, deliver: Deliver
) -> None:
    plan = uuid4()
    for batch in opening():
        await deliver(CONSUMER, database, batch)

    declined = await deliver(
        CONSUMER, database, [said_by(UNION, unions.PlanDeclined(plan_id=plan, campaign_id=CAMPAIGN))]
    )
    await deliver(CONSUMER, database, [a_plan(plan)])
    late = await deliver(
        CONSUMER, database, [said_by(AUTHORITY, health.PlanApproved(plan_id=plan, campaign_id=CAMPAIGN))]
    )

    assert declined == [said.PlanDeclined(plan_id=plan, campaign_id=CAMPAIGN, party="unions")]
    assert [p.code for p in late[0].problems] == ["plan.given_up"]


async def test_one_campaigns_party_neither_stops_nor_wedges_another_campaigns_plan(
    database: Database, deliver: Deliver
) -> None:
    neighbour, programme, ours, theirs = f"unions/{unit(9)}", uuid4(), uuid4(), uuid4()
    for batch in opening():
        await deliver(CONSUMER, database, batch)
    agreed = a_programme(programme_id=programme, union_unit_id=unit(9), authority_id="syt-99")
    await deliver(CONSUMER, database, [said_by(neighbour, agreed)])
    await deliver(CONSUMER, database, [said_by("health/syt-99", health.ProgrammeApproved(programme_id=programme))])
    await deliver(CONSUMER, database, [said_by(neighbour, a_campaign(campaign_id=theirs, programme_id=programme))])

    guess = said_by(neighbour, unions.PlanDeclined(plan_id=ours, campaign_id=theirs))
    early = await deliver(CONSUMER, database, [guess])
    await deliver(CONSUMER, database, [a_plan(ours)])
    late = await deliver(CONSUMER, database, [said_by(neighbour, guess.event)])
    words = [said_by(UNION, unions.PlanApproved(plan_id=ours, campaign_id=CAMPAIGN)),
             said_by(AUTHORITY, health.PlanApproved(plan_id=ours, campaign_id=CAMPAIGN))]  # fmt: skip
    approved = [event for word in words for event in await deliver(CONSUMER, database, [word])]

    assert early == [said.PlanDeclined(plan_id=ours, campaign_id=theirs, party="unions")]
    assert [p.code for p in late[0].problems] == ["plan.other_campaign"]
    assert approved[-1] == said.PlanApproved(plan_id=ours, campaign_id=CAMPAIGN)


async def test_an_approved_plan_is_not_declined_and_strangers_decline_nothing(
    database: Database, deliver: Deliver
) -> None:
    plan = uuid4()
    for batch in opening():
        await deliver(CONSUMER, database, batch)
    await deliver(CONSUMER, database, [a_plan(plan)])
    stranger = await deliver(
        CONSUMER, database, [said_by("health/syt-99", health.PlanDeclined(plan_id=plan, campaign_id=CAMPAIGN))]
    )
    for party, word in ((UNION, unions.PlanApproved), (AUTHORITY, health.PlanApproved)):
        await deliver(CONSUMER, database, [said_by(party, word(plan_id=plan, campaign_id=CAMPAIGN))])

    late = await deliver(
        CONSUMER, database, [said_by(AUTHORITY, health.PlanDeclined(plan_id=plan, campaign_id=CAMPAIGN))]
    )

    assert [p.code for p in stranger[0].problems] == ["approval.not_a_signatory"]
    assert [p.code for p in late[0].problems] == ["plan.approved_already"]


async def test_nobody_declines_a_plan_of_a_campaign_that_there_is_not(database: Database, deliver: Deliver) -> None:
    word = unions.PlanDeclined(plan_id=uuid4(), campaign_id=uuid4())

    events = await deliver(CONSUMER, database, [said_by(UNION, word)])

    assert [p.code for p in events[0].problems] == ["plan.other_campaign"]


async def test_a_plan_that_scheduling_withdrew_hears_no_more_words(database: Database, deliver: Deliver) -> None:
    plan = uuid4()
    await deliver(CONSUMER, database, [a_plan(plan)])
    await deliver(CONSUMER, database, [plans.PlanWithdrawn(plan_id=plan, campaign_id=CAMPAIGN, reason="expired")])

    late = await deliver(CONSUMER, database, [said_by(UNION, unions.PlanApproved(plan_id=plan, campaign_id=CAMPAIGN))])

    assert [p.code for p in late[0].problems] == ["plan.given_up"]


async def test_operators_move_time_only_forward(database: Database, deliver: Deliver) -> None:
    await deliver(CONSUMER, database, [day_asked(date(2026, 7, 2))])

    again = await deliver(CONSUMER, database, [day_asked(date(2026, 7, 2))])
    ahead = await deliver(CONSUMER, database, [day_asked(date(2026, 7, 3))])

    assert [p.code for p in again[0].problems] == ["day.not_forward"]
    assert isinstance(ahead[0], said.DayStarted)


async def test_production_refuses_simulated_time(database: Database, deliver: Deliver) -> None:
    events = await deliver(PRODUCTION, database, [day_asked(date(2026, 7, 2))])

    assert [p.code for p in events[0].problems] == ["day.production"]


def a_plan(plan_id: object) -> plans.PlanProposed:
    return plans.PlanProposed.model_validate({
        "plan_id": plan_id, "campaign_id": CAMPAIGN, "kind": "initial", "on_day": date(2026, 7, 1), "demand": 1,
        "appointments": 1, "unassigned": {}, "sessions_used": 1, "cost": 100, "lower_bound": 100, "inputs_digest": "x",
    })  # fmt: skip
