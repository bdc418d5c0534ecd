"""Whether a row is somebody who is known already; pure.

By a number that names a person, if name or birth date agree; else by name, birth date and sex within the unit; never by
name alone (domain reference 4.4). What is doubtful becomes a person of its own, for somebody to look at: nobody goes
without a health check because of a doubt, and two people are never made one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from registry.blind_index import BlindIndex
from registry.roster_rows import NATIONAL, Entry
from registry.worker_facts import Facts

NUMBER_OF_ANOTHER = "identity.number_of_another"
SAME_PERSON_OTHER_NUMBER = "identity.same_person_other_number"
SUSPECTED_DUPLICATE = "duplicate.suspected"
SIMILAR_NAME = "identity.similar_name"


@dataclass(slots=True)
class Known:
    """A worker of the register as far as matching goes; `entry` is the row that made them known just now."""

    worker_id: UUID
    facts: Facts
    left_on: date | None
    digest: bytes
    name: bytes
    birth: bytes | None
    numbers: dict[str, tuple[bytes, bool]] = field(default_factory=dict)
    entry: Entry | None = None


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

    def add(self, known: Known, numbers: Iterable[bytes], namesake: bytes | None = None) -> None:
        """Make a worker findable; their numbers may include former ones."""
        self.known[known.worker_id] = known
        for number in numbers:
            self._by_number.setdefault(number, []).append(known.worker_id)
        if namesake is not None:
            self._by_namesake.setdefault(namesake, []).append(known.worker_id)

    def find(self, entry: Entry, taken: set[UUID]) -> Found:
        """Whom a row means, of those whom no earlier row of its roster meant."""
        found = Found(None)
        for number in entry.numbers:
            for known in self._held(self._by_number, number.index):
                if known.worker_id not in taken and self._is_same_person(entry, known):
                    return Found(known)
                # An employee number is given to the next one; a citizen's number is not.
                if number.verified and number.type in NATIONAL:
                    found.doubts.append(Doubt(known.worker_id, NUMBER_OF_ANOTHER))
        return self._among_namesakes(entry, taken, found)

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
            else:
                same.append(known)
        if not same:
            return found
        return Found(min(same, key=lambda known: (known.digest != entry.digest, known.worker_id)))

    def _is_same_person(self, entry: Entry, known: Known) -> bool:
        name = self.index.of("name", known.worker_id, entry.name_key) == known.name
        birth = entry.full_birth is not None and known.birth == self.index.of("birth", known.worker_id, entry.birth)
        return (name and birth) if _numbers_differ(entry, known) else (name or birth)

    def _held(self, by: dict[bytes, list[UUID]], index: bytes) -> Iterator[Known]:
        return (self.known[worker_id] for worker_id in by.get(index, ()))


def _numbers_differ(entry: Entry, known: Known) -> bool:
    """Both have a citizen's number, and not the same."""
    return _differ(entry, known, "cccd")


def _codes_differ(entry: Entry, known: Known) -> bool:
    """Both have an employee number in one unit, and not the same."""
    return _differ(entry, known, "employee_code")


def _differ(entry: Entry, known: Known, kind: str) -> bool:
    theirs, verified = known.numbers.get(kind, (None, False))
    ours = next((number for number in entry.numbers if number.type == kind and number.verified), None)
    return ours is not None and verified and theirs != ours.index
