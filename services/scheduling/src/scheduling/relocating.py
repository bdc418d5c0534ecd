"""Where many who lose their seats at once go: the cheapest for all of them together, rather than one after the other.

Whoever chooses alone takes a seat that somebody else has no other than, who then opens a session for themselves. So of
equal urgency those with the fewest ways choose first, and sessions are opened only where that pays for all.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from scheduling.model import Person, Room, Seat

TRIED = 3  # of the sessions that promise most, each time one more is to be opened
PATIENCE = 10_000  # people seated in all trials: a second or a few; whoever has nothing then chooses alone
FEW = 10  # people without a seat, for each of whom somebody else is asked to sit elsewhere
Way = tuple[int, Seat]


@dataclass(frozen=True, slots=True)
class Crowd:
    """People who are alike, and their ways: what a visit costs and where it would be, the cheapest first."""

    people: list[Person]
    ways: list[Way]

    @property
    def turn(self) -> tuple[int, int, date, UUID]:
        """Who chooses before whom."""
        first = self.people[0]
        return -first.priority, len(self.ways), first.due_on, min(person.health_check_id for person in self.people)


@dataclass(frozen=True, slots=True)
class Trial:
    """Where people would go if just these sessions were used, and what that costs, of those who find nothing too."""

    opened: frozenset[UUID]
    places: dict[UUID, Way]
    cost: int


def seats(room: Room, people: Iterable[Person], after: date) -> dict[UUID, Seat]:
    """Seats after a day, by check, for people who have none in the room; whoever is missing found none. Takes none."""
    search = _Search(room, people, after)
    best = search.trial(search.used)
    while (better := search.with_one_more(best)) is not None:
        best = better
    return {check_id: seat for check_id, (_, seat) in best.places.items()}


class _Search:
    def __init__(self, room: Room, people: Iterable[Person], after: date) -> None:
        self.room, self.patience = room, PATIENCE
        alike: dict[tuple[object, ...], list[Person]] = {}
        for person in people:
            alike.setdefault(_kind(person), []).append(person)
        self.crowds = [
            Crowd(crowd, [(c, seat) for c, _, seat in room.ways(crowd[0], after=after)]) for crowd in alike.values()
        ]
        # The cheapest way into each session: of several the last one stays, so they go backwards.
        self.cheapest = [{seat.session_id: cost for cost, seat in reversed(crowd.ways)} for crowd in self.crowds]
        self.within_reach = {seat.session_id for crowd in self.crowds for _, seat in crowd.ways}
        self.used = frozenset(filter(room.is_used, self.within_reach))

    def trial(self, opened: frozenset[UUID]) -> Trial:
        """Everybody's seat in these sessions."""
        crowds = [Crowd(c.people, [way for way in c.ways if way[1].session_id in opened]) for c in self.crowds]
        seating = _Seating(self.room, sorted(crowds, key=lambda crowd: crowd.turn))
        seating.undo()
        self.patience -= len(seating.crowd_of)
        opening = sum(self.room.sessions[session_id].open_cost for session_id in opened - self.used)
        visits = sum(self._cost(person, seating.places) for crowd in crowds for person in crowd.people)
        return Trial(opened, seating.places, opening + visits)

    def with_one_more(self, best: Trial) -> Trial | None:
        """The best trial with one session more of those that promise most; None if that is no better, or too long."""
        promises = ((self._promise(session_id, best), session_id) for session_id in self.within_reach - best.opened)
        promising = sorted(((worth, session_id) for worth, session_id in promises if worth > 0), reverse=True)[:TRIED]
        if self.patience <= 0 or not promising:
            return None
        better = _cheapest(self.trial(best.opened | {session_id}) for _, session_id in promising)
        # One that was opened before may no longer be worth it.
        fewer = (self.trial(better.opened - {session_id}) for session_id in best.opened - self.used)
        better = _cheapest([better, *fewer])
        return better if better.cost < best.cost else None

    def _promise(self, session_id: UUID, best: Trial) -> int:
        """What everybody for whom a session is cheaper would save by it, as far as it has places, less its opening."""
        session, saved = self.room.sessions[session_id], []
        for crowd, cheapest in zip(self.crowds, self.cheapest, strict=True):
            if session_id in cheapest:
                saved += [self._cost(person, best.places) - cheapest[session_id] for person in crowd.people]
        most = sum(window.total for window in session.windows)
        return sum(sorted((worth for worth in saved if worth > 0), reverse=True)[:most]) - session.open_cost

    def _cost(self, person: Person, places: dict[UUID, Way]) -> int:
        place = places.get(person.health_check_id)
        return place[0] if place else self.room.terms.weights.unassigned[person.priority]


class _Seating:
    """Crowds seated in a room, in their order, until it is undone."""

    def __init__(self, room: Room, crowds: list[Crowd]) -> None:
        self.room, self.places = room, dict[UUID, Way]()
        self.people = {person.health_check_id: person for crowd in crowds for person in crowd.people}
        self.crowd_of = {person.health_check_id: crowd for crowd in crowds for person in crowd.people}
        for crowd in crowds:
            self._fill(crowd)
        left = [person for check_id, person in self.people.items() if check_id not in self.places]
        for person in left if len(left) <= FEW else ():
            self._make_room(person)

    def undo(self) -> None:
        """Leave the room as it was."""
        for check_id, (_, seat) in self.places.items():
            self.room.put(self.people[check_id], seat, by=-1)

    def _fill(self, crowd: Crowd) -> None:
        ways = iter(crowd.ways)
        way = next(ways, None)
        for person in crowd.people:
            while way is not None and not self.room.takes(person, way[1]):
                way = next(ways, None)
            if way is not None:
                self._seat(person, way)

    def _seat(self, person: Person, way: Way) -> None:
        self.room.put(person, way[1])
        self.places[person.health_check_id] = way

    def _make_room(self, person: Person) -> None:
        """Give somebody the seat of one of the others who finds another: the cheapest seat that is freed so."""
        there: dict[Seat, dict[int, UUID]] = {}
        for check_id, (_, seat) in self.places.items():
            there.setdefault(seat, {})[id(self.crowd_of[check_id])] = check_id
        for way in self.crowd_of[person.health_check_id].ways:
            for check_id in there.get(way[1], {}).values():
                other, was = self.people[check_id], self.places[check_id]
                self.room.put(other, was[1], by=-1)
                if self.room.takes(person, way[1]):
                    self._seat(person, way)
                    elsewhere = (w for w in self.crowd_of[check_id].ways if self.room.takes(other, w[1]))
                    if (free := next(elsewhere, None)) is not None:
                        self._seat(other, free)
                        return
                    self.room.put(person, self.places.pop(person.health_check_id)[1], by=-1)
                self.room.put(other, was[1])


def _cheapest(trials: Iterable[Trial]) -> Trial:
    return min(trials, key=lambda trial: trial.cost)


def _kind(person: Person) -> tuple[object, ...]:
    """What decides where somebody may go and at what cost."""
    ids = person.campaign_id, person.crew.crew_id
    return (*ids, person.need, person.priority, person.due_on, person.deadline, person.away)
