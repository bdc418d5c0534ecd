"""From when a worker counts as elderly: the birth cohorts of NĐ 135/2020 as they reach the due rules."""

from datetime import date

import pytest

from scheduling.rules.months import add_months
from scheduling.rules.workers import born_between

MEN = [
    ("1964-10", "1965-06", 61, 6), ("1965-07", "1966-03", 61, 9), ("1966-04", "1990-01", 62, 0),
]  # fmt: skip
WOMEN = [
    ("1969-05", "1969-12", 57, 0), ("1970-01", "1970-08", 57, 4), ("1970-09", "1971-04", 57, 8),
    ("1971-05", "1971-12", 58, 0), ("1972-01", "1972-08", 58, 4), ("1972-09", "1973-04", 58, 8),
    ("1973-05", "1973-12", 59, 0), ("1974-01", "1974-08", 59, 4), ("1974-09", "1975-04", 59, 8),
    ("1975-05", "2000-12", 60, 0),
]  # fmt: skip
COHORTS = [("male", *one) for one in MEN] + [("female", *one) for one in WOMEN]


@pytest.mark.parametrize(("sex", "first", "last", "years", "months"), COHORTS)
def test_both_ends_of_a_cohort_are_elderly_the_month_after_the_birthday_month_at_its_age(
    a_worker, sex, first, last, years, months
):
    for born in (first, last):
        reached = add_months(born_between(born)[0], years * 12 + months)
        assert a_worker(born, sex=sex).elderly_from == add_months(reached.replace(day=1), 1)


@pytest.mark.parametrize(("sex", "born", "elderly"), [
    ("male", "1964-10-31", date(2026, 5, 1)),
    ("female", "1969-12-01", date(2027, 1, 1)),
    ("other", "1969-12-01", date(2027, 1, 1)),
])  # fmt: skip
def test_single_births_by_hand(a_worker, sex, born, elderly):
    assert a_worker(born, sex=sex).elderly_from == elderly


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("1990", (date(1990, 1, 1), date(1990, 12, 31))),
        ("1992-02", (date(1992, 2, 1), date(1992, 2, 29))),
        ("1990-05-17", (date(1990, 5, 17), date(1990, 5, 17))),
    ],
)
def test_a_birth_is_a_span_of_days_as_precise_as_it_is_known(born, expected):
    assert born_between(born) == expected


@pytest.mark.parametrize("born", ["", "1990-13", "17/05/1990", "1990-05-17-1"])
def test_what_is_no_birth_is_refused(born):
    with pytest.raises(ValueError):  # noqa: PT011
        born_between(born)
