"""What is valid by its contract and yet beyond what any service can keep; the edge refuses it, field by field."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Any

from contracts.base import Event, Record
from contracts.fields import Problem
from gateway.problems import problem

AT_MOST = 1_000_000_000
"""People, seats or units of cost: every database keeps them as a plain integer."""

FIRST, LAST = date(1900, 1, 1), date(2200, 1, 1)
"""Far enough from the calendar's own ends that every deadline reckoned from a day is a day again."""

SAID_FROM = date(2000, 1, 1)
"""No party says anything at an earlier time; a clock that was never set does."""

CLOCKS_AHEAD = timedelta(days=1)
"""Local time that is sent as UTC is hours ahead; beyond a day, nothing dated could be held against it."""

LONGEST_KEY = 200
MOST_BYTES = 800_000
"""Of one event in UTF-8; Kafka's limit lies a little above."""


def problems_of(event: Event, canonical: bytes) -> list[Problem]:
    """Numbers, days and lengths out of bounds."""
    found = [problem("field.range", at) for at in _beyond(event, "data")]
    if len(event.aggregate_id) > LONGEST_KEY:
        found.append(problem("field.length", f"data.{event.entry.key}"))
    if len(canonical) > MOST_BYTES:
        found.append(problem("field.length", "data"))
    return found


def _beyond(value: Any, at: str) -> Iterator[str]:
    if isinstance(value, (Record, dict)):
        for name, part in value.items() if isinstance(value, dict) else value:
            yield from _beyond(part, f"{at}.{name}")
    elif isinstance(value, (list, tuple)):
        for place, part in enumerate(value):
            yield from _beyond(part, f"{at}.{place}")
    elif isinstance(value, int):
        if abs(value) > AT_MOST:
            yield at
    elif isinstance(value, float):
        if not isfinite(value):  # such as 1e999; JSON has no word for it, so the next reader would see nothing
            yield at
    elif isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        if not FIRST <= day <= LAST:
            yield at
