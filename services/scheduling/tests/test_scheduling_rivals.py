"""Many at once on real PostgreSQL: whatever interleaves, capacity, ceilings and one place per check hold."""

import asyncio
from collections import Counter
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest
from scheduling_builders import (
    EXAM_DAY,
    TODAY,
    a_campaign,
    a_line,
    a_move,
    a_permit,
    a_refusal,
    a_session,
    a_unit,
    a_walk_in,
    a_window,
    a_worker,
    a_worker_id,
    an_absence,
    attendance,
    booking,
    concluded,
    day_started,
    rosters_closed,
    scope_frozen,
    session_withdrawn,
    worker_left,
    workers,
)
from structlog.testing import capture_logs

from scheduling.appointment_store import appointment_of
from scheduling.consumers import consumer
from scheduling.floor import Appointment
from shared.database import Database
from shared.envelope import Arrival
from shared.testing import Deliver, arrival_of

pytestmark = pytest.mark.stack

PEOPLE = 40
CEILING = 3
SESSIONS = [
    a_session(day=EXAM_DAY + timedelta(days=n), windows=[a_window(480, 3, XRY=2), a_window(510, 2), a_window(1020, 4)])
    for n in range(4)
]


def a_turn(random: Random, held: dict[Any, Appointment]) -> Any:
    """Something that a union or clinic might say now."""
    number, session = random.randrange(PEOPLE), random.choice(SESSIONS)
    appointment = held.get(a_worker_id(number))
    match random.choices(["book", "move", "absent", "refuse", "left", "withdraw"], [60, 20, 10, 3, 3, 1])[0]:
        case "move" if appointment is not None:
            return a_move(number, appointment, random.choice([None, session]))  # type: ignore[arg-type]
        case "absent":
            return an_absence(number, session.day)
        case "refuse":
            return a_refusal(number)
        case "left":
            return worker_left(number)
        case "withdraw":
            return session_withdrawn(session)
    return booking(number, session)


def turns_of_one_kind(random: Random, held: dict[Any, Appointment], today: date) -> list[Any]:
    """What one party might say at once while sessions take place."""
    numbers, session = random.sample(range(PEOPLE), 12), random.choice(SESSIONS)
    booked = [(number, held[a_worker_id(number)]) for number in numbers if a_worker_id(number) in held]
    match random.choice(["attendance", "conclusions", "bookings", "moves", "absences", "days", "cuts", "left"]):
        case "attendance":
            begun = [a for _, a in booked if a.day <= today]  # others wait for their day, and mix kinds with its start
            came = [attendance(a, random.choice(["present", "absent", "refused"])) for a in begun]
            held_by_now = [session for session in SESSIONS if session.day <= today]
            return [*came, *(a_walk_in(number, random.choice(held_by_now)) for number in numbers[:4])]
        case "conclusions":
            return [concluded(number, session.day) for number in numbers]
        case "bookings":
            return [booking(number, random.choice(SESSIONS)) for number in numbers]
        case "moves":
            return [a_move(number, a, random.choice([None, session])) for number, a in booked]  # type: ignore[arg-type]
        case "absences":
            return [an_absence(number, session.day) for number in numbers[:4]]
        case "days":
            return [day_started(today + timedelta(days=1))]
        case "cuts":
            return [session.model_copy(update={"windows": [a_window(480, 2, XRY=1), a_window(1020, 3)]})]
    return [worker_left(number) for number in numbers[:2]]


def a_turn_of_any_kind(random: Random, held: dict[Any, Appointment], today: date) -> Any:
    """Something that a union, clinic, worker's file or result might say while sessions take place."""
    number, session = random.randrange(PEOPLE), random.choice(SESSIONS)
    appointment, status = held.get(a_worker_id(number)), random.choice(["present", "absent", "refused"])
    match random.randrange(9):
        case 0 if appointment is not None:
            return a_move(number, appointment, random.choice([None, session]))  # type: ignore[arg-type]
        case 1 if appointment is not None and appointment.day <= today:
            return attendance(appointment, status)  # type: ignore[arg-type]
        case 2:
            return a_walk_in(number, random.choice([s for s in SESSIONS if s.day <= today]))
        case 3:
            return an_absence(number, session.day)
        case 4:
            return concluded(number, session.day)
        case 5:
            return a_worker(number, employed_since=date(2020, 1, random.randint(1, 28)))
        case 6:
            return random.choice([a_refusal(number), booking(PEOPLE + number, session)])  # of somebody unknown
    return booking(number, session)


