"""Dates as people write them."""

from datetime import date, datetime

import pytest

from contracts.roster_cells import Cell, date_cell
from registry.reading.dates import Dates

REFERENCE = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("cell", "iso", "codes"),
    [
        (date_cell(datetime(1990, 6, 5, 12, 0)), "1990-06-05", ()),  # noqa: DTZ001 - a cell knows no zone
        (date_cell(date(1905, 6, 17)), "1995", ("birth_date.year_only",)),
        (1990, "1990", ("birth_date.year_only",)),
        ("1990", "1990", ("birth_date.year_only",)),
        (30566, "1983-09-07", ()),
        ("5/6/1990", "1990-06-05", ()),
        ("05-06-1990", "1990-06-05", ()),
        ("5.6.1990", "1990-06-05", ()),
        (" 5 / 6 / 1990 ", "1990-06-05", ()),
        ("5 6 1990", "1990-06-05", ()),
        ("12/25/1990", "1990-12-25", ("birth_date.month_day_swapped",)),
        ("5/6/90", "1990-06-05", ("birth_date.two_digit_year",)),
        ("5/6/05", "2005-06-05", ("birth_date.two_digit_year",)),
        ("1/12/13", "2013-12-01", ("birth_date.two_digit_year",)),
        ("2/12/13", None, ("birth_date.two_digit_year", "birth_date.implausible")),
        ("6/1990", "1990-06", ("birth_date.year_month_only",)),
        ("00/06/1990", "1990-06", ("birth_date.year_month_only",)),
        ("00/00/1990", "1990", ("birth_date.year_only",)),
        ("1990-06-05", "1990-06-05", ()),
        ("1990-06-05 00:00:00", "1990-06-05", ()),
        ("1990-06-05T07:30:00", "1990-06-05", ()),
        ("19900605", "1990-06-05", ()),
        ("05061990", "1990-06-05", ()),
        (19900605, "1990-06-05", ()),
        ("199006050000", "1990-06-05", ()),
        (199006050000, "1990-06-05", ()),
        ("199000000000", "1990", ("birth_date.year_only",)),
        ("199013010000", None, ("birth_date.invalid",)),
        ("31/04/1990", None, ("birth_date.invalid",)),
        ("13/13/1990", None, ("birth_date.invalid",)),
        ("05/06/1990 00:00", "1990-06-05", ()),
        ("5/6/1990 0:00:00", "1990-06-05", ()),
        ("05/06/1990 12:00:00 SA", "1990-06-05", ()),
        ("5/6/1990 25", None, ("birth_date.invalid",)),
        ("5/6/90 00:00", None, ("birth_date.invalid",)),
        ("Ngày 5 tháng 6 năm 1990", "1990-06-05", ()),
        ("05 tháng 06, năm 1990", "1990-06-05", ()),
        ("5 tháng 13 năm 1990", None, ("birth_date.invalid",)),
        ("17/04/198", None, ("birth_date.invalid",)),
        ("không nhớ", None, ("birth_date.invalid",)),
        (12.5, None, ("birth_date.invalid",)),
        (float("inf"), None, ("birth_date.invalid",)),
        ("11/06/2078", None, ("birth_date.implausible",)),
        ("1/1/1930", None, ("birth_date.implausible",)),
        ("1934", None, ("birth_date.year_only", "birth_date.implausible")),
        (None, None, ()),
        (" \u200b", None, ()),
    ],
)
def test_birth_dates(cell: Cell, iso: str | None, codes: tuple[str, ...]) -> None:
    field = Dates(REFERENCE).birth(cell)

    assert (field.iso, field.codes) == (iso, codes)


def test_serials_follow_the_date_system() -> None:
    assert Dates(REFERENCE, date_1904=True).birth(31444).iso == "1990-02-02"


def test_a_date_may_be_doubtful_and_still_plausible() -> None:
    oldest = Dates(REFERENCE).birth("1935")
    youngest = Dates(REFERENCE).birth("12/2013")

    assert (oldest.iso, youngest.iso) == ("1935", "2013-12")


@pytest.mark.parametrize(
    ("cell", "iso", "codes"),
    [
        ("05/2019", "2019-05", ("start_date.partial",)),
        (2023, "2023", ("start_date.partial",)),
        ("1/2/19", "2019-02-01", ()),
        ("1/2/88", "1988-02-01", ()),
        ("từ lâu", None, ("start_date.invalid",)),
    ],
)
def test_start_dates(cell: Cell, iso: str | None, codes: tuple[str, ...]) -> None:
    field = Dates(REFERENCE).start(cell)

    assert (field.iso, field.codes) == (iso, codes)
