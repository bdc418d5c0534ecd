"""What the union side declares of a land: places, grassroots unions with their lines, and how far sites are apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from demo.people import Person, Workforce
from demo.rosters import SAMPLE_ROWS

NAMESPACE = UUID("6b1f0f4e-8a52-4f0e-9d3b-2f1c7f0a0826")
Shift = tuple[int, int] | None


def made_id(kind: str, name: object) -> UUID:
    """The same id in every run, so that a demo can be started again on what it left."""
    return uuid5(NAMESPACE, f"{kind}/{name}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where units are, with the union above them; `site` is what lines and sessions name, `reaches` minutes by site."""

    code: str
    site: str
    union_id: UUID
    union_kind: str
    union_name: str
    reaches: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A crew with its shifts, and the people on its first roster, or the file that is sent instead."""

    line_id: UUID
    name: str
    shifts_from: date
    shifts: tuple[Shift, ...]
    max_absent_pct: int
    people: tuple[Person, ...]
    file: str | None = None

    @property
    def members(self) -> int:
        """How many rows its roster has."""
        return SAMPLE_ROWS[self.file] if self.file else len(self.people)

    @property
    def headcount(self) -> int:
        """How many people work on it."""
        return max(self.members, 5)

    @property
    def ceiling(self) -> int:
        """How many of it may be away at once."""
        return max(1, self.headcount * self.max_absent_pct // 100)


@dataclass(frozen=True, slots=True)
class Unit:
    """A grassroots union (CĐCS) at an employer."""

    unit_id: UUID
    employer_id: UUID
    name: str
    code: str
    employer: str
    place: Place
    lines: tuple[Line, ...]

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody on its rosters, line after line."""
        return tuple(person for line in self.lines for person in line.people)

    @property
    def members(self) -> int:
        """How many rows its rosters have."""
        return sum(line.members for line in self.lines)


@dataclass(frozen=True, slots=True)
class Land:
    """Everything the union side declares; `root_id` is the federation on top."""

    root_id: UUID
    root_name: str
    places: tuple[Place, ...]
    units: tuple[Unit, ...]
    workforce: Workforce

    @property
    def lines(self) -> list[tuple[Unit, Line]]:
        """Every line with its unit."""
        return [(unit, line) for unit in self.units for line in unit.lines]
