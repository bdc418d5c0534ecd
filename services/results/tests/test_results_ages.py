"""Full years of somebody of whose birth a part is known."""

from datetime import date

import pytest

from results import model


@pytest.mark.parametrize(
    ("day", "born", "years"),
    [
        (date(2026, 5, 31), "1996-05", 29),
        (date(2026, 6, 1), "1996-05", 30),
        (date(2026, 12, 31), "1996", 29),
        (date(2027, 1, 1), "1996", 30),
    ],
)
def test_where_a_part_of_the_birth_date_is_known_the_younger_age_counts(day: date, born: str, years: int) -> None:
    assert model.age_on(day, born) == years
