"""What a production line must be to stand in the register; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from contracts.fields import Problem
from contracts.unions import LineDeclared
from registry.organisation_rules import UNION_RANKS
from registry.places import Places
from registry.problems import problem

DAY_MINUTES = 1440


class NamedLine(NamedTuple):
    """A line as rosters' words find it, and when it usually works."""

    line_id: UUID
    hours: tuple[int, int] | None


Lines = Mapping[tuple[UUID, str], Sequence[NamedLine]]
"""Lines by unit and name key."""


def problems_of(declared: LineDeclared, kinds: Mapping[UUID, str], places: Places) -> list[Problem]:
    """Everything that is wrong with a line; `kinds` are those of the organisations it names."""
    found = []
    if kinds[declared.unit_id] not in UNION_RANKS:
        found.append(problem("line.unit_is_no_union", "unit_id"))
    if declared.employer_id is not None and kinds[declared.employer_id] != "EMPLOYER":
        found.append(problem("line.employer_is_no_employer", "employer_id"))
    if not _is_place(declared.site, places):
        found.append(problem("place.commune_unknown", "site"))
    if not all(shift is None or is_shift(*shift) for shift in declared.shifts):
        found.append(problem("line.shift_invalid", "shifts"))
    found += _reaches([reach.site for reach in declared.reaches], places)
    return found


def is_shift(start: int, end: int) -> bool:
    """A shift begins on its day and ends within 24 hours, after midnight if need be."""
    return 0 <= start < DAY_MINUTES and start < end <= start + DAY_MINUTES


def usual_hours(shifts: Iterable[tuple[int, int] | None]) -> tuple[int, int] | None:
    """The shift that most days of a line's calendar have, the earliest of several."""
    counted = Counter((shift[0], shift[1]) for shift in shifts if shift is not None)
    return min(counted, key=lambda shift: (-counted[shift], shift)) if counted else None


def fitting(lines: Sequence[NamedLine], shift: tuple[int, int] | None) -> UUID | None:
    """Of the lines that one name means, the one that works at somebody's hours: a shop's crews share its name."""
    best = max(lines, key=lambda line: _minutes_shared(line.hours, shift), default=None)
    return best.line_id if best else None


def _minutes_shared(one: tuple[int, int] | None, other: tuple[int, int] | None) -> int:
    """Minutes of a day that two shifts have in common, whichever of them goes past midnight."""
    if one is None or other is None:
        return 0
    days = (-DAY_MINUTES, 0, DAY_MINUTES)
    return sum(max(0, min(one[1], other[1] + day) - max(one[0], other[0] + day)) for day in days)


def _reaches(sites: Iterable[str], places: Places) -> list[Problem]:
    sites = list(sites)
    found = []
    if not all(_is_place(site, places) for site in sites):
        found.append(problem("place.commune_unknown", "reaches"))
    if len(set(sites)) < len(sites):
        found.append(problem("line.reach_repeated", "reaches"))
    return found


def _is_place(site: str, places: Places) -> bool:
    """Five digits are a commune; anything else is a park's id, which the sender gave."""
    return site in places.communes or not (len(site) == 5 and site.isdecimal())
