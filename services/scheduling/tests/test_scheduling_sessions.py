"""Sessions: offered, permitted, withdrawn, cut; their people find other places, and nobody else is moved."""

from datetime import date, timedelta
from time import process_time
from typing import Any
from uuid import UUID, uuid4

import pytest
from scheduling_builders import (
    EXAM_DAY,
    LATER,
    TODAY,
    a_campaign,
    a_permit,
    a_session,
    a_window,
    a_worker_id,
    attendance,
    booking,
    day_started,
    plan_approved,
    session_withdrawn,
)
from scheduling_campaigns import a_campaign_under_way, a_campaign_with, codes, of, planned, runs

from contracts.appointments import AppointmentCancelled, AppointmentKept, AppointmentMade, AppointmentMoved
from contracts.base import Event
from contracts.health import PermitRevoked
from contracts.plans import PlanAsked
from contracts.scheduling import DaySwept, SessionListed, SessionRefused
from scheduling.consumers import consumer
from shared.clock import utc_now
from shared.database import Database
from shared.outbox import Outgoing, origin
from shared.testing import Deliver

pytestmark = pytest.mark.stack


async def test_a_session_is_planned_until_a_permit_covers_it(database: Database, deliver: Deliver) -> None:
    listed = await deliver(consumer, database, [a_campaign(), a_session()])

    confirmed = await deliver(consumer, database, [a_permit()])

    assert [event.status for event in of(SessionListed, listed)] == ["planned"]
    assert [event.status for event in of(SessionListed, confirmed)] == ["confirmed"]


@pytest.mark.parametrize(
    "permit",
    [
        a_permit(sites=["00700"]),
        a_permit(valid_to=EXAM_DAY - timedelta(days=1)),
        a_permit(clinic_id="08999"),
        a_permit(licensed_stations=["MEA", "BLD"]),
        a_permit(bnn=False),
    ],
    ids=["other site", "ended before", "other clinic", "a station without licence", "no occupational diseases"],
)
async def test_a_permit_covers_only_what_it_says(database: Database, deliver: Deliver, permit: Any) -> None:
    all_of_it = a_permit(permit_id=UUID(int=1), bnn=True)
    said = await deliver(consumer, database, [a_campaign(), permit, a_session(bnn=True)])

    covered = await deliver(consumer, database, [all_of_it])

    assert [event.status for event in of(SessionListed, said)] == ["planned"]
    assert [event.status for event in of(SessionListed, covered)] == ["confirmed"]


async def test_an_offer_is_refused_with_every_problem_at_once(database: Database, deliver: Deliver) -> None:
    bad = a_session(day=date(2027, 1, 5), windows=[a_window(510, total=0), a_window(480, total=0)])

    said = await deliver(consumer, database, [a_campaign(), day_started(), bad])

    (refused,) = of(SessionRefused, said)
    assert codes([refused]) == [
        "session.in-the-past", "session.outside-campaign", "session.windows-disordered", "session.no-seats",
    ]  # fmt: skip
    assert all(problem.message_vi and problem.message_en for problem in refused.problems)


async def test_nothing_is_offered_for_the_day_that_has_begun(database: Database, deliver: Deliver) -> None:
    said = await deliver(consumer, database, [a_campaign(), day_started(), a_session(day=TODAY)])

    assert codes(of(SessionRefused, said)) == ["session.in-the-past"]


async def test_an_offer_for_a_campaign_to_come_waits(database: Database, deliver: Deliver) -> None:
    early = await deliver(consumer, database, [a_session(), session_withdrawn(a_session())])

    said = await deliver(consumer, database, [a_campaign()])

    assert early == []
    assert [event.status for event in of(SessionListed, said)] == ["planned", "withdrawn"]


async def test_a_withdrawn_session_sends_its_people_to_the_seats_that_are_left(
    database: Database, deliver: Deliver
) -> None:
    doomed, small = a_session(), a_session(day=EXAM_DAY + timedelta(days=1), windows=[a_window(480, total=2)])
    await a_campaign_under_way(database, deliver, [doomed, small])
    await deliver(consumer, database, [booking(n, doomed) for n in range(3)])

    said = await deliver(consumer, database, [session_withdrawn(doomed)])

    assert [event.session_id for event in of(AppointmentMoved, said)] == [small.session_id] * 2
    assert [event.reason for event in of(AppointmentCancelled, said)] == ["session-withdrawn"]
    assert [event.status for event in of(SessionListed, said)] == ["withdrawn"]


