"""Whose calendar a worker follows: their own line's, or that of the unit's line which works when they do."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from scheduling_builders import EXAM_DAY, UNIT, a_campaign, a_line, a_unit, a_worker, day_started, rosters_closed

from contracts.registry import WorkerChanged
from scheduling import appointment_store
from scheduling.consumers import consumer
from scheduling.model import Crew
from scheduling.shifts import Shift, usual_hours
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack

DAYS, NIGHTS = UUID(int=1), UUID(int=2)
EVERY_NIGHT: list[Shift | None] = [(1320, 1800)] * 6 + [None]
BY_DAY, BY_NIGHT = (420, 900), (1260, 1740)


async def crew_of(database: Database, number: int) -> Crew:
    """The crew of a worker, as plans and bookings see it."""
    worker_id = a_worker(number).worker_id
    async with database.transaction() as tx:
        check = await tx.fetchval("SELECT health_check_id FROM health_checks WHERE worker_id = $1", worker_id)
        (row,) = await appointment_store.get_people(tx, [check])
    return appointment_store.People().person(row).crew


async def a_unit_of_two_crews(database: Database, deliver: Deliver, *workers: object) -> None:
    """A large crew by day and a small one by night, and these workers."""
    lines = [
        a_line(line_id=DAYS, name="Chuyền 1"),
        a_line(line_id=NIGHTS, name="Chuyền 1", shifts=EVERY_NIGHT, headcount=40),
    ]
    people = [day_started(), a_campaign(), a_unit(), *lines, *workers, rosters_closed(len(workers))]
    await deliver(consumer, database, people)


async def test_whoever_works_at_night_and_names_no_line_follows_the_calendar_of_the_crew_that_does(
    database: Database, deliver: Deliver
) -> None:
    by_night, by_day, unsaid = (
        a_worker(n, line_id=None, shift=hours) for n, hours in enumerate((BY_NIGHT, BY_DAY, None))
    )

    await a_unit_of_two_crews(database, deliver, by_night, by_day, unsaid)

    crews = [await crew_of(database, number) for number in range(3)]
    assert [crew.crew_id for crew in crews] == [NIGHTS, DAYS, DAYS]
    assert crews[0].shifts.on(EXAM_DAY.toordinal()) == (1320, 1800)


async def test_whoever_changes_to_nights_is_planned_by_the_calendar_of_nights(
    database: Database, deliver: Deliver
) -> None:
    worker = a_worker(0, line_id=None, shift=BY_DAY)
    await a_unit_of_two_crews(database, deliver, worker)

    await deliver(consumer, database, [WorkerChanged(**worker.model_dump() | {"shift": BY_NIGHT})])

    assert (await crew_of(database, 0)).crew_id == NIGHTS


async def test_a_line_of_ones_own_comes_before_what_the_shift_says(database: Database, deliver: Deliver) -> None:
    await a_unit_of_two_crews(database, deliver, a_worker(0, line_id=DAYS, shift=BY_NIGHT))

    assert (await crew_of(database, 0)).crew_id == DAYS


async def test_work_elsewhere_makes_nothing_due_twice(database: Database, deliver: Deliver) -> None:
    elsewhere = {"unit_id": uuid4(), "employer_id": uuid4(), "employed_since": date(2026, 1, 1)}
    worker = a_worker(0, employments=[elsewhere])
    await a_unit_of_two_crews(database, deliver, worker)

    async with database.transaction() as tx:
        checks = await tx.fetch("SELECT unit_id FROM health_checks")
    assert [row["unit_id"] for row in checks] == [UNIT]


@pytest.mark.parametrize(
    ("one", "other", "minutes"),
    [
        ("1320-1800", "1260-1740", 420),
        ("1320-1800", "0-360", 360),
        ("0-360", "1320-1800", 360),
        ("360-840", "840-1320", 0),
        ("", "360-840", 0),
    ],
)
async def test_shifts_share_minutes_of_a_day_also_past_midnight(
    database: Database, one: str, other: str, minutes: int
) -> None:
    async with database.transaction() as tx:
        assert await tx.fetchval("SELECT minutes_shared($1, $2)", one, other) == minutes


def test_the_usual_hours_of_a_crew_are_those_of_most_of_its_days() -> None:
    assert usual_hours([(360, 840)] * 2 + [(1320, 1800)] * 3 + [None]) == (1320, 1800)
    assert usual_hours([(360, 840), (1320, 1800)]) == (360, 840)
    assert usual_hours([None]) is None
