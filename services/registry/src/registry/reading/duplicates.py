"""Rules across rows: one person twice, two persons with one number, one employee number twice."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from registry.reading.names import name_key
from registry.reading.rows import Person

NAMED_ROWS = 50
"""Other rows that a row names at most: a list with one number in all its rows would grow with their square."""


def mark(persons: Sequence[Person]) -> None:
    """Report what only several rows together show; a row refused by then takes no part in the next step."""
    _same_national_id(persons)
    _suspected(persons)
    _same_employee_code(persons)


def _groups(pairs: Iterable[tuple[str, Person]]) -> list[list[Person]]:
    first: dict[str, Person] = {}
    several: dict[str, list[Person]] = {}
    for key, person in pairs:
        if key not in first:
            first[key] = person
        else:
            several.setdefault(key, [first[key]]).append(person)
    return list(several.values())


def _kept(persons: Sequence[Person]) -> Iterable[Person]:
    return (person for person in persons if not person.is_refused)


def _others(group: Sequence[Person], person: Person) -> list[Person]:
    return [other for other in group[: NAMED_ROWS + 1] if other is not person][:NAMED_ROWS]


def _same_national_id(persons: Sequence[Person]) -> None:
    for group in _groups((p.citizen_id, p) for p in _kept(persons) if p.citizen_id):
        kept: list[Person] = []
        seen: dict[str | date, Person] = {}
        for person in group:
            marks = [mark for mark in (name_key(person.full_name), person.full_birth_date) if mark is not None]
            earlier = [seen[mark] for mark in marks if mark in seen]
            if earlier:
                person.report("duplicate.in_file", earlier)
            else:
                kept.append(person)
                seen.update(dict.fromkeys(marks, person))
        for person in kept if len(kept) > 1 else ():
            person.report("identity.shared_national_id", _others(kept, person))


def _suspected(persons: Sequence[Person]) -> None:
    """Same name key, full birth date and sex, one of the two without a citizen's number; nobody is dropped."""
    kept = [p for p in _kept(persons) if p.full_birth_date is not None]
    without = {(p.full_birth_date, p.sex) for p in kept if p.citizen_id is None}
    near: dict[object, list[Person]] = defaultdict(list)
    for person in kept:
        if (person.full_birth_date, person.sex) in without:
            near[person.full_birth_date, person.sex, name_key(person.full_name)].append(person)
    for group in near.values():
        unnumbered = [person for person in group if person.citizen_id is None]
        for person in group if len(group) > 1 else ():
            if others := _others(group if person.citizen_id is None else unnumbered, person):
                person.report("duplicate.suspected", others)


def _same_employee_code(persons: Sequence[Person]) -> None:
    for group in _groups((p.employee_code, p) for p in _kept(persons) if p.employee_code):
        for person in group:
            person.report("employee_code.duplicate", _others(group, person))
