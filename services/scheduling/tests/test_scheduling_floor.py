"""The booking floor's rules: where a check fits, who is helped first, and what no sequence of turns may break."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest
from floor_builders import (
    MONDAY,
    NIGHTS,
    STATIONS,
    TODAY,
    a_crew,
    a_need,
    a_person,
    a_room,
    a_session,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.base import Event
from scheduling.appointment_store import crew_of
from scheduling.bookings import NOT_OPEN
from scheduling.floor import Appointment, Floor, Waiting
from scheduling.model import CHAIN, Person, Seat, Session, Window
from scheduling.planning.model import REASONS as PLAN_REASONS
from scheduling.problems import MESSAGES, REASONS
from scheduling.shifts import instant
from shared.outbox import Outgoing, outgoing


def says(event: Event) -> Outgoing:
    return outgoing(event)


def at(start: int, total: int = 10, **capacity: int) -> Window:
    return Window(start, total, {**dict.fromkeys(STATIONS, 10), **capacity})


@pytest.mark.parametrize(
    ("person", "session", "code"),
    [
        (a_person(), a_session(status="planned"), "session.not-confirmed"),
        (a_person(), a_session(day=TODAY), "session.past"),
        (a_person(), a_session(day=date(2027, 4, 30)), "session.on-holiday"),
        (a_person(), a_session(site="C"), "session.out-of-reach"),
        (a_person(crew=a_crew(reaches={"A": 45})), a_session(), None),
        (a_person(crew=a_crew(reaches={"A": 46})), a_session(), "session.out-of-reach"),
        (a_person(), a_session(site="nowhere"), "session.out-of-reach"),
        (a_person(need=a_need(bnn=True)), a_session(), "session.not-licensed"),
        (a_person(need=a_need(stations=("REC", "AUD"))), a_session(), "session.not-equipped"),
        (a_person(need=a_need(timing=("fasting",))), a_session(windows=(at(570),)), "session.timing"),
        (a_person(need=a_need(timing=("quiet_rest",))), a_session(), "session.timing"),
        (a_person(need=a_need(timing=("end_of_shift",))), a_session(), "session.timing"),
        (a_person(deadline=MONDAY - timedelta(days=1)), a_session(), "check.after-deadline"),
        (a_person(away=((MONDAY, MONDAY),)), a_session(), "worker.unavailable"),
        (a_person(campaign_id=uuid4()), a_session(), "session.other-campaign"),
        (a_person(), a_session(), None),
        (a_person(deadline=TODAY - timedelta(days=1)), a_session(), None),
        (a_person(need=a_need(timing=("fasting",))), a_session(windows=(at(565),)), None),
        (a_person(need=a_need(timing=("end_of_shift",))), a_session(windows=(at(1050),)), None),
        (a_person(need=a_need(timing=("end_of_shift",))), a_session(windows=(at(1055),)), "session.timing"),
    ],
)  # fmt: skip
def test_a_seat_is_refused_by_the_first_rule_it_breaks(person: Person, session: Session, code: str | None) -> None:
    assert a_room(session).refusal(person, Seat(session.session_id, 0)) == code


@pytest.mark.parametrize(
    ("start", "code"),
    [(300, "session.timing"), (1075, "session.timing"), (1080, None), (1315, None), (1320, "session.timing")],
)
def test_quiet_rest_counts_from_the_end_of_the_last_shift(start: int, code: str | None) -> None:
    """Nights end at 06:00; twelve hours later the booth is fair, until the next shift begins at 22:00."""
    worker = a_person(crew=a_crew(shifts=NIGHTS), need=a_need(timing=("quiet_rest",)))
    session = a_session(day=MONDAY + timedelta(days=1), windows=(at(start),))

    refusal = a_room(session).refusal(worker, Seat(session.session_id, 0))

    assert refusal == code


def test_a_window_is_named_full_before_the_line_is_blamed() -> None:
    session = a_session(windows=(at(480, total=1), at(540)))
    person, rival = a_person(crew=a_crew(ceiling=1)), a_need()
    room = a_room(session)
    room.take(rival, Seat(session.session_id, 0))
    room.go(person.crew, rival, "A", MONDAY, 480)

    found = room.seat_in(person, session.session_id, None)

    assert found == "line.absence-ceiling"
    assert room.refusal(person, Seat(session.session_id, 0)) == "session.full"


def test_the_best_seat_is_the_cheapest_by_travel_shift_and_lateness() -> None:
    near, far = a_session("near", site="A"), a_session("far", site="B")
    later = a_session("later", day=MONDAY + timedelta(days=7))

    assert a_room(near, far, later).best(a_person()) == Seat(near.session_id, 0)


def test_a_session_that_is_open_anyway_is_preferred_to_opening_another() -> None:
    empty, used = a_session("empty"), a_session("used", site="B")
    room = a_room(empty, used)
    room.take(a_need(), Seat(used.session_id, 0))

    assert room.best(a_person()) == Seat(used.session_id, 0)


def test_the_most_urgent_choose_first_when_a_session_falls_away() -> None:
    doomed, left = a_session("doomed", status="withdrawn"), a_session("left", windows=(at(480, total=1),))
    calm = a_person("calm", priority=1, state="booked", due_on=TODAY - timedelta(days=30))
    urgent = a_person("urgent", priority=4, state="booked")
    floor = Floor(a_room(doomed, left), {p.health_check_id: p for p in (calm, urgent)}, {}, {})
    for person in (calm, urgent):
        floor.live[person.health_check_id] = an_appointment(person, doomed)
        floor.room.take(person.need, Seat(doomed.session_id, 0))

    floor.relocate([calm, urgent], "session-withdrawn", {p.health_check_id: says for p in (calm, urgent)})

    assert floor.live[urgent.health_check_id].session_id == left.session_id
    assert floor.states == {calm.health_check_id: "open"}


def test_today_and_tomorrow_are_frozen_and_the_day_after_is_not() -> None:
    assert a_room().last_frozen == TODAY + timedelta(days=1)


@pytest.mark.parametrize(("headcount", "ceiling"), [(39, 3), (40, 4), (49, 4), (5, 1)])
def test_a_ceiling_is_rounded_down_and_lets_one_person_go(headcount: int, ceiling: int) -> None:
    row: Any = {"site": "A", "shifts": "[[450, 990]]", "shifts_from": TODAY, "headcount": headcount,
                "max_absent_pct": 10, "reaches": "{}", "name": "Tổ 1"}  # fmt: skip

    assert crew_of(uuid4(), row).ceiling == ceiling


def test_the_wait_list_is_served_in_turn_and_passes_over_whom_the_seat_does_not_suit() -> None:
    session = a_session(windows=(at(480, total=1),))
    away, second, third = a_person("away", away=((MONDAY, MONDAY),)), a_person("second"), a_person("third")
    people = {p.health_check_id: p for p in (away, second, third)}
    turns = [Waiting(uuid4(), key, session.session_id, None, f"ref {n}", n) for n, key in enumerate(people)]
    floor = Floor(a_room(session), people, {}, {session.session_id: turns})

    floor.promote(session.session_id, says)

    assert [a.health_check_id for a in floor.made] == [second.health_check_id]
    assert floor.left == [1]


def an_appointment(person: Person, session: Session, window: int = 0) -> Appointment:
    return Appointment(
        uuid5(person.health_check_id, "appointment"), person.health_check_id, person.worker_id, person.unit_id,
        person.campaign_id, session.session_id, session.clinic_id, session.site, session.day, window,
        session.windows[window].start, person.need.package, person.need.stations,
    )  # fmt: skip


CREWS = [a_crew("one", ceiling=1), a_crew("two", ceiling=2, shifts=NIGHTS)]
PEOPLE = [
    a_person(f"p{n}", crew=CREWS[n % 2], need=a_need(stations=STATIONS[: 1 + n % 2]), priority=1 + n % 4)
    for n in range(12)
]
SESSIONS = [
    a_session(f"s{n}", day=MONDAY + timedelta(days=n // 2), windows=(at(480, 2, INT=1), at(600, 2), at(1380, 1)))
    for n in range(4)
]
TURNS = st.lists(
    st.tuples(st.sampled_from(["book", "move", "cancel", "left", "withdraw"]), st.integers(0, 11), st.integers(0, 3)),
    max_size=40,
)


@given(TURNS)
@settings(max_examples=150, deadline=None)
def test_no_sequence_of_turns_exceeds_a_capacity_or_gives_a_check_two_places(turns: list[tuple[str, int, int]]) -> None:
    floor = Floor(a_room(*SESSIONS), {p.health_check_id: p for p in PEOPLE}, {}, {})

    for number, (kind, who, where) in enumerate(turns):
        take_a_turn(floor, kind, PEOPLE[who], SESSIONS[where].session_id, number)

    live = [a for a in {a.appointment_id: a for a in floor.made}.values() if a.state == "booked"]
    assert {a.health_check_id: a for a in live} == floor.live
    assert len({a.health_check_id for a in live}) == len(live)
    assert_within_limits(floor, live)


def take_a_turn(floor: Floor, kind: str, person: Person, session_id: UUID, number: int) -> None:
    held = floor.live.get(person.health_check_id)
    if kind == "book" and floor.state_of(person) == "open":
        seat = floor.room.seat_in(person, session_id, None)
        if isinstance(seat, Seat):
            floor.book(person, seat, "booking", says, uuid5(person.health_check_id, str(number)))
        elif not floor.waits(person, session_id):
            floor.wait(Waiting(uuid4(), person.health_check_id, session_id, None, str(number)))
    elif kind == "withdraw":
        session = floor.room.sessions[session_id]
        floor.room.sessions[session_id] = replace(session, status="withdrawn")
        inside = [floor.people[key] for key, a in floor.live.items() if a.session_id == session_id]
        floor.relocate(inside, "session-withdrawn", {p.health_check_id: says for p in inside})
    elif held is not None:
        if kind == "left":
            floor.end(person, "left", says, TODAY)
            return
        floor.vacate(person)
        if kind == "move":
            seat = floor.room.seat_in(person, session_id, None)
            if isinstance(seat, Seat):
                floor.move(person, seat, "requested", says)
            else:
                floor.stay(person)
        else:
            floor.cancel(person, "absence", says)
        floor.promote(held.session_id, says)


def assert_within_limits(floor: Floor, live: list[Appointment]) -> None:
    """Counted anew, minute by minute, without the room's own books."""
    arrivals: Counter[tuple[Any, ...]] = Counter()
    away: Counter[tuple[UUID, int]] = Counter()
    for a in live:
        person = floor.people[a.health_check_id]
        arrivals.update((a.seat, station) for station in ("total", *a.stations))
        travel, start = person.crew.reaches[a.site], instant(a.day, a.start)
        for minute in range(start - travel, start + person.need.cycle_minutes + travel):
            away[person.crew.crew_id, minute] += any(person.crew.shifts.within(minute, minute + 1))
    for (seat, station), count in arrivals.items():
        window = floor.room.sessions[seat.session_id].windows[seat.window]
        assert count <= (window.total if station == "total" else window.capacity[station])
    for crew in CREWS:
        assert max((n for (key, _), n in away.items() if key == crew.crew_id), default=0) <= crew.ceiling


def test_every_refusal_has_its_texts_in_both_languages() -> None:
    codes = {*CHAIN, *NOT_OPEN.values()}

    assert codes <= set(MESSAGES)
    assert all(vi and en and vi != en for vi, en in (*MESSAGES.values(), *REASONS.values()))
    assert set(REASONS) == set(PLAN_REASONS)
