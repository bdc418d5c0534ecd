"""Workers who turn out to be one person are examined once in a campaign; an undone merge leaves everybody as before."""

from datetime import date, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
import scheduling_builders as given

from contracts.appointments import AppointmentCancelled, AppointmentMade, AppointmentMoved, RequestAnswered
from contracts.base import Event
from contracts.registry import WorkerChanged, WorkerMerged, WorkerMergeUndone
from contracts.scheduling import HealthCheckBecameDue, HealthCheckJoined, HealthCheckSeparated, HealthCheckWithdrawn
from scheduling import joining
from scheduling.consumers import consumer
from scheduling.joining import Check
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack

# Worker 0 stands for worker 1.
PERSON, RECORD = given.a_worker_id(0), given.a_worker_id(1)


def merged(version: int = 1, record: UUID = RECORD, person: UUID = PERSON) -> WorkerMerged:
    return WorkerMerged(worker_id=record, person_id=person, version=version)


def undone(version: int = 2, record: UUID = RECORD, person: UUID = PERSON) -> WorkerMergeUndone:
    return WorkerMergeUndone(worker_id=record, person_id=person, version=version)


class Desk:
    """Scheduling with a unit whose demand is declared, and a session to be booked in."""

    def __init__(self, database: Database, deliver: Deliver) -> None:
        self.database, self._deliver = database, deliver

    async def hear(self, *events: Event) -> list[Any]:
        said: list[Any] = []
        for event in events:
            said += await self._deliver(consumer, self.database, [event])
        return said

    async def open(self, workers: int = 2, seats: int = 10) -> "Desk":
        await self.hear(
            given.a_unit(), given.a_line(), given.a_campaign(), given.day_started(), *given.workers(workers),
            given.rosters_closed(workers), given.scope_frozen(), given.a_permit(),
            given.a_session(windows=[given.a_window(480, seats)]),
        )  # fmt: skip
        return self

    async def states(self) -> dict[UUID, tuple[str, UUID | None]]:
        rows = await self.database.pool.fetch("SELECT worker_id, state, joined_to FROM health_checks")
        return {row["worker_id"]: (row["state"], row["joined_to"]) for row in rows}

    async def live(self) -> list[UUID]:
        rows = await self.database.pool.fetch(
            "SELECT worker_id FROM appointments WHERE state IN ('booked', 'kept') ORDER BY day, start_minute"
        )
        return [row["worker_id"] for row in rows]


@pytest.fixture
async def desk(database: Database, deliver: Deliver) -> Desk:
    return await Desk(database, deliver).open()


