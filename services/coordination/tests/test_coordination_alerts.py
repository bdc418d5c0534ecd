"""What both parties are told to look at: once a month, from ten people up, and of units above the grassroots."""

from datetime import date, timedelta
from uuid import UUID, uuid5

import pytest
from coordination_builders import (
    CAMPAIGN,
    CONSUMER,
    PROVINCE,
    a_conclusion,
    a_due_check,
    an_appointment,
    day_started,
    demand,
    freeze,
    open_campaign,
    rosters_closed,
    unit,
    worker,
)

from contracts import coordination as said
from contracts import results
from coordination import coverage
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack
MONDAY = date(2026, 8, 10)
ROSTERS_DUE = date(2026, 6, 25)


def follow_up(number: int) -> UUID:
    return uuid5(CAMPAIGN, f"follow-up {number}")


def a_follow_up(number: int, due_on: date) -> results.FollowUpOpened:
    return results.FollowUpOpened(
        follow_up_id=follow_up(number), visit_id=uuid5(CAMPAIGN, f"visit {number}"), worker_id=worker(number),
        unit_id=unit(1), campaign_id=CAMPAIGN, clinic_id="02123", kind="retest", reason="hypertension_retest",
        due_on=due_on,
    )  # fmt: skip


def its_end(number: int) -> results.FollowUpClosed:
    return results.FollowUpClosed(
        follow_up_id=follow_up(number), visit_id=uuid5(CAMPAIGN, f"visit {number}"), worker_id=worker(number),
        unit_id=unit(1), campaign_id=CAMPAIGN, closed_on=MONDAY, outcome="ổn định",
    )  # fmt: skip


def alerts(events: list[object]) -> list[tuple[str, UUID | None]]:
    return [(event.kind, event.unit_id) for event in events if isinstance(event, said.AlertRaised)]


@pytest.mark.parametrize(("planned", "examined", "told"), [(9, 0, False), (10, 9, False), (10, 8, True)])
async def test_behind_plan_is_fewer_than_nine_in_ten_of_ten_or_more(
    database: Database, deliver: Deliver, planned: int, examined: int, told: bool
) -> None:
    await freeze(database, deliver, people=20)
    await deliver(CONSUMER, database, [an_appointment(n, day=MONDAY - timedelta(days=7)) for n in range(planned)])
    await deliver(CONSUMER, database, [a_conclusion(n) for n in range(examined)])

    events = await deliver(CONSUMER, database, [day_started(MONDAY)])

    assert alerts(events) == [("behind-plan", PROVINCE)] * told


async def test_appointments_of_the_last_week_put_nobody_behind(database: Database, deliver: Deliver) -> None:
    await freeze(database, deliver, people=20)
    await deliver(CONSUMER, database, [an_appointment(n, day=MONDAY - timedelta(days=6)) for n in range(20)])

    events = await deliver(CONSUMER, database, [day_started(MONDAY)])

    assert alerts(events) == []


def test_a_tree_that_loops_raises_its_alerts_without_end_of_time() -> None:
    first, second = UUID(int=1), UUID(int=2)
    rows = [{"unit_id": first, "planned": 12, "examined": 1}]

    promised = coverage.promised(rows, {first: second, second: first}, grassroots={first: 90})

    assert promised == {second: (12, 1)}


async def test_units_whose_rosters_are_not_closed_by_their_day_are_told_once_a_month(
    database: Database, deliver: Deliver
) -> None:
    await open_campaign(database, deliver, units=3)
    await deliver(CONSUMER, database, [rosters_closed(1)])

    on_the_day = await deliver(CONSUMER, database, [day_started(ROSTERS_DUE)])
    after = await deliver(CONSUMER, database, [day_started(ROSTERS_DUE + timedelta(days=1))])
    again = await deliver(CONSUMER, database, [day_started(ROSTERS_DUE + timedelta(days=2))])

    assert alerts(on_the_day) == []
    assert sorted(alerts(after)) == sorted([("roster-missing", unit(2)), ("roster-missing", unit(3))])
    assert alerts(again) == []


async def test_the_scope_waits_for_missing_rosters_one_day_beyond_theirs(database: Database, deliver: Deliver) -> None:
    await open_campaign(database, deliver, units=2)
    await deliver(CONSUMER, database, [a_due_check(1), demand(1, 1)])

    first = await deliver(CONSUMER, database, [day_started(ROSTERS_DUE + timedelta(days=1))])
    second = await deliver(CONSUMER, database, [day_started(ROSTERS_DUE + timedelta(days=2))])

    assert [event for event in first if isinstance(event, said.ScopeFrozen)] == []
    assert [event for event in second if isinstance(event, said.ScopeFrozen)]


async def test_ten_follow_ups_past_their_day_are_told_and_nine_are_not(database: Database, deliver: Deliver) -> None:
    await freeze(database, deliver, people=1)
    await deliver(CONSUMER, database, [a_follow_up(n, due_on=MONDAY) for n in range(11)])

    on_the_day = await deliver(CONSUMER, database, [day_started(MONDAY)])
    await deliver(CONSUMER, database, [its_end(9), its_end(10)])
    nine = await deliver(CONSUMER, database, [day_started(MONDAY + timedelta(days=1))])
    await deliver(CONSUMER, database, [a_follow_up(11, due_on=MONDAY)])
    ten = await deliver(CONSUMER, database, [day_started(MONDAY + timedelta(days=2))])

    assert [alerts(events) for events in (on_the_day, nine)] == [[], []]
    assert alerts(ten) == [("follow-up-overdue", None)]


async def test_a_cluster_alerts_both_parties_once_a_month_and_names_nobody(
    database: Database, deliver: Deliver
) -> None:
    await freeze(database, deliver, people=1)
    cluster = results.ClusterDetected(
        cluster_id=uuid5(CAMPAIGN, "cluster"), unit_id=unit(1), campaign_id=CAMPAIGN, kind="noise_induced_hearing_loss",
        at_least=10,
    )  # fmt: skip

    events = await deliver(CONSUMER, database, [cluster])

    assert alerts(events) == [("cluster", unit(1))]
    assert "10" in events[0].text_vi
