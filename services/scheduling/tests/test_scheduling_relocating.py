"""Many who lose their seats at once: together they go where it costs least, and no session is opened for nobody."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

import pytest
from floor_builders import MONDAY, STATIONS, TODAY, a_crew, a_need, a_person, a_room, a_session

from scheduling import relocating
from scheduling.model import Person, Room, Seat, Session, Window

FROZEN = TODAY + timedelta(days=1)
AUDIOMETRY = a_need(package="LOUD", stations=(*STATIONS, "AUD"))


def a_small_session(name: str, places: int, audiometry: int = 0, day: date = MONDAY) -> Session:
    capacity = {**dict.fromkeys(STATIONS, places), "AUD": audiometry}
    return a_session(name, day=day, windows=(Window(480, places, capacity),), open_cost=6_000)


def found(room: Room, people: list[Person]) -> dict[UUID, str]:
    """The name of the session in which everybody sits."""
    names = {session.session_id: name for name, session in SESSIONS.items()}
    return {check_id: names[seat.session_id] for check_id, seat in relocating.seats(room, people, FROZEN).items()}


SESSIONS = {
    "near": a_small_session("near", 2, audiometry=1),
    "later": a_small_session("later", 5, day=MONDAY + timedelta(days=7)),
    "closed": a_small_session("closed", 5, audiometry=5, day=MONDAY + timedelta(days=8)),
}


def a_room_with_two_sessions_in_use() -> Room:
    """One place is left in the near one, with audiometry."""
    room = a_room(*SESSIONS.values())
    for name in ("near", "later"):
        room.put(a_person("somebody else"), Seat(SESSIONS[name].session_id, 0))
    return room


def test_whoever_has_other_ways_leaves_the_seat_to_somebody_who_has_none() -> None:
    room = a_room_with_two_sessions_in_use()
    flexible, bound = a_person("flexible"), a_person("bound", need=AUDIOMETRY, due_on=TODAY + timedelta(days=3))

    places = found(room, [flexible, bound])

    assert places == {flexible.health_check_id: "later", bound.health_check_id: "near"}


def test_somebody_less_bound_makes_room_rather_than_that_a_session_is_opened() -> None:
    room = a_room_with_two_sessions_in_use()
    urgent, bound = a_person("urgent", priority=4), a_person("bound", need=AUDIOMETRY, priority=1)

    places = found(room, [urgent, bound])

    assert places == {urgent.health_check_id: "later", bound.health_check_id: "near"}


@pytest.mark.parametrize(("bound", "opened"), [(1, {"near"}), (3, {"near", "closed"})])
def test_a_session_is_opened_where_somebody_would_have_no_seat_without_it(bound: int, opened: set[str]) -> None:
    room = a_room_with_two_sessions_in_use()
    people = [a_person(f"bound {n}", need=AUDIOMETRY) for n in range(bound)]

    places = found(room, people)

    assert len(places) == bound
    assert set(places.values()) == opened


def test_the_search_takes_no_seat() -> None:
    room = a_room_with_two_sessions_in_use()
    before = +room.arrivals

    relocating.seats(room, [a_person(f"person {n}") for n in range(9)], FROZEN)

    assert +room.arrivals == before
    assert [seat for _, _, seat in room.ways(a_person()) if room.takes(a_person(), seat)] == [
        Seat(session.session_id, 0) for session in SESSIONS.values()
    ]


@pytest.mark.parametrize("seed", range(30))
def test_all_seats_found_can_be_taken_together(seed: int) -> None:
    random = Random(seed)
    crews = [a_crew(f"crew {n}", ceiling=random.randint(1, 3)) for n in range(5)]
    needs = [a_need(), AUDIOMETRY]
    sessions = [
        a_small_session(f"s{n}", random.randint(0, 6), random.randint(0, 4), MONDAY + timedelta(days=n))
        for n in range(6)
    ]
    people = [
        a_person(f"p{n}", crew=random.choice(crews), need=random.choice(needs), priority=random.randint(1, 4))
        for n in range(40)
    ]
    room = a_room(*sessions)
    room.put(a_person("somebody else"), Seat(sessions[0].session_id, 0))

    places = relocating.seats(room, people, FROZEN)

    for person in people:
        if (seat := places.get(person.health_check_id)) is not None:
            assert room.refusal(person, seat) is None
            room.put(person, seat)
    alone = [person for person in people if person.health_check_id not in places]
    assert all(room.best(person, after=FROZEN) is None for person in alone)