async def test_a_session_may_be_withdrawn_until_its_day_is_over_and_who_came_stays_with_it(
    database: Database, deliver: Deliver
) -> None:
    morning, done = a_session(), a_session(session_id=uuid4())
    await a_campaign_under_way(database, deliver, [morning, done, a_session(day=LATER)])
    await deliver(consumer, database, [booking(0, morning)])
    made = of(AppointmentMade, await deliver(consumer, database, [booking(1, done)]))[0]

    await deliver(consumer, database, [day_started(EXAM_DAY)])
    on_the_day = await deliver(consumer, database, [session_withdrawn(morning)])
    await deliver(consumer, database, [day_started(EXAM_DAY + timedelta(days=1))])
    too_late = await deliver(consumer, database, [session_withdrawn(done), session_withdrawn(morning)])
    came = await deliver(consumer, database, [attendance(made)])

    assert [event.status for event in of(SessionListed, on_the_day)] == ["withdrawn"]
    assert codes(of(SessionRefused, too_late)) == ["session.in-the-past"]
    assert [event.session_id for event in of(SessionListed, too_late)] == [morning.session_id]
    assert of(AppointmentMoved, too_late) == []
    assert [event.appointment_id for event in of(AppointmentKept, came)] == [made.appointment_id]


async def test_a_revoked_permit_takes_its_sessions_back(database: Database, deliver: Deliver) -> None:
    session, permit = a_session(), a_permit()
    await a_campaign_under_way(database, deliver, [session])
    await deliver(consumer, database, [booking(0, session)])
    revoked = PermitRevoked(permit_id=permit.permit_id, clinic_id=permit.clinic_id, from_day=EXAM_DAY)

    said = await deliver(consumer, database, [revoked])

    assert [event.reason for event in of(AppointmentCancelled, said)] == ["permit-revoked"]
    assert [event.status for event in of(SessionListed, said)] == ["planned"]
    assert await database.pool.fetchval("SELECT count(*) FROM health_checks WHERE displaced") == 1


async def test_a_permit_that_comes_after_the_day_confirms_nothing(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [a_campaign(), a_session(), day_started(EXAM_DAY + timedelta(days=1))])

    late = await deliver(consumer, database, [a_permit()])

    assert of(SessionListed, late) == []


async def test_another_authority_ends_no_permit(database: Database, deliver: Deliver) -> None:
    def said_by(party: str, event: Event) -> Outgoing:
        return origin(event, source=party, id=uuid4(), time=utc_now(), party=party, actor="x")

    ending = PermitRevoked(permit_id=a_permit().permit_id, clinic_id=a_permit().clinic_id, from_day=EXAM_DAY)
    await deliver(consumer, database, [a_campaign(), said_by("health/syt-08", a_permit()), a_session()])

    ignored = await deliver(consumer, database, [said_by("health/syt-99", ending)])
    ended = await deliver(consumer, database, [said_by("health/syt-08", ending)])

    assert ignored == []
    assert [event.status for event in of(SessionListed, ended)] == ["planned"]


async def test_a_withdrawn_session_of_450_is_planned_anew_within_seconds_of_processor_time(
    database: Database, deliver: Deliver
) -> None:
    wide = [a_window(420 + 30 * n, total=30) for n in range(16)]
    first = a_session(windows=wide)
    others = [a_session(day=LATER + timedelta(days=n), windows=wide) for n in range(2)]
    await a_campaign_with(database, deliver, 450, first, *others)
    await deliver(consumer, database, [booking(n, first) for n in range(450)])

    begun = process_time()
    said = await deliver(consumer, database, [session_withdrawn(first)])
    taken = process_time() - begun

    moved = of(AppointmentMoved, said)
    assert len(moved) == 450
    assert {event.reason for event in moved} == {"session-withdrawn"}
    assert {event.from_session_id for event in moved} == {first.session_id}
    assert taken < 3


async def test_whoever_a_withdrawn_session_leaves_without_a_place_is_planned_at_once(
    database: Database, deliver: Deliver
) -> None:
    first, small = a_session(windows=[a_window(480, total=3)]), a_session(day=LATER, windows=[a_window(480, total=4)])
    await a_campaign_with(database, deliver, 4, first, small)
    plan, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id)])
    inside = await database.pool.fetchval("SELECT count(*) FROM appointments WHERE session_id = $1", small.session_id)

    said = await deliver(consumer, database, [session_withdrawn(small)])

    lost = of(AppointmentCancelled, said)
    assert 0 < len(lost) <= inside
    assert {event.reason for event in lost} == {"session-withdrawn"}
    assert await runs(database) == [("initial", "published")]

    more = a_session(day=LATER + timedelta(days=1), windows=[a_window(480, total=4)])
    await deliver(consumer, database, [more])
    await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])
    repair, _ = await planned(database)

    assert (repair.kind, repair.appointments) == ("repair", len(lost))


