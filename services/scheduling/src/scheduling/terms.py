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


def _terms(row: dict[str, Any]) -> Terms:
    weights = row["weights"]
    by_priority = {part: {int(k): v for k, v in weights[part].items()} for part in ("unassigned", "late_day")}
    return Terms(**{**row, "weights": Weights(**{**weights, **by_priority})})


_data = tomllib.loads(files("scheduling").joinpath("terms.toml").read_text(encoding="utf-8"))
TERMS = [_terms(row) for row in _data["terms"]]
HOLIDAYS = frozenset(_data["holidays"]["days"])
