"""Frozen denominators, coverage up the tree, alerts, and a close-out that anyone can recompute."""

from datetime import date, timedelta
from hashlib import sha256
from uuid import UUID, uuid5

import pytest
from coordination_builders import (
    AUTHORITY,
    CAMPAIGN,
    CONSUMER,
    PROVINCE,
    UNION,
    a_campaign,
    a_cancellation,
    a_conclusion,
    a_due_check,
    a_miss,
    a_unit,
    a_visit,
    an_appointment,
    an_end,
    day_asked,
    day_started,
    demand,
    freeze,
    open_campaign,
    opening,
    rosters_closed,
    said_by,
    the_province,
    unit,
    worker,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts import coordination as said
from contracts import health, unions
from coordination import model
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack
MONDAY = date(2026, 8, 10)


async def test_the_scope_freezes_when_the_last_due_check_has_arrived(database: Database, deliver: Deliver) -> None:
    await open_campaign(database, deliver)
    await deliver(CONSUMER, database, [a_due_check(1, in_unit=1), demand(1, 1), demand(2, 1)])

    events = await deliver(CONSUMER, database, [a_due_check(2, in_unit=2)])

    assert [type(event) for event in events] == [said.ScopeFrozen]
    assert {(u.unit_id, u.due) for u in events[0].units} == {(unit(1), 1), (unit(2), 1)}


async def test_a_unit_without_due_checks_does_not_hold_up_the_others(database: Database, deliver: Deliver) -> None:
    await open_campaign(database, deliver)

    events = await deliver(CONSUMER, database, [a_due_check(1), demand(1, 1), demand(2, 0)])

    assert [type(event) for event in events] == [said.ScopeFrozen]


async def test_late_joiners_complete_no_unit(database: Database, deliver: Deliver) -> None:
    await open_campaign(database, deliver, units=1)

    late = await deliver(CONSUMER, database, [a_due_check(1, late_joiner=True), demand(1, 1)])
    in_time = await deliver(CONSUMER, database, [a_due_check(2)])

    assert late == []
    assert [type(event) for event in in_time] == [said.ScopeFrozen]


async def test_a_unit_is_held_against_its_own_target(database: Database, deliver: Deliver) -> None:
    await deliver(CONSUMER, database, [the_province(), a_unit(1)])
    proposed, signed, _, approved = opening()
    own = said_by(UNION, a_campaign(unit_targets=[{"unit_id": unit(1), "coverage_pct": 70}]))
    for batch in (proposed, signed, [own], approved):
        await deliver(CONSUMER, database, batch)
    await deliver(CONSUMER, database, [a_due_check(1), demand(1, 1)])

    events = await deliver(CONSUMER, database, [day_started(MONDAY)])

    targets = {event.unit_id: event.target_pct for event in events if isinstance(event, said.CoverageChanged)}
    assert targets == {unit(1): 70, PROVINCE: 90}


async def test_past_the_roster_day_missing_units_are_left_out_and_named(database: Database, deliver: Deliver) -> None:
    await open_campaign(database, deliver)
    await deliver(CONSUMER, database, [a_due_check(1), demand(1, 1)])

    events = await deliver(CONSUMER, database, [day_started(date(2026, 6, 27))])

    frozen = next(event for event in events if isinstance(event, said.ScopeFrozen))
    assert frozen.missing_unit_ids == [unit(2)]


async def test_a_unit_that_closed_its_rosters_is_waited_for_past_the_day(database: Database, deliver: Deliver) -> None:
    await open_campaign(database, deliver)
    await deliver(CONSUMER, database, [a_due_check(1), demand(1, 1), rosters_closed(2)])

    events = await deliver(CONSUMER, database, [day_started(date(2026, 6, 27))])

    assert [event for event in events if isinstance(event, said.ScopeFrozen)] == []


async def test_rosters_closed_before_the_campaign_opens_are_not_forgotten(database: Database, deliver: Deliver) -> None:
    await deliver(CONSUMER, database, [rosters_closed(2)])

    await open_campaign(database, deliver)

    closed = "SELECT rosters_closed FROM campaign_units WHERE unit_id = $1"
    assert await database.pool.fetchval(closed, unit(2)) is True


async def test_coverage_is_counted_for_the_unit_and_everyone_above_it(database: Database, deliver: Deliver) -> None:
    await freeze(database, deliver, people=4)
    await deliver(CONSUMER, database, [a_visit(0), a_visit(0), a_conclusion(0), an_end(1, "refused")])

    events = await deliver(CONSUMER, database, [day_started(MONDAY)])

    coverage = {event.unit_id: event.figures for event in events if isinstance(event, said.CoverageChanged)}
    assert coverage.keys() == {unit(1), PROVINCE}
    assert coverage[PROVINCE] == said.Figures(in_scope=4, examined=1, refused=1, pending=2, visits=2)


async def test_whoever_refused_and_is_due_again_is_pending_and_may_be_examined(
    database: Database, deliver: Deliver
) -> None:
    await freeze(database, deliver, people=3)
    await deliver(CONSUMER, database, [an_end(n, "refused") for n in range(3)])

    again = [a_due_check(0), a_due_check(1), a_visit(1), a_conclusion(1)]
    events = await deliver(CONSUMER, database, [*again, day_started(MONDAY)])

    figures = next(e.figures for e in events if isinstance(e, said.CoverageChanged) and e.unit_id == PROVINCE)
    assert figures == said.Figures(in_scope=3, examined=1, refused=1, pending=1, visits=1)


async def test_unchanged_coverage_is_not_said_again(database: Database, deliver: Deliver) -> None:
    await freeze(database, deliver, people=1)
    await deliver(CONSUMER, database, [day_started(MONDAY)])

    events = await deliver(CONSUMER, database, [day_started(MONDAY + timedelta(days=1))])

    assert [type(event) for event in events] == [said.DayCounted]


async def test_facts_count_the_same_in_any_order(database: Database, deliver: Deliver) -> None:
    await open_campaign(database, deliver, units=1)
    await deliver(CONSUMER, database, [a_conclusion(0), a_visit(0), an_appointment(0)])

    await deliver(CONSUMER, database, [a_due_check(0), demand(1, 1)])

    events = await deliver(CONSUMER, database, [day_started(MONDAY)])
    figures = next(e.figures for e in events if isinstance(e, said.CoverageChanged) and e.unit_id == PROVINCE)
    assert figures == said.Figures(in_scope=1, examined=1, visits=1)


async def test_late_joiners_stand_apart_from_the_scope(database: Database, deliver: Deliver) -> None:
    await freeze(database, deliver, people=1)
    await deliver(CONSUMER, database, [a_due_check(7, late_joiner=True), a_visit(7), a_conclusion(7)])

    events = await deliver(CONSUMER, database, [day_started(MONDAY)])

    figures = next(e.figures for e in events if isinstance(e, said.CoverageChanged) and e.unit_id == PROVINCE)
    assert figures == said.Figures(in_scope=1, pending=1, visits=1, late_joiners=1, late_joiners_examined=1)


async def test_an_amended_conclusion_examines_nobody_twice(database: Database, deliver: Deliver) -> None:
    await freeze(database, deliver, people=1)

    await deliver(CONSUMER, database, [a_conclusion(0), a_conclusion(0, version=2)])

    events = await deliver(CONSUMER, database, [day_started(MONDAY)])
    figures = next(e.figures for e in events if isinstance(e, said.CoverageChanged))
    assert figures.examined == 1


async def test_a_campaign_behind_its_plan_alerts_once_a_month(database: Database, deliver: Deliver) -> None:
    await freeze(database, deliver, people=10)
    await deliver(CONSUMER, database, [an_appointment(n, day=date(2026, 8, 3)) for n in range(10)])

    first = await deliver(CONSUMER, database, [day_started(MONDAY)])
    await deliver(CONSUMER, database, [a_visit(0)])
    second = await deliver(CONSUMER, database, [day_started(MONDAY + timedelta(days=1))])

    assert [e.unit_id for e in first if isinstance(e, said.AlertRaised)] == [PROVINCE]
    assert [e for e in second if isinstance(e, said.AlertRaised)] == []


async def test_an_appointment_called_off_leaves_the_other_standing(database: Database, deliver: Deliver) -> None:
    await freeze(database, deliver, people=10)
    former = [an_appointment(n, day=date(2026, 8, 1)) for n in range(10)]
    await deliver(CONSUMER, database, [*former, *(an_appointment(n, day=date(2026, 8, 3)) for n in range(10))])

    await deliver(CONSUMER, database, [a_cancellation(appointment) for appointment in former])
    events = await deliver(CONSUMER, database, [day_started(MONDAY)])

    assert [e.unit_id for e in events if isinstance(e, said.AlertRaised)] == [PROVINCE]


async def closed_campaign(database: Database, deliver: Deliver) -> said.ClosingProposed:
    """Five people, one of each final state, after the last day for conclusions."""
    await freeze(database, deliver, people=5)
    await deliver(CONSUMER, database, [a_visit(0), a_conclusion(0), an_end(1, "refused"), an_end(2, "left"), a_miss(3)])
    await deliver(CONSUMER, database, [day_asked(date(2027, 1, 15))])
    events = await deliver(CONSUMER, database, [day_started(date(2027, 1, 15))])
    return next(event for event in events if isinstance(event, said.ClosingProposed))


async def test_a_campaign_closes_two_weeks_after_its_last_day_and_not_before(
    database: Database, deliver: Deliver
) -> None:
    await freeze(database, deliver, people=1)

    events = await deliver(CONSUMER, database, [day_started(date(2027, 1, 14))])

    assert model.closes_on(date(2026, 12, 31)) == date(2027, 1, 15)
    assert not any(isinstance(event, said.ClosingProposed) for event in events)


async def test_everybody_in_scope_closes_with_exactly_one_state(database: Database, deliver: Deliver) -> None:
    proposed = await closed_campaign(database, deliver)

    assert proposed.figures == said.Figures(
        in_scope=5, examined=1, refused=1, left=1, no_show=1, deferred=1, pending=0, visits=1
    )


async def test_the_digest_can_be_recomputed_from_the_events(database: Database, deliver: Deliver) -> None:
    proposed = await closed_campaign(database, deliver)

    states = [(uuid5(CAMPAIGN, str(worker(n))), state) for n, state in enumerate(
        ["examined", "refused", "left", "no_show", "deferred"]
    )]  # fmt: skip
    assert proposed.digest == model.digest(CAMPAIGN, [(unit(1), 10, 5)], states)


async def test_both_parties_sign_the_digest_and_the_signature_verifies(database: Database, deliver: Deliver) -> None:
    proposed = await closed_campaign(database, deliver)
    union_word = unions.ClosingApproved(campaign_id=CAMPAIGN, digest=proposed.digest)
    health_word = health.ClosingApproved(campaign_id=CAMPAIGN, digest=proposed.digest)

    await deliver(CONSUMER, database, [said_by(UNION, union_word)])
    events = await deliver(CONSUMER, database, [said_by(AUTHORITY, health_word)])

    closed = events[-1]
    assert isinstance(closed, said.CampaignClosed)
    assert proposed.tree_as_of is not None
    assert closed.tree_as_of == proposed.tree_as_of
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(closed.public_key))
    key.verify(bytes.fromhex(closed.signature), bytes.fromhex(proposed.digest))


