"""Rules across rows: one person twice, two persons with one number, one employee number twice."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from registry.reading.names import name_key
from registry.reading.rows import Person


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


def _same_national_id(persons: Sequence[Person]) -> None:
    for group in _groups((p.citizen_id, p) for p in _kept(persons) if p.citizen_id):
        kept: list[Person] = []
        for person in group:
            earlier = [other for other in kept if _same_person(other, person)]
            if earlier:
                person.report("duplicate.in_file", earlier)
            else:
                kept.append(person)
        if len(kept) > 1:
            for person in kept:
                person.report("identity.shared_national_id", kept)


def _same_person(one: Person, other: Person) -> bool:
    if one.full_birth_date is not None and one.full_birth_date == other.full_birth_date:
        return True
    return name_key(one.full_name) == name_key(other.full_name)


def _suspected(persons: Sequence[Person]) -> None:
    """Same name key, full birth date and sex, one of the two without a citizen's number; nobody is dropped."""
    kept = [p for p in _kept(persons) if p.full_birth_date is not None]
    without = {(p.full_birth_date, p.sex) for p in kept if p.citizen_id is None}
    near: dict[object, list[Person]] = defaultdict(list)
    for person in kept:
        if (person.full_birth_date, person.sex) in without:
            near[person.full_birth_date, person.sex, name_key(person.full_name)].append(person)
    for group in near.values():
        for person in group if len(group) > 1 else ():
            others = [o for o in group if o is not person and (person.citizen_id is None or o.citizen_id is None)]
            if others:
                person.report("duplicate.suspected", others)


def _same_employee_code(persons: Sequence[Person]) -> None:
    for group in _groups((p.employee_code, p) for p in _kept(persons) if p.employee_code):
        for person in group:
            person.report("employee_code.duplicate", group)
