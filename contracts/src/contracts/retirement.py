"""Retirement age under normal conditions, from which on a worker counts as elderly.

Source: Nghị định 135/2020/NĐ-CP, điều 4; Bộ luật Lao động 45/2019/QH14, điều 148 and 169.
"""

from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

LEGAL_SOURCE = "NĐ 135/2020/NĐ-CP art 4; BLLĐ 45/2019 art 148, 169"


class Schedule(NamedTuple):
    """Ages in months: before 2021, in 2021, the yearly step and the cap."""

    before: int
    start: int
    step: int
    cap: int


FIRST_YEAR = 2021
SCHEDULES: dict[str, Schedule] = {
    "male": Schedule(before=60 * 12, start=60 * 12 + 3, step=3, cap=62 * 12),
    "female": Schedule(before=55 * 12, start=55 * 12 + 4, step=4, cap=60 * 12),
}


def retirement_age(sex: Literal["male", "female"], year: int) -> int:
    """The age in months that applies to those who reach it in `year`."""
    schedule = SCHEDULES[sex]
    if year < FIRST_YEAR:
        return schedule.before
    return min(schedule.start + schedule.step * (year - FIRST_YEAR), schedule.cap)


@lru_cache(maxsize=4096)
def elderly_from(sex: Literal["male", "female"], birth_date: date) -> date:
    """The first day on which a worker is elderly: the first of the month after the birthday month at retirement age."""
    born = birth_date.year * 12 + birth_date.month - 1
    before = born + retirement_age(sex, FIRST_YEAR - 1)
    if before // 12 < FIRST_YEAR:
        return _month(before + 1)
    year = FIRST_YEAR
    while (born + retirement_age(sex, year)) // 12 > year:
        year += 1
    return _month(born + retirement_age(sex, year) + 1)


def is_elderly(sex: str | None, birth_date: date, on: date) -> bool:
    """Whether a worker is past the retirement age on a day; an unknown sex is never elderly."""
    if sex == "male" or sex == "female":
        return on >= elderly_from(sex, birth_date)
    return False


def _month(months: int) -> date:
    return date(months // 12, months % 12 + 1, 1)