async def test_a_party_cannot_sign_other_figures(database: Database, deliver: Deliver) -> None:
    await closed_campaign(database, deliver)
    other = unions.ClosingApproved(campaign_id=CAMPAIGN, digest=sha256(b"other").hexdigest())

    events = await deliver(CONSUMER, database, [said_by(UNION, other)])

    assert [p.code for p in events[0].problems] == ["approval.other_digest"]


async def test_a_result_after_the_closing_changes_no_signed_figure(database: Database, deliver: Deliver) -> None:
    await closed_campaign(database, deliver)
    await deliver(CONSUMER, database, [a_conclusion(4)])

    events = await deliver(CONSUMER, database, [day_started(date(2027, 1, 20))])

    assert [type(event) for event in events] == [said.DayCounted]


async def test_results_after_the_closing_stand_beside_it_as_a_supplement(database: Database, deliver: Deliver) -> None:
    proposed = await closed_campaign(database, deliver)
    await deliver(CONSUMER, database, [a_conclusion(4)])
    for party, word in ((UNION, unions.ClosingApproved), (AUTHORITY, health.ClosingApproved)):
        await deliver(CONSUMER, database, [said_by(party, word(campaign_id=CAMPAIGN, digest=proposed.digest))])

    first = await deliver(CONSUMER, database, [day_started(date(2027, 1, 20))])
    await deliver(CONSUMER, database, [a_conclusion(0, version=2), a_conclusion(3)])
    second = await deliver(CONSUMER, database, [day_started(date(2027, 1, 21))])
    third = await deliver(CONSUMER, database, [day_started(date(2027, 1, 22))])

    late = [[e for e in events if isinstance(e, said.ClosingSupplemented)] for events in (first, second, third)]
    assert [[(e.examined_late, e.digest) for e in events] for events in late] == [
        [(1, proposed.digest)], [(2, proposed.digest)], [],
    ]  # fmt: skip


def test_a_tree_that_loops_is_counted_without_end_of_time() -> None:
    first, second = UUID(int=1), UUID(int=2)

    totals = model.roll_up({first: said.Figures(in_scope=1)}, {first: second, second: first})

    assert totals[second].in_scope == 1
