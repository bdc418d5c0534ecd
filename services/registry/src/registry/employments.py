"""Several employments of one person at once: which one a row speaks of, which it ends, and by which they count; pure.

An employment is work for one employer in one unit. Two of them were held at once if each had begun by the last day for
which the other was stated; else the later one followed the earlier. Whoever has several counts by the one begun first,
as social insurance did (Luật BHXH 58/2014 art. 85.4; by analogy, ADR 0038). A list that names no employer says only
where somebody belongs, and a person belongs to one unit: with it, they move.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from contracts.registry import Employment, Exposure
from registry.worker_facts import Facts

Pair = tuple[UUID, UUID | None]
"""A unit and an employer: what tells the employments of one person apart."""

HARDER = {None: 0, "NORMAL": 1, "NNDHNH": 2, "DBNNDHNH": 3}


class Span(NamedTuple):
    """The first and the last day for which rosters stated an employment."""

    first: date
    last: date

    def with_day(self, day: date) -> "Span":
        """Stated for one day more."""
        return Span(min(self.first, day), max(self.last, day))


NEVER = Span(date.min, date.min)
Spans = Mapping[Pair, Span]


# Not frozen: there is one for every row of a roster.
@dataclass(slots=True)
class Met:
    """What a row does to the employments of somebody known.

    `now` are those they have, the one they count by first; `stated` is the one the row speaks of, `before` what was
    known of it; `ended` are others that it followed. `until` is set where the row itself is of the past.
    """

    now: tuple[Facts, ...]
    stated: Facts
    before: Facts | None
    ended: tuple[Facts, ...] = ()
    until: date | None = None


def pair_of(facts: Facts) -> Pair:
    """Which employment facts are of."""
    return facts.unit_id, facts.employer_id


def meet(
    known: tuple[Facts, ...], spans: Spans, stated: Facts, day: date, columns: frozenset[str], *, had_left: bool = False
) -> Met:
    """What somebody's employments are after a row of a roster for a day; `columns` are those that its file has."""
    meant = spoken_of(known, stated)
    if meant is None and (had_left or None in (stated.employer_id, known[0].employer_id)):
        meant = known[0]
    if meant is not None:
        fresh = stated.after(meant, columns)
        if fresh == meant:
            # Told at once, and by whoever looks at it later, that it says nothing new.
            fresh = meant
        others = [facts for facts in known if facts is not meant]
        return Met(_ordered(fresh, others, spans, day) if others else (fresh,), fresh, meant)
    return _beside(known, spans, stated, day, columns)


def spoken_of(known: Sequence[Facts], stated: Facts) -> Facts | None:
    """The employment that a row speaks of, of those that are known."""
    of_unit = [facts for facts in known if facts.unit_id == stated.unit_id]
    same = [facts for facts in of_unit if facts.employer_id == stated.employer_id]
    unsaid = [facts for facts in of_unit if None in (facts.employer_id, stated.employer_id)]
    return next(iter(same or unsaid), None)


def without(known: Sequence[Facts], unit_id: UUID, employer_id: UUID | None) -> tuple[Facts, ...]:
    """What is left of somebody's employments once those of a unit, or for one employer there, have ended."""
    return tuple(facts for facts in known if facts.unit_id != unit_id or employer_id not in (None, facts.employer_id))


def ordered(known: Iterable[Facts], spans: Spans) -> tuple[Facts, ...]:
    """Somebody's employments, first the one that they count by."""
    return tuple(sorted(known, key=lambda facts: _rank(facts, spans)))


def as_event(known: Sequence[Facts], monitored: Mapping[str, date], as_of: date) -> dict[str, Any]:
    """The fields as an event carries them; `monitored` are the hazards that reports add, since their days."""
    main, *others = known
    hazards = dict.fromkeys(hazard for facts in known for hazard in facts.exposures) | dict(monitored)
    return {
        **_place(main),
        "sex": main.sex,
        "born": main.born,
        "disabled": main.disabled,
        "heavy_class": max((facts.heavy_class for facts in known), key=HARDER.__getitem__),
        "exposures": [_exposure(hazard, since) for hazard, since in sorted(hazards.items())],
        "as_of": as_of,
        "last_health_check": main.last_health_check,
        "employments": [Employment(**_place(facts)) for facts in others],
    }


# A frozen record: many have the same few.
@lru_cache(maxsize=1024)
def _exposure(hazard: str, since: date | None) -> Exposure:
    return Exposure(hazard=hazard, since=since)


def _place(facts: Facts) -> dict[str, Any]:
    return {
        "unit_id": facts.unit_id,
        "employer_id": facts.employer_id,
        "host_id": facts.host_id,
        "line_id": facts.line_id,
        "shift": facts.shift,
        "employed_since": facts.employed_since,
    }


def _beside(known: tuple[Facts, ...], spans: Spans, stated: Facts, day: date, columns: frozenset[str]) -> Met:
    """A row of an employment that was not known: beside the others, after them, or before them."""
    span = spans.get(pair_of(stated), Span(day, day)).with_day(day)
    begun = stated.employed_since or span.first
    ended = tuple(facts for facts in known if spans.get(pair_of(facts), NEVER).last < begun)
    going_on = [facts for facts in known if facts not in ended]
    if not going_on:
        fresh = stated.after(known[0], columns)
        return Met((fresh,), fresh, known[0], ended[1:])
    fresh = stated.beside(known[0], columns)
    followed = [started for facts in going_on if (started := _begun(facts, spans)) > span.last]
    if followed:
        return Met(known, fresh, None, until=min(followed))
    return Met(_ordered(fresh, going_on, spans, day), fresh, None, ended)


def _ordered(fresh: Facts, others: Iterable[Facts], spans: Spans, day: date) -> tuple[Facts, ...]:
    """Employments by what somebody counts by; what is said of the person holds for all of them."""
    pair = pair_of(fresh)
    seen = {**spans, pair: spans.get(pair, Span(day, day)).with_day(day)}
    return ordered([fresh, *(facts.of_person(fresh) for facts in others)], seen)


def _rank(facts: Facts, spans: Spans) -> tuple[bool, date, UUID, str]:
    return facts.employer_id is not None, _begun(facts, spans), facts.unit_id, str(facts.employer_id)


def _begun(facts: Facts, spans: Spans) -> date:
    return facts.employed_since or spans.get(pair_of(facts), NEVER).first
