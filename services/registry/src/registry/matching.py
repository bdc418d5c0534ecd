"""Whether a row is somebody who is known already; pure.

In stages: by a number that names a person, if name or birth date agree; else by name, birth date and sex within the
unit, if no number speaks against it; never by name alone. What is only alike (`likeness.py`)
or contradicts itself becomes a worker of its own, for a registrar to look at: nobody goes without a health check
because of a doubt, and two people are never made one by a rule. A person who was merged has several workers; a row
means the one of its own unit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from registry.blind_index import BlindIndex
from registry.blocking import are_one_spelling, spelling_of
from registry.employments import Met, Pair, Span, pair_of
from registry.likeness import SIMILAR_NAME
from registry.roster_rows import NATIONAL, Entry, NumberKey, number_key
from registry.worker_facts import Facts

NUMBER_OF_ANOTHER = "identity.number_of_another"
SAME_PERSON_OTHER_NUMBER = "identity.same_person_other_number"
SUSPECTED_DUPLICATE = "duplicate.suspected"
SHARED_NUMBER = "identity.shared_national_id"


@dataclass(slots=True)
class Known:
    """A worker of the register as far as matching goes.

    `employments` are what they work at, or last worked at, the first being what they count by; `spans` says for which
    days rosters stated them, `digests` has the last row of those they do not count by. `entry` is the row that made
    them known just now, `person` who stands for them since a merge, `spelling` their name with its marks, where it may
    have to tell them from a namesake.
    """

    worker_id: UUID
    employments: tuple[Facts, ...]
    left_on: date | None
    digest: bytes
    name: bytes
    birth: bytes | None
    numbers: dict[NumberKey, tuple[bytes, bool]] = field(default_factory=dict)
    entry: Entry | None = None
    person: UUID | None = None
    spelling: str | None = None
    spans: dict[Pair, Span] = field(default_factory=dict)
    digests: dict[Pair, bytes] = field(default_factory=dict)

    @property
    def facts(self) -> Facts:
        """What they count by."""
        return self.employments[0]

    def is_of_unit(self, unit_id: UUID) -> bool:
        """Whether they work in a unit, whether or not they count there."""
        return any(facts.unit_id == unit_id for facts in self.employments)

    def numbers_over(self, key: NumberKey) -> list[NumberKey]:
        """The numbers that end with a new one: the one of its kind, and those of units they no longer work in."""
        over = [key] if key in self.numbers else []
        if isinstance(key, tuple):
            former = [known for known in self.numbers if isinstance(known, tuple) and not self.is_of_unit(known[1])]
            over += [known for known in former if known[0] == key[0] and known != key]
        return over

    def state(self, facts: Facts, day: date) -> None:
        """Note that a roster stated an employment for a day; only those of two employers are ever compared."""
        if facts.employer_id is None:
            return
        pair = pair_of(facts)
        span = self.spans.get(pair)
        self.spans[pair] = span.with_day(day) if span else Span(day, day)

    def follow(self, met: Met, digest: bytes) -> bool:
        """Let a row take effect; returns whether it says of the person what was not said in its place before."""
        counted, self.employments, self.left_on = pair_of(self.facts), met.now, None
        if met.until is not None:
            return False
        if counted != pair_of(met.now[0]) and any(pair_of(facts) == counted for facts in met.now):
            self.digests[counted] = self.digest
        if met.stated is met.now[0]:
            differs, self.digest = self.digest != digest, digest
        else:
            pair = pair_of(met.stated)
            differs, self.digests[pair] = self.digests.get(pair) != digest, digest
        return differs

    @property
    def person_id(self) -> UUID:
        """Who stands for them; themselves unless a registrar merged them."""
        return self.person or self.worker_id


@dataclass(slots=True)
class Doubt:
    """Another worker whom the row may mean as well, and why."""

    worker_id: UUID
    reason: str
    score: float | None = None


@dataclass(slots=True)
class Found:
    """The worker whom a row means, or None where it means somebody new."""

    known: Known | None
    doubts: list[Doubt] = field(default_factory=list)


class Directory:
    """The workers who may be meant by some rows, by everything that finds them."""

    def __init__(self, index: BlindIndex) -> None:
        self.index = index
        self.known: dict[UUID, Known] = {}
        self._by_number: dict[bytes, list[UUID]] = {}
        self._by_namesake: dict[bytes, list[UUID]] = {}

    def add(self, known: Known, numbers: Iterable[bytes], namesakes: Iterable[bytes] = ()) -> None:
        """Make a worker findable; their numbers may include former ones, and each of their units has a namesake."""
        self.known[known.worker_id] = known
        for number in numbers:
            self._by_number.setdefault(number, []).append(known.worker_id)
        for namesake in namesakes:
            self._by_namesake.setdefault(namesake, []).append(known.worker_id)

    def find(self, entry: Entry, taken: set[UUID]) -> Found:
        """Whom a row means, of those whom no earlier row of its roster meant."""
        found = Found(None)
        for number in entry.numbers:
            holders = self._held(self._by_number, number.index)
            if len(holders) > 1:
                holders = sorted(holders, key=lambda known: not _is_of_unit(entry, known))
            for known in holders:
                if known.worker_id not in taken and self._is_same_person(entry, known):
                    return Found(known)
            for known in holders:
                # An employee number is given to the next one; a citizen's number is not.
                if number.verified and number.type in NATIONAL:
                    found.doubts.append(Doubt(known.worker_id, NUMBER_OF_ANOTHER))
        found = self._among_namesakes(entry, taken, found)
        if found.doubts:
            found.doubts = self._one_of_each_person(found.doubts)
        return found

    def candidates(self, entry: Entry) -> Iterator[Known]:
        """Everybody with a number of a row, or with its name, birth date and sex in its unit."""
        for number in entry.numbers:
            yield from self._held(self._by_number, number.index)
        yield from self._held(self._by_namesake, entry.namesake)

    def holders(self, number: bytes) -> list[Known]:
        """Everybody who has or had a number, as far as the directory goes."""
        return self._held(self._by_number, number)

    def holder(self, number: bytes) -> UUID | None:
        """Who has a verified number in use."""
        for known in self._held(self._by_number, number):
            if (number, True) in known.numbers.values():
                return known.worker_id
        return None

    def _among_namesakes(self, entry: Entry, taken: set[UUID], found: Found) -> Found:
        same: list[Known] = []
        for known in self._held(self._by_namesake, entry.namesake):
            if _numbers_differ(entry, known):
                if known.worker_id not in taken:
                    found.doubts.append(Doubt(known.worker_id, SAME_PERSON_OTHER_NUMBER))
            elif known.worker_id in taken or _codes_differ(entry, known):
                found.doubts.append(Doubt(known.worker_id, SUSPECTED_DUPLICATE))
            elif _is_spelled_otherwise(entry, known):
                found.doubts.append(Doubt(known.worker_id, SIMILAR_NAME, 100.0))
            else:
                same.append(known)
        if not same:
            return found
        again = [known for known in same if known.digest == entry.digest]
        if again or len({known.person_id for known in same}) == 1:
            return Found(min(again or same, key=lambda known: known.worker_id))
        # Two namesakes of one birth date, and nothing in the row to tell which of them it means.
        found.doubts += [Doubt(known.worker_id, SUSPECTED_DUPLICATE) for known in same]
        return found

    def _one_of_each_person(self, doubts: list[Doubt]) -> list[Doubt]:
        """Without doubts about further workers of one person: a registrar has decided those."""
        asked: dict[UUID, UUID] = {}
        return [
            doubt
            for doubt in doubts
            if asked.setdefault(self.known[doubt.worker_id].person_id, doubt.worker_id) == doubt.worker_id
        ]

    def _is_same_person(self, entry: Entry, known: Known) -> bool:
        differ = _numbers_differ(entry, known)
        if known.digest == entry.digest and not differ:
            return True
        name = self.index.of("name", known.worker_id, entry.name_key) == known.name
        birth = entry.full_birth is not None and known.birth == self.index.of("birth", known.worker_id, entry.birth)
        return (name and birth) if differ else (name or birth)

    def _held(self, by: dict[bytes, list[UUID]], index: bytes) -> list[Known]:
        return [self.known[worker_id] for worker_id in by[index]] if index in by else []


def _is_of_unit(entry: Entry, known: Known) -> bool:
    return known.is_of_unit(entry.facts.unit_id)


def _is_spelled_otherwise(entry: Entry, known: Known) -> bool:
    """Both names have marks, and not the same: twins are called Hùng and Hưng."""
    if known.digest == entry.digest:
        return False
    spelling = spelling_of(known.entry.identity["full_name"]) if known.entry else known.spelling
    return spelling is not None and not are_one_spelling(spelling, spelling_of(entry.identity["full_name"]))


def _numbers_differ(entry: Entry, known: Known) -> bool:
    """Both have a citizen's number, and not the same."""
    return _differ(entry, known, "cccd")


def _codes_differ(entry: Entry, known: Known) -> bool:
    """Both have an employee number in one unit, and not the same."""
    return _differ(entry, known, "employee_code")


def _differ(entry: Entry, known: Known, kind: str) -> bool:
    theirs, verified = known.numbers.get(number_key(kind, entry.facts.unit_id), (None, False))
    ours = next((number for number in entry.numbers if number.type == kind and number.verified), None)
    return ours is not None and verified and theirs != ours.index
