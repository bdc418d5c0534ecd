"""Who came, who did not, who came unasked: what the reception desk reports and what nobody does."""

from datetime import timedelta
from uuid import uuid4

import pytest
from scheduling_builders import (
    EXAM_DAY,
    a_session,
    a_walk_in,
    a_window,
    a_worker_id,
    attendance,
    booking,
    concluded,
    day_started,
)
from scheduling_campaigns import a_campaign_under_way, codes, of

from contracts.appointments import (
    AppointmentCancelled,
    AppointmentKept,
    AppointmentMade,
    AppointmentMissed,
    AttendanceRefused,
)
from scheduling.consumers import consumer
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack


async def test_attendance_tells_kept_from_missed(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    made = of(AppointmentMade, await deliver(consumer, database, [booking(n, session) for n in range(3)]))
    await deliver(consumer, database, [day_started(EXAM_DAY)])

    said = await deliver(
        consumer,
        database,
        [attendance(made[0]), attendance(made[1], "absent"), attendance(made[2], "refused")],
    )

    assert [event.worker_id for event in of(AppointmentKept, said)] == [made[0].worker_id]
    assert [event.reason for event in of(AppointmentMissed, said)] == ["absent"]
    assert [event.reason for event in of(AppointmentCancelled, said)] == ["refused"]


async def test_attendance_of_a_day_that_is_not_known_yet_waits_for_it(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, session)]))

    early = await deliver(consumer, database, [attendance(made)])
    said = await deliver(consumer, database, [day_started(EXAM_DAY)])

    assert early == []
    assert len(of(AppointmentKept, said)) == 1


async def test_attendance_with_another_clinics_visit_is_refused(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, session)]))
    await deliver(consumer, database, [day_started(EXAM_DAY)])

    said = await deliver(consumer, database, [attendance(made, clinic_id="08999"), attendance(made, visit_id=uuid4())])

    assert sorted(codes(of(AttendanceRefused, said))) == ["attendance.other-clinic", "attendance.unknown-visit"]


async def test_attendance_of_another_worker_than_the_one_expected_is_refused(
    database: Database, deliver: Deliver
) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, session)]))
    await deliver(consumer, database, [day_started(EXAM_DAY)])

    said = await deliver(consumer, database, [attendance(made, worker_id=a_worker_id(1))])

    assert codes(of(AttendanceRefused, said)) == ["attendance.other-worker"]


async def test_attendance_told_after_the_conclusion_leaves_the_check_fulfilled(
    database: Database, deliver: Deliver
) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session], people=1)
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, session)]))
    await deliver(consumer, database, [day_started(EXAM_DAY), concluded(0, EXAM_DAY)])

    said = await deliver(consumer, database, [attendance(made)])

    assert len(of(AppointmentKept, said)) == 1
    assert await database.pool.fetchval("SELECT state FROM health_checks") == "fulfilled"


async def test_whoever_was_missed_and_booked_again_is_not_kept_in_the_former_place(
    database: Database, deliver: Deliver
) -> None:
    session, later = a_session(), a_session(day=EXAM_DAY + timedelta(days=9))
    await a_campaign_under_way(database, deliver, [session, later])
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, session)]))
    await deliver(consumer, database, [day_started(EXAM_DAY + timedelta(days=2))])
    await deliver(consumer, database, [booking(0, later)])

    said = await deliver(consumer, database, [attendance(made)])

    assert codes(of(AttendanceRefused, said)) == ["attendance.check-ended"]


async def test_nobody_is_missed_before_the_reporting_days_are_over(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    await deliver(consumer, database, [booking(0, session)])

    said = await deliver(consumer, database, [day_started(EXAM_DAY + timedelta(days=1))])

    assert of(AppointmentMissed, said) == []


async def test_nobody_walks_into_a_session_without_a_permit(database: Database, deliver: Deliver) -> None:
    session = a_session(site="00700")
    await a_campaign_under_way(database, deliver, [session])
    await deliver(consumer, database, [day_started(EXAM_DAY)])

    said = await deliver(consumer, database, [a_walk_in(0, session)])

    assert codes(of(AttendanceRefused, said)) == ["session.not-confirmed"]


async def test_what_nobody_reports_within_two_days_is_missed_and_may_still_turn_out_kept(
    database: Database, deliver: Deliver
) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, session)]))

    swept = await deliver(consumer, database, [day_started(EXAM_DAY + timedelta(days=2))])
    late = await deliver(consumer, database, [attendance(made)])

    assert [event.reason for event in of(AppointmentMissed, swept)] == ["unreported"]
    assert len(of(AppointmentKept, late)) == 1


async def test_a_walk_in_takes_a_free_seat_and_gives_up_the_one_elsewhere(database: Database, deliver: Deliver) -> None:
    today, later = a_session(), a_session(day=EXAM_DAY + timedelta(days=5))
    await a_campaign_under_way(database, deliver, [today, later])
    await deliver(consumer, database, [booking(0, later)])
    await deliver(consumer, database, [day_started(EXAM_DAY)])

    said = await deliver(consumer, database, [a_walk_in(0, today)])

    assert [event.reason for event in of(AppointmentCancelled, said)] == ["replaced"]
    assert [event.by for event in of(AppointmentMade, said)] == ["walk-in"]
    assert [event.walk_in for event in of(AppointmentKept, said)] == [True]


async def test_a_walk_in_who_did_not_come_is_refused(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    await deliver(consumer, database, [day_started(EXAM_DAY)])
    absent = a_walk_in(0, session).model_copy(update={"status": "absent"})

    said = await deliver(consumer, database, [absent])

    assert of(AppointmentKept, said) == []
    assert codes(said) == ["attendance.walk-in-not-present"]


async def test_a_walk_in_is_recorded_on_the_day_of_the_session(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    await deliver(consumer, database, [day_started(EXAM_DAY)])
    yesterday = a_walk_in(0, session).model_copy(update={"day": EXAM_DAY - timedelta(days=1)})

    said = await deliver(consumer, database, [yesterday])

    assert codes(of(AttendanceRefused, said)) == ["attendance.other-session"]


async def test_walk_ins_are_counted_against_capacity(database: Database, deliver: Deliver) -> None:
    session = a_session(windows=[a_window(480, total=2)])
    await a_campaign_under_way(database, deliver, [session])
    await deliver(consumer, database, [booking(0, session)])
    await deliver(consumer, database, [day_started(EXAM_DAY)])

    said = await deliver(consumer, database, [a_walk_in(1, session), a_walk_in(2, session)])

    assert len(of(AppointmentKept, said)) == 1
    assert codes(said) == ["session.full"]
