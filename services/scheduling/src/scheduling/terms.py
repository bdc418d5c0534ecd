"""The dated terms of planning, read from the package's data once at import."""

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of a plan costs; one unit is about 1,000 VND."""

    unassigned: dict[int, int]
    late_day: dict[int, int]
    travel_minute: int
    shift_minute: int
    rest_day_visit: int
    move: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Limits in force from a day on; minutes, `fasting_before` is a minute of day, the rest days."""

    valid_from: date
    max_travel_minutes: int
    fasting_before: int
    quiet_rest_minutes: int
    end_of_shift_minutes: int
    freeze_days: int
    make_up_days: int
    make_up_people: int
    make_up_urgent: int
    approval_days: int
    weights: Weights


def in_force(on: date) -> Terms:
    """The terms of a day; before the first ones, the first ones."""
    return max((terms for terms in TERMS if terms.valid_from <= on), key=lambda t: t.valid_from, default=TERMS[0])


def is_holiday(day: date) -> bool:
    """Whether no exam is held; of a year that nobody has announced yet, only the days that the law fixes are known."""
    return day in _holidays if has_holidays_of(day.year) else f"{day:%m-%d}" in _fixed


def has_holidays_of(year: int) -> bool:
    """Whether the year's lunar holidays and days in lieu are known."""
    return year in _announced


def _terms(row: dict[str, Any]) -> Terms:
    weights = row["weights"]
    by_priority = {part: {int(k): v for k, v in weights[part].items()} for part in ("unassigned", "late_day")}
    return Terms(**{**row, "weights": Weights(**{**weights, **by_priority})})


_data = tomllib.loads(files("scheduling").joinpath("terms.toml").read_text(encoding="utf-8"))
TERMS = [_terms(row) for row in _data["terms"]]
_holidays = frozenset(_data["holidays"]["days"])
_fixed = frozenset(_data["holidays"]["every_year"])
_announced = frozenset(day.year for day in _holidays)