def of(kind: type[Event], said: list[Any]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


async def test_of_two_open_checks_one_counts_and_an_undo_restores_both(desk: Desk) -> None:
    before = await desk.states()

    said = await desk.hear(merged())
    during = await desk.states()
    said_of_undo = await desk.hear(undone())

    assert before == {PERSON: ("open", None), RECORD: ("open", None)}
    assert during == {PERSON: ("open", None), RECORD: ("joined", given.a_check_id(PERSON))}
    assert [(e.worker_id, e.joined_to) for e in of(HealthCheckJoined, said)] == [(RECORD, given.a_check_id(PERSON))]
    assert [e.worker_id for e in of(HealthCheckSeparated, said_of_undo)] == [RECORD]
    assert await desk.states() == before


async def test_nobody_who_has_an_appointment_is_moved(desk: Desk) -> None:
    await desk.hear(given.booking(1, given.a_session()))

    said = await desk.hear(merged())

    assert of(AppointmentCancelled, said) == []
    assert await desk.live() == [RECORD]
    assert await desk.states() == {
        RECORD: ("booked", None), PERSON: ("joined", given.a_check_id(RECORD)),
    }  # fmt: skip


async def test_a_person_moves_the_appointment_of_any_worker_of_theirs(desk: Desk) -> None:
    later = given.a_session(day=given.EXAM_DAY + timedelta(days=1))
    (made,) = of(AppointmentMade, await desk.hear(later, given.booking(1, given.a_session())))
    wish = given.a_move(0, made, later)

    stranger = await desk.hear(wish)
    await desk.hear(merged())
    said = await desk.hear(given.a_move(0, made, later))

    assert [p.code for p in of(RequestAnswered, stranger)[0].problems] == ["appointment.unknown"]
    assert [(e.worker_id, e.outcome) for e in of(RequestAnswered, said)] == [(PERSON, "granted")]
    assert [(e.worker_id, e.session_id) for e in of(AppointmentMoved, said)] == [(RECORD, later.session_id)]


async def test_of_two_appointments_one_is_released_with_its_reason_and_taken_up_again_when_undone(desk: Desk) -> None:
    session = given.a_session(windows=[given.a_window(480, 2)])
    await desk.hear(given.booking(0, session), given.booking(1, session))
    before = await desk.states()

    said = await desk.hear(merged())
    during = await desk.live()
    said_of_undo = await desk.hear(undone())

    assert [(e.worker_id, e.reason) for e in of(AppointmentCancelled, said)] == [(RECORD, "replaced")]
    assert during == [PERSON]
    assert [(e.worker_id, e.session_id, e.by) for e in of(AppointmentMade, said_of_undo)] == [
        (RECORD, session.session_id, "move")
    ]
    assert await desk.states() == before
    assert sorted(await desk.live()) == sorted([PERSON, RECORD])


async def test_a_released_seat_goes_to_who_waits_for_it_and_the_undone_check_is_open(
    database: Database, deliver: Deliver
) -> None:
    desk = await Desk(database, deliver).open(workers=3, seats=2)
    session = given.a_session(windows=[given.a_window(480, 2)])
    await desk.hear(*(given.booking(number, session) for number in range(3)))

    await desk.hear(merged())
    waiting = await desk.live()
    await desk.hear(undone())

    assert sorted(waiting) == sorted([PERSON, given.a_worker_id(2)])
    assert (await desk.states())[RECORD] == ("open", None)
    assert len(await desk.live()) == 2


async def test_a_visit_counts_for_the_person_and_stays_with_whom_it_was_recorded_for(desk: Desk) -> None:
    session = given.a_session()
    made = of(AppointmentMade, await desk.hear(given.booking(1, session)))[0]
    await desk.hear(merged(), given.day_started(given.EXAM_DAY), given.attendance(made))

    during = await desk.states()
    await desk.hear(undone())

    assert during == {RECORD: ("attended", None), PERSON: ("joined", given.a_check_id(RECORD))}
    assert await desk.states() == {RECORD: ("attended", None), PERSON: ("open", None)}


async def test_a_request_about_either_worker_reaches_the_check_that_counts(desk: Desk) -> None:
    await desk.hear(merged())

    said = await desk.hear(given.booking(1, given.a_session()), given.booking(0, given.a_session()))

    assert [(e.worker_id, e.outcome) for e in of(RequestAnswered, said)] == [(RECORD, "granted"), (PERSON, "refused")]
    assert await desk.live() == [PERSON]


async def test_an_absence_of_either_worker_frees_the_day(desk: Desk) -> None:
    await desk.hear(given.booking(0, given.a_session()), merged())

    said = await desk.hear(given.an_absence(1, given.EXAM_DAY))

    assert [e.worker_id for e in of(AppointmentCancelled, said)] == [PERSON]
    assert [e.outcome for e in of(RequestAnswered, said)] == ["granted"]


async def test_a_person_who_leaves_one_of_two_units_is_due_with_the_other(desk: Desk) -> None:
    await desk.hear(merged())

    said = await desk.hear(given.worker_left(0))

    assert [e.worker_id for e in of(HealthCheckWithdrawn, said)] == [PERSON]
    assert await desk.states() == {PERSON: ("left", given.a_check_id(RECORD)), RECORD: ("open", None)}


def test_a_refusal_counts_before_an_appointment_and_an_examination_before_both() -> None:
    def check(number: int, state: str) -> Check:
        ids = [UUID(int=number)] * 5
        return Check(*ids, state=state, late_joiner=False, joined_to=None, gave_up=None, left_on=None, day=None)

    order = ["fulfilled", "attended", "refused", "booked", "open", "left"]
    checks = [check(number, state) for number, state in enumerate(reversed(order))]

    found = []
    while checks:
        found.append(joining.kept(checks))
        checks.remove(found[-1])

    assert [one.state for one in found] == order


async def test_a_refusal_is_the_persons_own(desk: Desk) -> None:
    await desk.hear(given.a_refusal(1), merged())

    assert await desk.states() == {RECORD: ("refused", None), PERSON: ("joined", given.a_check_id(RECORD))}


@pytest.mark.parametrize("refused", [[1], [0, 1]])
async def test_a_refusal_is_withdrawn_for_the_person_whoever_of_their_workers_refused(
    desk: Desk, refused: list[int]
) -> None:
    await desk.hear(*(given.a_refusal(number) for number in refused), merged())

    said = await desk.hear(given.a_refusal_withdrawn(0))

    assert len(of(HealthCheckBecameDue, said)) == len(refused)
    assert await desk.states() == {PERSON: ("open", None), RECORD: ("joined", given.a_check_id(PERSON))}


async def test_a_worker_who_left_while_merged_has_left_when_separated(desk: Desk) -> None:
    await desk.hear(merged(), given.worker_left(1))

    said = await desk.hear(undone())

    assert [e.reason for e in of(HealthCheckWithdrawn, said)] == ["left"]
    assert await desk.states() == {PERSON: ("open", None), RECORD: ("left", None)}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_turns_in_any_order_end_as_the_last_one_says(desk: Desk, order: tuple[int, ...]) -> None:
    turns = [merged(1), undone(2), merged(3)]

    await desk.hear(*(turns[place] for place in order))

    assert await desk.states() == {PERSON: ("open", None), RECORD: ("joined", given.a_check_id(PERSON))}


async def test_a_merge_that_comes_before_its_workers_counts_when_they_are_due(
    database: Database, deliver: Deliver
) -> None:
    desk = Desk(database, deliver)

    await desk.hear(merged())
    await desk.open()

    assert await desk.states() == {PERSON: ("open", None), RECORD: ("joined", given.a_check_id(PERSON))}


async def test_three_records_of_one_person_have_one_check_until_the_chain_is_cut(
    database: Database, deliver: Deliver
) -> None:
    desk = await Desk(database, deliver).open(workers=3)
    third = given.a_worker_id(2)

    await desk.hear(merged(), merged(record=third))
    during = await desk.states()
    await desk.hear(merged(2, record=third, person=RECORD), undone(2))

    kept = given.a_check_id(PERSON)
    assert during == {PERSON: ("open", None), RECORD: ("joined", kept), third: ("joined", kept)}
    assert await desk.states() == {
        PERSON: ("open", None), RECORD: ("open", None), third: ("joined", given.a_check_id(RECORD)),
    }  # fmt: skip


@pytest.mark.parametrize("batches", [[3], [1, 1, 1], [1, 2], [2, 1]])
async def test_a_person_of_three_records_stays_one_while_another_comes_to_stand_for_them(
    database: Database, deliver: Deliver, batches: list[int]
) -> None:
    desk, third = await Desk(database, deliver).open(workers=3), given.a_worker_id(2)
    await desk.hear(merged(), merged(record=third), given.booking(0, given.a_session()))
    turns = [merged(1, PERSON, RECORD), merged(2, third, RECORD), undone(2)]
    before = await desk.states()

    said: list[Any] = []
    for count in batches:
        said += await deliver(consumer, database, turns[:count])
        del turns[:count]

    assert said == []
    assert await desk.states() == before
    assert await desk.live() == [PERSON]


async def test_who_was_examined_as_somebody_else_is_not_due_again_in_the_next_campaign(desk: Desk) -> None:
    await desk.hear(merged())
    await desk.database.pool.execute("UPDATE workers SET last_check = '2027-06-01' WHERE worker_id = $1", RECORD)

    said = await desk.hear(given.a_campaign(campaign_id=UUID(int=9)), given.rosters_closed(2, campaign_id=UUID(int=9)))

    assert of(HealthCheckBecameDue, said) == []


async def test_a_joined_check_follows_the_facts_so_that_an_undo_finds_it_as_it_should_be(desk: Desk) -> None:
    await desk.hear(merged())
    facts = given.a_worker(1, exposures=[{"hazard": "PHYS_NOISE"}]).model_dump()

    await desk.hear(WorkerChanged.model_validate(facts), undone())

    rows = await desk.database.pool.fetch("SELECT worker_id, state, stations FROM health_checks")
    found = {row["worker_id"]: (row["state"], "AUD" in row["stations"]) for row in rows}
    assert found == {PERSON: ("open", False), RECORD: ("open", True)}


async def test_changed_facts_leave_a_person_due_a_year_after_the_last_exam_as_whomever(desk: Desk) -> None:
    await desk.hear(merged())
    await desk.database.pool.execute("UPDATE workers SET last_check = '2027-01-15' WHERE worker_id = $1", RECORD)
    facts = given.a_worker(0, exposures=[{"hazard": "PHYS_NOISE"}]).model_dump()

    said = await desk.hear(WorkerChanged.model_validate(facts))

    (due,) = of(HealthCheckBecameDue, said)
    assert due.due_on == date(2028, 1, 15)
