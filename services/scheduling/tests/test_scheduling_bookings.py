"""Places in sessions: booked, waited for, moved, freed; never more than there are, never two for one check."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from scheduling_builders import (
    CAMPAIGN,
    EXAM_DAY,
    LATER,
    SITE,
    TODAY,
    a_campaign,
    a_move,
    a_permit,
    a_session,
    a_unit,
    a_window,
    a_worker_id,
    an_absence,
    booking,
    day_started,
    rosters_closed,
    worker_left,
    workers,
)
from scheduling_campaigns import a_campaign_under_way, a_campaign_with, codes, of, outcomes

from contracts import workers as worker_events
from contracts.appointments import AppointmentCancelled, AppointmentMade, AppointmentMoved, RequestAnswered
from contracts.clinics import SessionOffered
from contracts.coordination import ClosingProposed, Figures
from scheduling.consumers import consumer
from shared.database import Database
from shared.testing import Deliver, arrival_of

pytestmark = pytest.mark.stack


async def live_places(database: Database) -> list[Any]:
    return await database.pool.fetch("SELECT * FROM appointments WHERE state IN ('booked', 'kept')")


async def test_a_booking_gets_the_first_free_window(database: Database, deliver: Deliver) -> None:
    session = a_session(windows=[a_window(480, total=1), a_window(510, total=1)])
    await a_campaign_under_way(database, deliver, [session])

    said = await deliver(consumer, database, [booking(0, session), booking(1, session)])

    assert outcomes(said) == ["granted", "granted"]
    assert sorted(event.start for event in of(AppointmentMade, said)) == [480, 510]
    assert {event.by for event in of(AppointmentMade, said)} == {"booking"}


async def test_a_full_session_puts_the_next_booking_on_the_wait_list(database: Database, deliver: Deliver) -> None:
    session = a_session(windows=[a_window(480, total=1)])
    await a_campaign_under_way(database, deliver, [session])

    said = await deliver(consumer, database, [booking(0, session), booking(1, session)])

    assert outcomes(said) == ["granted", "wait-listed"]
    assert codes(said) == ["session.full"]


async def test_the_wait_list_is_promoted_when_a_seat_is_given_up(database: Database, deliver: Deliver) -> None:
    session = a_session(windows=[a_window(480, total=1)])
    await a_campaign_under_way(database, deliver, [session])
    await deliver(consumer, database, [booking(0, session)])
    await deliver(consumer, database, [booking(2, session)])
    await deliver(consumer, database, [booking(1, session)])

    said = await deliver(consumer, database, [worker_left(0)])

    assert [event.reason for event in of(AppointmentCancelled, said)] == ["left"]
    assert [(e.worker_id, e.by) for e in of(AppointmentMade, said)] == [(a_worker_id(2), "wait-list")]
    assert [(a.worker_id, a.outcome) for a in of(RequestAnswered, said)] == [(a_worker_id(2), "granted")]


async def test_a_station_may_be_full_before_the_window_is(database: Database, deliver: Deliver) -> None:
    session = a_session(windows=[a_window(480, total=10, XRY=1)])
    await a_campaign_under_way(database, deliver, [session])

    said = await deliver(consumer, database, [booking(0, session), booking(1, session)])

    assert outcomes(said) == ["granted", "wait-listed"]


async def test_no_more_of_a_line_are_away_than_its_ceiling(database: Database, deliver: Deliver) -> None:
    session = a_session(windows=[a_window(480), a_window(720)])
    await a_campaign_under_way(database, deliver, [session], headcount=10, max_absent_pct=10)

    said = await deliver(consumer, database, [booking(n, session) for n in range(3)])

    assert outcomes(said) == ["granted", "granted", "wait-listed"]
    assert codes(said) == ["line.absence-ceiling"]


async def test_outside_the_shift_nobody_counts_as_away(database: Database, deliver: Deliver) -> None:
    sunday = a_session(day=date(2027, 3, 14), windows=[a_window(480)])
    await a_campaign_under_way(database, deliver, [sunday], headcount=10, max_absent_pct=10)

    said = await deliver(consumer, database, [booking(n, sunday) for n in range(3)])

    assert outcomes(said) == ["granted"] * 3


@pytest.mark.parametrize(
    ("session", "code"),
    [
        (a_session(site="00700"), "session.not-confirmed"),
        (a_session(day=date(2027, 4, 16)), "session.on-holiday"),
        (a_session(windows=[a_window(480, XRY=0)]), "session.not-equipped"),
    ],
)
async def test_a_booking_is_refused_with_its_reason(
    database: Database, deliver: Deliver, session: SessionOffered, code: str
) -> None:
    await a_campaign_under_way(database, deliver, [session])

    said = await deliver(consumer, database, [booking(0, session)])

    assert (outcomes(said), codes(said)) == (["refused"], [code])


async def test_nothing_is_booked_in_a_campaign_that_is_being_closed(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    await deliver(
        consumer, database, [ClosingProposed(campaign_id=CAMPAIGN, on_day=TODAY, figures=Figures(), digest="0" * 64)]
    )

    said = await deliver(consumer, database, [booking(0, session)])

    assert codes(said) == ["campaign.closed"]


async def test_a_check_has_at_most_one_place(database: Database, deliver: Deliver) -> None:
    session, other = a_session(), a_session(day=EXAM_DAY + timedelta(days=1))
    await a_campaign_under_way(database, deliver, [session, other])
    await deliver(consumer, database, [booking(0, session)])

    said = await deliver(consumer, database, [booking(0, other)])

    assert (outcomes(said), codes(said)) == (["refused"], ["check.already-booked"])


async def test_a_thousand_bookers_on_a_hundred_seats_give_exactly_a_hundred(
    database: Database, deliver: Deliver
) -> None:
    session = a_session(windows=[a_window(480 + 30 * n, total=25) for n in range(4)])
    await a_campaign_under_way(database, deliver, [session], people=1000)
    batches = [
        [replace(arrival_of(booking(n, session), n), partition=lane) for n in range(lane, 1000, 10)]
        for lane in range(10)
    ]

    said = await asyncio.gather(*(deliver(consumer, database, batch) for batch in batches))

    answers = [outcome for events in said for outcome in outcomes(events)]
    assert (answers.count("granted"), answers.count("wait-listed")) == (100, 900)
    assert len(await live_places(database)) == 100


async def test_a_move_takes_the_named_session_and_frees_the_old_seat(database: Database, deliver: Deliver) -> None:
    first = a_session(windows=[a_window(480, total=1)])
    later = a_session(day=EXAM_DAY + timedelta(days=1))
    await a_campaign_under_way(database, deliver, [first, later])
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, first)]))
    await deliver(consumer, database, [booking(1, first)])

    said = await deliver(consumer, database, [a_move(0, made, later)])

    (moved,) = of(AppointmentMoved, said)
    assert (moved.appointment_id, moved.session_id, moved.from_session_id) == (
        made.appointment_id, later.session_id, first.session_id,
    )  # fmt: skip
    assert [event.worker_id for event in of(AppointmentMade, said)] == [a_worker_id(1)]


async def test_a_move_to_any_later_day_finds_the_next_one(database: Database, deliver: Deliver) -> None:
    sessions = [a_session(day=EXAM_DAY + timedelta(days=n)) for n in range(3)]
    await a_campaign_under_way(database, deliver, sessions)
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, sessions[0])]))

    said = await deliver(consumer, database, [a_move(0, made)])

    assert [event.day for event in of(AppointmentMoved, said)] == [sessions[1].day]


async def test_on_the_day_itself_nobody_moves_and_nobody_waits_any_longer(database: Database, deliver: Deliver) -> None:
    first, later = a_session(windows=[a_window(480, total=1)]), a_session(day=LATER)
    await a_campaign_under_way(database, deliver, [first, later])
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, first)]))
    await deliver(consumer, database, [booking(1, first)])

    in_vain = await deliver(consumer, database, [day_started(EXAM_DAY)])
    too_late = await deliver(consumer, database, [a_move(0, made, later)])

    assert codes(in_vain) == ["wait-list.ended"]
    assert codes(too_late) == ["session.past"]


async def test_who_cannot_move_keeps_the_seat(database: Database, deliver: Deliver) -> None:
    first, full = a_session(), a_session(day=EXAM_DAY + timedelta(days=1), windows=[a_window(480, total=1)])
    await a_campaign_under_way(database, deliver, [first, full])
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, first)]))
    await deliver(consumer, database, [booking(1, full)])

    said = await deliver(consumer, database, [a_move(0, made, full)])

    assert (outcomes(said), codes(said)) == (["refused"], ["session.full"])
    assert {row["session_id"] for row in await live_places(database)} == {first.session_id, full.session_id}


async def test_a_move_of_another_persons_appointment_is_refused(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    (made,) = of(AppointmentMade, await deliver(consumer, database, [booking(0, session)]))

    said = await deliver(consumer, database, [a_move(1, made)])

    assert codes(said) == ["appointment.unknown"]


async def test_an_absence_moves_the_appointment_to_another_day(database: Database, deliver: Deliver) -> None:
    first, later = a_session(), a_session(day=EXAM_DAY + timedelta(days=1))
    await a_campaign_under_way(database, deliver, [first, later])
    await deliver(consumer, database, [booking(0, first)])

    said = await deliver(consumer, database, [an_absence(0, EXAM_DAY)])

    assert [(e.session_id, e.reason) for e in of(AppointmentMoved, said)] == [(later.session_id, "absence")]
    assert outcomes(said) == ["granted"]


async def test_an_absence_without_another_day_opens_the_check_again(database: Database, deliver: Deliver) -> None:
    session = a_session()
    await a_campaign_under_way(database, deliver, [session])
    await deliver(consumer, database, [booking(0, session)])

    said = await deliver(consumer, database, [an_absence(0, EXAM_DAY)])
    again = await deliver(consumer, database, [booking(0, session)])

    assert [event.reason for event in of(AppointmentCancelled, said)] == ["absence"]
    assert codes(again) == ["worker.unavailable"]


async def test_an_absence_that_ends_before_it_begins_is_refused(database: Database, deliver: Deliver) -> None:
    await a_campaign_under_way(database, deliver, [])

    said = await deliver(consumer, database, [an_absence(0, EXAM_DAY, days=0)])

    assert codes(said) == ["absence.ends-first"]


async def test_whoever_waited_in_vain_is_told_so(database: Database, deliver: Deliver) -> None:
    session = a_session(windows=[a_window(480, total=1)])
    await a_campaign_under_way(database, deliver, [session])
    await deliver(consumer, database, [booking(0, session), booking(1, session)])

    said = await deliver(consumer, database, [day_started(EXAM_DAY)])

    assert (outcomes(said), codes(said)) == (["refused"], ["wait-list.ended"])


async def test_a_unit_without_lines_is_examined_in_its_own_commune(database: Database, deliver: Deliver) -> None:
    home, away = a_session(site=SITE), a_session(day=EXAM_DAY + timedelta(days=1), site="00700")
    await deliver(
        consumer, database,
        [a_campaign(), a_unit(), *workers(2), rosters_closed(2), day_started(), a_permit(sites=[SITE, "00700"])],
    )  # fmt: skip
    await deliver(consumer, database, [home, away])

    said = await deliver(consumer, database, [booking(0, home), booking(1, away)])

    assert codes(said) == ["session.out-of-reach"]
    assert {event.worker_id for event in of(AppointmentMade, said)} == {a_worker_id(0)}
    assert {event.campaign_id for event in of(AppointmentMade, said)} == {CAMPAIGN}
    assert home.day > TODAY


async def test_a_worker_books_and_moves_the_own_visit_like_a_union_does(database: Database, deliver: Deliver) -> None:
    first, other = a_session(), a_session(day=LATER)
    await a_campaign_with(database, deliver, 1, first, other)
    about: dict[str, Any] = {"worker_id": a_worker_id(0)}
    wish = worker_events.BookingRequested(**about, request_id=uuid4(), session_id=first.session_id)
    booked = await deliver(consumer, database, [wish])
    (made,) = of(AppointmentMade, booked)
    again = worker_events.MoveRequested(
        **about, request_id=uuid4(), appointment_id=made.appointment_id, session_id=other.session_id
    )

    said = await deliver(consumer, database, [again])

    assert [answer.outcome for answer in of(RequestAnswered, [*booked, *said])] == ["granted", "granted"]
    assert of(AppointmentMoved, said)[0].day == LATER
