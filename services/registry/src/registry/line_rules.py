"""What a production line must be to stand in the register; pure."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from contracts.fields import Problem
from contracts.unions import LineDeclared
from registry.organisation_rules import UNION_RANKS
from registry.places import Places
from registry.problems import problem

DAY_MINUTES = 1440


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