async def live(database: Database) -> dict[Any, Appointment]:
    rows = await database.pool.fetch("SELECT * FROM appointments WHERE state = 'booked'")
    return {row["worker_id"]: appointment_of(row) for row in rows}


@pytest.mark.parametrize("seed", range(4))
async def test_rival_requests_never_exceed_what_there_is(database: Database, deliver: Deliver, seed: int) -> None:
    random, offsets = Random(seed), count()
    line = a_line(headcount=30, max_absent_pct=10)
    await deliver(
        consumer, database,
        [a_campaign(), a_unit(), line, *workers(PEOPLE), rosters_closed(PEOPLE), day_started(), a_permit(), *SESSIONS],
    )  # fmt: skip

    def a_batch(lane: int, held: dict[Any, Appointment]) -> list[Arrival]:
        return [replace(arrival_of(a_turn(random, held), next(offsets)), partition=1 + lane) for _ in range(8)]

    for _ in range(4):
        held = await live(database)
        batches = [a_batch(lane, held) for lane in range(3)]
        await asyncio.gather(*(deliver(consumer, database, batch) for batch in batches))

    await assert_within_limits(database)


@pytest.mark.parametrize("seed", range(6))
async def test_whoever_meets_on_the_floor_takes_their_locks_in_one_order(
    database: Database, deliver: Deliver, seed: int
) -> None:
    random, today = Random(seed), EXAM_DAY + timedelta(days=1)
    await everybody_is_booked(database, deliver, today)

    retries = await meet(database, deliver, lambda held: turns_of_one_kind(random, held, today))

    assert retries == []  # a deadlock is one


@pytest.mark.parametrize("seed", range(6))
async def test_whoever_mixes_kinds_of_turns_takes_their_locks_in_the_same_order(
    database: Database, deliver: Deliver, seed: int
) -> None:
    random, today = Random(seed), EXAM_DAY + timedelta(days=1)
    await everybody_is_booked(database, deliver, today)

    retries = await meet(database, deliver, lambda held: [a_turn_of_any_kind(random, held, today) for _ in range(10)])

    assert retries == []
    await assert_within_limits(database)


async def everybody_is_booked(database: Database, deliver: Deliver, today: date) -> None:
    """The campaign of `SESSIONS` on a day on which the first of them are over."""
    everybody = [booking(number, SESSIONS[number % len(SESSIONS)]) for number in range(PEOPLE)]
    line = a_line(headcount=30, max_absent_pct=10)
    await deliver(
        consumer, database,
        [a_campaign(), a_unit(), line, *workers(PEOPLE), rosters_closed(PEOPLE), scope_frozen(), day_started(),
         a_permit(), *SESSIONS, *everybody, day_started(today)],
    )  # fmt: skip


async def meet(
    database: Database, deliver: Deliver, turns: Callable[[dict[Any, Appointment]], list[Any]]
) -> list[MutableMapping[str, Any]]:
    """Three lanes at once, eight times; returns the batches that were tried again."""
    offsets = count()
    with capture_logs() as logged:
        for _ in range(8):
            held = await live(database)
            batches = [
                [replace(arrival_of(turn, next(offsets)), partition=1 + lane) for turn in turns(held)]
                for lane in range(3)
            ]
            await asyncio.gather(*(deliver(consumer, database, batch) for batch in batches if batch))
    return [entry for entry in logged if entry["event"] == "batch tried again"]


async def assert_within_limits(database: Database) -> None:
    """Counted anew from the tables: windows, stations, the line's ceiling in its shift, states of checks."""
    held = await live(database)
    arrivals: Counter[tuple[Any, ...]] = Counter()
    away: Counter[tuple[Any, int]] = Counter()
    for a in held.values():
        arrivals.update((*a.seat, station) for station in ("total", *a.stations))
        shift = range(max(450, a.start - 10), min(990, a.start + 75 + 10))
        away.update((a.day, minute) for minute in shift if a.day.weekday() < 5)
    for session in SESSIONS:
        for index, window in enumerate(session.windows):
            assert arrivals[session.session_id, index, "total"] <= window.total
            assert arrivals[session.session_id, index, "XRY"] <= window.capacity["XRY"]
    assert max(away.values(), default=0) <= CEILING
    rows = await database.pool.fetch("SELECT worker_id, state FROM health_checks")
    fulfilled = {row["worker_id"] for row in rows if row["state"] == "fulfilled"}  # whatever is reported of the visit
    assert {row["worker_id"] for row in rows if row["state"] == "booked"} == held.keys() - fulfilled
    assert await database.pool.fetchval("SELECT count(*) FROM dead_letters") == 0
    assert min((a.day for a in held.values()), default=EXAM_DAY) > TODAY