async def test_the_repair_of_a_withdrawn_session_is_told_of_in_the_moment_it_is_asked_for(
    database: Database, deliver: Deliver
) -> None:
    first = a_session(windows=[a_window(480, total=3)])
    useless = a_session(day=LATER, windows=[a_window(480, total=5, MEA=0)])
    await a_campaign_with(database, deliver, 3, first, useless)
    plan, _ = await planned(database)
    await deliver(consumer, database, [plan_approved(plan.plan_id)])

    said = await deliver(consumer, database, [session_withdrawn(first)])
    again = await deliver(consumer, database, [day_started(TODAY + timedelta(days=1))])

    (asked,) = of(PlanAsked, said)
    assert (asked.kind, asked.on_day) == ("repair", TODAY)
    assert of(PlanAsked, again) == []
    assert of(DaySwept, again)[0].planning == [asked.plan_id]


async def test_a_cut_session_moves_those_who_no_longer_fit_and_nobody_else(
    database: Database, deliver: Deliver
) -> None:
    before = a_session(windows=[a_window(450, total=2), a_window(480, total=2), a_window(510, total=2)])
    other = a_session(day=LATER, windows=[a_window(480, total=9)])
    await a_campaign_with(database, deliver, 6, before, other)
    await deliver(consumer, database, [booking(n, before, window=n // 2) for n in range(6)])

    after = a_session(windows=[a_window(480, total=1), a_window(510, total=2)])
    said = await deliver(consumer, database, [after])

    rows = await database.pool.fetch("SELECT worker_id, session_id, start_minute, window_index FROM appointments")
    at = {r["worker_id"]: (r["session_id"], r["start_minute"], r["window_index"]) for r in rows}
    assert {at[a_worker_id(n)] for n in (4, 5)} == {(after.session_id, 510, 1)}
    assert [at[a_worker_id(n)][0] for n in (2, 3)].count(after.session_id) == 1
    assert all(at[a_worker_id(n)] == (other.session_id, 480, 0) for n in (0, 1))
    assert {event.reason for event in of(AppointmentMoved, said)} == {"session-cut"}
    assert of(SessionRefused, said) == []


async def test_a_session_re_timed_on_a_frozen_day_keeps_its_people(database: Database, deliver: Deliver) -> None:
    soon = TODAY + timedelta(days=1)
    before, other = a_session(day=soon, windows=[a_window(480, total=5)]), a_session(day=LATER)
    await a_campaign_with(database, deliver, 3, before, other)
    await deliver(consumer, database, [booking(n, before) for n in range(3)])

    windows = [a_window(420, total=5), a_window(495, total=2), a_window(600, total=5)]
    said = await deliver(consumer, database, [a_session(day=soon, windows=windows)])

    moved = of(AppointmentMoved, said)
    assert {(event.session_id, event.reason) for event in moved} == {(before.session_id, "session-cut")}
    assert sorted(event.start for event in moved) == [420, 495, 495]
    assert of(AppointmentCancelled, said) == []


async def test_a_cut_that_leaves_no_room_anywhere_says_why(database: Database, deliver: Deliver) -> None:
    before = a_session(windows=[a_window(480, total=2)])
    await a_campaign_with(database, deliver, 2, before)
    await deliver(consumer, database, [booking(0, before), booking(1, before)])

    said = await deliver(consumer, database, [a_session(windows=[a_window(480, total=1)])])

    assert [(e.reason, e.because) for e in of(AppointmentCancelled, said)] == [("session-withdrawn", "session-cut")]


async def test_a_session_with_appointments_stays_on_its_day(database: Database, deliver: Deliver) -> None:
    before = a_session()
    await a_campaign_with(database, deliver, 1, before)
    await deliver(consumer, database, [booking(0, before)])

    said = await deliver(consumer, database, [a_session(day=LATER, session_id=before.session_id)])

    assert [p.code for p in of(SessionRefused, said)[0].problems] == ["session.has-appointments"]


async def test_nobody_is_moved_onto_a_day_of_which_they_would_hear_too_late(
    database: Database, deliver: Deliver
) -> None:
    soon = a_session(day=TODAY + timedelta(days=1))
    first = a_session()
    await a_campaign_with(database, deliver, 1, first, soon)
    await deliver(consumer, database, [booking(0, first)])

    said = await deliver(consumer, database, [session_withdrawn(first)])

    assert of(AppointmentMoved, said) == []
    assert len(of(AppointmentCancelled, said)) == 1
