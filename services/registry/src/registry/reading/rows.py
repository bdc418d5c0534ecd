"""From the cells of one row to one person: fields, and the rules over several of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

from contracts import retirement
from contracts import roster_codes as known_codes
from contracts.roster_cells import Row
from registry.reading import dates, identifiers
from registry.reading.dates import DateField, Span
from registry.reading.text import Field

Outcome = Literal["accepted", "accepted_with_warnings", "refused"]
ADULT, YOUNG = 18, 15
UNUSABLE = frozenset({"birth_date.invalid", "birth_date.implausible"})


@dataclass(slots=True)
class Person:
    """One person of a roster; `row` is the number that the spreadsheet shows, `cells` the row as it was sent.

    `codes` are sorted; `fields` is None for a refused row.
    """

    row: int
    cells: Row
    codes: tuple[str, ...]
    fields: dict[str, Any] | None
    full_name: str
    sex: str | None
    citizen_id: str | None
    full_birth_date: date | None
    employee_code: str | None
    related_rows: tuple[int, ...] = ()
    outcome: Outcome = "accepted"

    def __post_init__(self) -> None:
        if self.codes:
            self._settle()

    @property
    def is_refused(self) -> bool:
        """Whether the sender has to correct this row first."""
        return self.outcome == "refused"

    def report(self, code: str, others: Sequence["Person"]) -> None:
        """Add a code that other rows are the reason for."""
        self.codes = (*self.codes, code)
        self.related_rows = tuple(sorted({*self.related_rows, *(o.row for o in others if o is not self)}))
        self._settle()

    def _settle(self) -> None:
        self.codes = tuple(sorted(set(self.codes)))
        self.outcome = known_codes.outcome(self.codes)
        if self.outcome == "refused":
            self.fields = None


@dataclass(slots=True)
class Draft:
    """A row while it is put together."""

    codes: list[str]
    fields: dict[str, Any]
    citizen_id: str | None = None
    sex: str | None = None
    birth: Span | None = None


@lru_cache(maxsize=65536)
def age_codes(span: Span, sex: str | None, reference: date) -> tuple[str, ...]:
    """Minor and elderly workers on the reference date; doubt about the date leads to the stricter rhythm."""
    youngest = dates.age(span.last, reference)
    if youngest < YOUNG:
        return ("age.under_15",)
    if youngest < ADULT:
        return ("age.minor",)
    return ("age.elderly",) if retirement.is_elderly(sex, span.first, reference) else ()


def settle_sex(row: Draft, given: Field) -> None:
    """The form's sex, or the one in a valid citizen's number."""
    row.codes += given.codes
    if "sex.unrecognised" in given.codes:
        return
    derived = identifiers.citizen_facts(row.citizen_id)[1] if row.citizen_id else None
    if given.value is None:
        row.codes.append("sex.derived_from_national_id" if derived else "sex.missing")
    elif derived and given.value != "other" and derived != given.value:
        row.codes.append("sex.contradicts_national_id")
    row.sex = given.value or derived
    if row.sex:
        row.fields["sex"] = row.sex


def settle_birth(row: Draft, given: DateField, reference: date) -> None:
    """The form's birth date, or the year in a valid citizen's number; then what follows from the age."""
    row.codes += given.codes
    if given.span is None and not UNUSABLE.isdisjoint(given.codes):
        return
    span = given.span or _derived_birth(row, reference)
    if span is None:
        return
    if given.span and row.citizen_id and identifiers.citizen_facts(row.citizen_id)[0] != span.first.year:
        row.codes.append("birth_date.contradicts_national_id")
    row.birth = span
    row.fields["birth_date"] = given.iso or span.iso
    row.fields["birth_date_precision"] = span.precision
    row.codes += age_codes(span, row.sex, reference)


def _derived_birth(row: Draft, reference: date) -> Span | None:
    if row.citizen_id is None:
        row.codes.append("birth_date.missing")
        return None
    row.codes.append("birth_date.derived_from_national_id")
    span = dates.year_span(identifiers.citizen_facts(row.citizen_id)[0])
    if dates.implausible(span, reference):
        row.codes.append("birth_date.implausible")
        return None
    return span


def settle_start(row: Draft, start: DateField, reference: date) -> None:
    """The start date is kept even if it cannot be: wholly after the reference date, or before the 13th birthday."""
    row.codes += start.codes
    if start.span is None:
        return
    row.fields["start_date"] = start.iso
    too_young = row.birth is not None and dates.age(row.birth.first, start.span.first) < dates.YOUNGEST
    if start.span.first > reference or too_young:
        row.codes.append("start_date.implausible")
