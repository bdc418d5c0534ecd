"""From the cells of one row to one person: fields, and the rules over several of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from contracts import retirement
from contracts.roster_cells import Row
from registry.reading import codes as known_codes
from registry.reading import dates, identifiers
from registry.reading.dates import DateField, Span
from registry.reading.text import Field

Outcome = Literal["accepted", "accepted_with_warnings", "refused"]
ADULT, YOUNG = 18, 15
UNUSABLE = frozenset({"birth_date.invalid", "birth_date.implausible"})


@dataclass(slots=True)
class Person:
    """One person of a roster; `row` is the number that the spreadsheet shows.

    `fields` is None for a refused row; `cells` is the row as it was sent.
    """

    row: int
    cells: Row
    codes: list[str]
    fields: dict[str, Any] | None
    full_name: str = ""
    sex: str | None = None
    citizen_id: str | None = None
    full_birth_date: date | None = None
    employee_code: str | None = None
    related_rows: list[int] = field(default_factory=list)
    outcome: Outcome = "accepted"

    @property
    def is_refused(self) -> bool:
        """Whether the sender has to correct this row first."""
        return self.outcome == "refused"

    def report(self, code: str, others: Sequence["Person"]) -> None:
        """Add a code that other rows are the reason for."""
        if code not in self.codes:
            self.codes.append(code)
        rows = {*self.related_rows, *(other.row for other in others if other is not self)}
        self.related_rows = sorted(rows)
        self.settle()

    def settle(self) -> None:
        """Sort the codes and draw the outcome from them."""
        if not self.codes:
            return
        self.codes = sorted(set(self.codes))
        self.outcome = known_codes.outcome(self.codes)
        if self.outcome == "refused":
            self.fields = None


@lru_cache(maxsize=65536)
def age_codes(span: Span, sex: str | None, reference: date) -> tuple[str, ...]:
    """Minor and elderly workers on the reference date; doubt about the date leads to the stricter rhythm."""
    youngest = dates.age(span.last, reference)
    if youngest < YOUNG:
        return ("age.under_15",)
    if youngest < ADULT:
        return ("age.minor",)
    return ("age.elderly",) if retirement.is_elderly(sex, span.first, reference) else ()


def settle_sex(person: Person, given: Field) -> None:
    """The form's sex, or the one in a valid citizen's number."""
    person.codes += given.codes
    if given.codes and given.value is None and "sex.unrecognised" in given.codes:
        return
    derived = identifiers.citizen_facts(person.citizen_id)[1] if person.citizen_id else None
    if given.value is None:
        person.codes.append("sex.derived_from_national_id" if derived else "sex.missing")
    elif derived and given.value != "other" and derived != given.value:
        person.codes.append("sex.contradicts_national_id")
    person.sex = given.value or derived
    if person.sex and person.fields is not None:
        person.fields["sex"] = person.sex


def settle_birth(person: Person, given: DateField, reference: date) -> Span | None:
    """The form's birth date, or the year in a valid citizen's number; then what follows from the age."""
    person.codes += given.codes
    span = given.span
    if span is None and not UNUSABLE.isdisjoint(given.codes):
        return None
    year = identifiers.citizen_facts(person.citizen_id)[0] if person.citizen_id else None
    if span is None:
        if year is None:
            person.codes.append("birth_date.missing")
            return None
        person.codes.append("birth_date.derived_from_national_id")
        span = dates.year_span(year)
        if dates.implausible(span, reference):
            person.codes.append("birth_date.implausible")
            return None
    elif year is not None and year != span.first.year:
        person.codes.append("birth_date.contradicts_national_id")
    if span.precision == "YMD":
        person.full_birth_date = span.first
    if person.fields is not None:
        person.fields["birth_date"] = given.iso or span.iso
        person.fields["birth_date_precision"] = span.precision
    person.codes += age_codes(span, person.sex, reference)
    return span


def settle_start(person: Person, start: DateField, birth: Span | None, reference: date) -> None:
    """The start date is kept even if it cannot be: wholly after the reference date, or before the 13th birthday."""
    person.codes += start.codes
    if start.span is None:
        return
    if person.fields is not None:
        person.fields["start_date"] = start.iso
    too_young = birth is not None and dates.age(birth.first, start.span.first) < dates.YOUNGEST
    if start.span.first > reference or too_young:
        person.codes.append("start_date.implausible")
