"""Dates as people write them in rosters; the day comes before the month, and a date may be known only in part."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from contracts.roster_cells import DATE, Cell
from registry.reading import text
from registry.reading.text import NONE

EPOCH_1900 = date(1899, 12, 30)
EPOCH_1904 = date(1904, 1, 1)
YEARS = range(1900, 2101)
SERIALS = range(10_000, 80_001)
YOUNGEST, OLDEST = 13, 90

_SEPARATOR = r"(?:\s*[/.\-]\s*|\s+)"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?"  # programs write a day as its midnight
_DAY_MONTH_YEAR = re.compile(
    rf"(\d{{1,2}}){_SEPARATOR}(\d{{1,2}}){_SEPARATOR}(?:(\d{{4}})(?:\s+{_CLOCK}(?:\s*(?:AM|PM|SA|CH))?)?|(\d{{2}}))",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(r"(?:ngày\s*)?(\d{1,2})\s*tháng\s*(\d{1,2})[\s,]*năm\s*(\d{4})", re.IGNORECASE)
_MONTH_YEAR = re.compile(rf"(\d{{1,2}}){_SEPARATOR}(\d{{4}})")
_ISO = re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})(?:[T ]\s*{_CLOCK}\s*(?:Z|[+-]\d{{2}}:?\d{{2}})?)?")
_DIGITS = re.compile(r"\d+")


class Span(NamedTuple):
    """The days a written date may stand for; flags name how it was read (`year_only`, `two_digit_year` …)."""

    first: date
    last: date
    precision: str
    flags: tuple[str, ...] = NONE

    @property
    def iso(self) -> str:
        """`YYYY-MM-DD`, `YYYY-MM` or `YYYY`: the length shows the precision."""
        return self.first.isoformat()[: {"YMD": 10, "YM": 7, "Y": 4}[self.precision]]


class DateField(NamedTuple):
    """A date cell's reading: the span (None if blank or unusable), its ISO form, and codes."""

    span: Span | None
    iso: str | None = None
    codes: tuple[str, ...] = NONE


BLANK = DateField(None)


@dataclass(frozen=True, slots=True)
class Dates:
    """Reads dates against a reference date and in the date system of their workbook."""

    reference: date
    date_1904: bool = False

    def birth(self, cell: Cell) -> DateField:
        """Birth date; `birth_date.invalid` or `.implausible` leave it unusable."""
        if cell is None:
            return BLANK
        span = self._span(cell, birth=True)
        if span is None:
            return DateField(None, codes=("birth_date.invalid",)) if text.clean(text.raw_text(cell)) else BLANK
        codes = tuple(f"birth_date.{flag}" for flag in span.flags)
        if implausible(span, self.reference):
            return DateField(None, codes=(*codes, "birth_date.implausible"))
        return DateField(span, span.iso, codes)

    def issue(self, cell: Cell) -> DateField:
        """Issue date of the identity card, left empty if unreadable."""
        return self._other(cell, "issue_date.invalid")

    def start(self, cell: Cell) -> DateField:
        """First day at work; month or year alone is noted."""
        field = self._other(cell, "start_date.invalid")
        if field.span and field.span.precision != "YMD":
            return field._replace(codes=("start_date.partial",))
        return field

    def last_health_check(self, cell: Cell) -> DateField:
        """The last check the sender knows of, left empty if unreadable."""
        return self._other(cell, "last_health_check.invalid")

    def _other(self, cell: Cell, invalid: str) -> DateField:
        if cell is None:
            return BLANK
        span = self._span(cell, birth=False)
        if span is None:
            return DateField(None, codes=(invalid,)) if text.clean(text.raw_text(cell)) else BLANK
        return DateField(span, span.iso)

    def _span(self, cell: Cell, *, birth: bool) -> Span | None:
        try:
            if not isinstance(cell, str):
                return self._number(cell)
            if cell.startswith(DATE):
                return _date_cell(date.fromisoformat(cell[2:12]))
            return self._text(text.clean_cell(cell), birth=birth)
        except (ValueError, OverflowError):
            return None

    def _number(self, cell: float | None) -> Span | None:
        if cell is None or cell != cell or abs(cell) > 1e12:
            return None
        whole = int(cell)
        if whole == cell and whole in YEARS:
            return _year(whole)
        if whole in SERIALS:
            return _day((EPOCH_1904 if self.date_1904 else EPOCH_1900) + timedelta(days=whole))
        return _digits(str(whole)) if whole == cell and whole > 9_999_999 else None

    def _text(self, written: str, *, birth: bool) -> Span | None:
        if found := _DAY_MONTH_YEAR.fullmatch(written):
            return self._day_month_year(found[1], found[2], found[3] or found[4], birth=birth)
        if _DIGITS.fullmatch(written):
            return _year(int(written)) if len(written) == 4 else _digits(written)
        if found := _MONTH_YEAR.fullmatch(written):
            return _month(int(found[2]), int(found[1]))
        if found := _ISO.fullmatch(written):
            return _day(date(int(found[1]), int(found[2]), int(found[3])))
        if found := _IN_WORDS.fullmatch(written):
            return _day(date(int(found[3]), int(found[2]), int(found[1])))
        return None

    def _day_month_year(self, day: str, month: str, year: str, *, birth: bool) -> Span | None:
        if len(year) == 4:
            return _written(int(day), int(month), int(year))
        span = _written(int(day), int(month), 2000 + int(year))
        too_late = age(span.first, self.reference) < YOUNGEST if birth else span.first > self.reference
        if too_late:
            span = _written(int(day), int(month), 1900 + int(year))
        return span._replace(flags=(*span.flags, "two_digit_year"))


def _date_cell(day: date) -> Span:
    serial = (day - EPOCH_1900).days
    return _year(serial) if serial in YEARS else _day(day)


def _written(day: int, month: int, year: int) -> Span:
    if day == 0:
        return _month(year, month)
    if month > 12 >= day:
        return _day(date(year, day, month))._replace(flags=("month_day_swapped",))
    return _day(date(year, month, day))


def _digits(written: str) -> Span | None:
    """Eight digits `yyyymmdd` or `ddmmyyyy`; twelve `yyyyMMddHHmm`, where month and day 0000 leave the year.

    A program wrote these, so day and month never change places.
    """
    if len(written) == 8:
        try:
            return _day(date(int(written[:4]), int(written[4:6]), int(written[6:])))
        except ValueError:
            return _day(date(int(written[4:]), int(written[2:4]), int(written[:2])))
    if len(written) == 12 and int(written[8:10]) < 24 and int(written[10:]) < 60:
        year, month, day = int(written[:4]), int(written[4:6]), int(written[6:8])
        return _month(year, month) if day == 0 else _day(date(year, month, day))
    return None


def _day(day: date) -> Span:
    return Span(day, day, "YMD")


def _month(year: int, month: int) -> Span:
    if month == 0:
        return _year(year)
    following = date(year + month // 12, month % 12 + 1, 1)
    return Span(date(year, month, 1), following - timedelta(days=1), "YM", ("year_month_only",))


def _year(year: int) -> Span:
    return Span(date(year, 1, 1), date(year, 12, 31), "Y", ("year_only",))


def year_span(year: int) -> Span:
    """A year taken from elsewhere (the national id), not written as a year."""
    return _year(year)._replace(flags=NONE)


def age(born: date, on: date) -> int:
    """Completed years on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def implausible(span: Span, reference: date) -> bool:
    """Whether even the youngest reading is over 90, or even the oldest under 13."""
    return age(span.last, reference) > OLDEST or age(span.first, reference) < YOUNGEST
