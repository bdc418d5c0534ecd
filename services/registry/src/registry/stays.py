"""Since when somebody works where they work; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Stay:
    """An employment as a place of exposure sees it: the unit, its places (line, job), and from when to when."""

    unit_id: UUID
    places: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    employer_id: UUID | None = None


def for_employer(stays: Sequence[Stay], employer_id: UUID | None) -> list[Stay]:
    """Those that are of an employer, or may be: what somebody works at for another breaks nothing off."""
    return [stay for stay in stays if None in (employer_id, stay.employer_id) or stay.employer_id == employer_id]


def start_at(
    stays: Sequence[Stay], unit_id: UUID, place: str, *, employed_since: date | None, today: date
) -> date | None:
    """The day since which a worker is at a place without a break; None where nothing says it.

    A stay that nothing came before began when the worker was hired, where that is known: rosters only say until when
    somebody was listed at the latest. A day still to come counts as today, because whoever is listed is told of now.
    """
    here = [stay for stay in stays if stay.unit_id == unit_id and place in stay.places]
    if not here:
        return employed_since
    first = max(here, key=lambda stay: (stay.valid_to is None, stay.valid_from))
    start, rest = first.valid_from, [stay for stay in stays if stay is not first]
    while before := next((stay for stay in rest if stay.valid_to == first.valid_from and stay in here), None):
        rest.remove(before)
        first, start = before, min(start, before.valid_from)
    earlier = [stay for stay in rest if stay.valid_from <= start]
    if employed_since and all(stay.valid_to and stay.valid_to <= employed_since for stay in earlier):
        return employed_since
    return min(start, today)
