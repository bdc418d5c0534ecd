"""The engine and the booking floor judge alike: what one places the other accepts, whom it leaves out does not fit."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from floor_builders import CAMPAIGN, MONDAY, NIGHTS, OFFICE, TODAY, a_crew, a_need, a_person, a_session

from scheduling import plan_folder, planning
from scheduling.model import Person, Room, Seat, Session, Window
from scheduling.plan_folder import Inputs
from scheduling.planning_process import main
from scheduling.shifts import Shifts
from scheduling.terms import TERMS

ROTATING = Shifts(TODAY.toordinal(), ((360, 840), (840, 1320), (1320, 1800), None))
STATIONS = ("REC", "INT", "AUD")


def people_at_random(random: Random) -> list[Person]:
    crews = [
        a_crew(
            f"crew {n}", site=random.choice("AB"), shifts=random.choice([OFFICE, NIGHTS, ROTATING, Shifts()]),
            ceiling=random.randint(1, 3), reaches={site: random.choice([0, 15, 40, 60]) for site in "ABC"},
        )
        for n in range(6)
    ]  # fmt: skip
    needs = [a_need(stations=STATIONS[:2], cycle_minutes=60)] + [
        a_need(package=timing, stations=STATIONS, timing=(timing,), bnn=random.random() < 0.5)
        for timing in ("fasting", "quiet_rest", "end_of_shift")
    ]
    return [
        a_person(
            f"person {n}", crew=random.choice(crews), need=random.choice(needs), priority=random.randint(1, 4),
            due_on=TODAY + timedelta(days=random.randint(-30, 30)),
            deadline=random.choice([None, TODAY - timedelta(days=1), MONDAY + timedelta(days=random.randint(-2, 20))]),
            away=random.choice([(), ((MONDAY, MONDAY + timedelta(days=random.randint(0, 3))),)]),
        )
        for n in range(60)
    ]  # fmt: skip


def sessions_at_random(random: Random) -> list[Session]:
    return [
        a_session(
            f"session {n}", site=random.choice("ABC"), day=TODAY + timedelta(days=random.randint(2, 16)),
            bnn=random.random() < 0.5,
            windows=tuple(
                Window(start, random.randint(0, 3), {station: random.randint(0, 3) for station in STATIONS})
                for start in (390, 480, 600, 870, 1050, 1380)
            ),
        )
        for n in range(6)
    ]  # fmt: skip


def planned(folder: Path, inputs: Inputs, seed: int) -> plan_folder.Result:
    digest = plan_folder.write(folder, inputs)
    assert main(folder, 1.0, seed) == 0
    return plan_folder.read(folder, inputs, digest)


@pytest.mark.parametrize("seed", range(8))
def test_what_the_engine_places_the_floor_accepts_and_whom_it_leaves_out_the_floor_cannot_place(
    tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    people, sessions = people_at_random(random), sessions_at_random(random)
    result = planned(tmp_path, Inputs(CAMPAIGN, TODAY, TERMS[0], sessions, people, {}), seed)
    by_id, room = {p.health_check_id: p for p in people}, Room(sessions, TERMS[0], TODAY)

    refusals = []
    for check_id, session_id, window, _ in sorted(result.placements, key=lambda p: p[0]):
        if session_id is not None and window is not None:
            person, seat = by_id[check_id], Seat(session_id, window)
            refusals.append(room.refusal(person, seat))
            session = room.sessions[session_id]
            room.take(person.need, seat)
            room.go(person.crew, person.need, session.site, session.day, session.windows[window].start)
    left_out = [by_id[check_id] for check_id, session_id, *_ in result.placements if session_id is None]

    assert set(refusals) <= {None}
    assert [person for person in left_out if room.best(person)] == []


def test_whoever_has_a_place_is_part_of_the_problem_and_not_of_the_outcome(tmp_path: Path) -> None:
    crew = a_crew(ceiling=1)
    holder, other = a_person("holder", crew=crew, state="booked"), a_person("other", crew=crew)
    session = a_session(windows=(Window(480, 5, {"REC": 5, "INT": 5}), Window(900, 5, {"REC": 5, "INT": 5})))
    seat = Seat(session.session_id, 0)
    inputs = Inputs(CAMPAIGN, TODAY, TERMS[0], [session], [holder, other], {holder.health_check_id: seat})

    result = planned(tmp_path, inputs, 1)

    assert result.placements == [(other.health_check_id, session.session_id, 1, None)]


def test_the_folder_gives_every_line_the_ceiling_that_bookings_keep(tmp_path: Path) -> None:
    inputs = Inputs(CAMPAIGN, TODAY, TERMS[0], [a_session()], [a_person(crew=a_crew(ceiling=7))], {})

    plan_folder.write(tmp_path, inputs)

    assert [line.ceiling for line in planning.read_instance(tmp_path).lines] == [7]
