"""Usual hours of a shift: as a roster writes them, or as its word is commonly meant."""

import re
from functools import lru_cache
from importlib.resources import files

from registry.reading import text

DAY = 1440
_NOT_WORD = re.compile(r"[\W_]+")
_HOURS = re.compile(
    r"(?<!\d)(\d{1,2})\s*(?:[:h.g]\s*(\d{2})?)\s*(?:-|–|—|den|to|~)\s*(\d{1,2})\s*(?:[:h.g]\s*(\d{2})?)?(?!\d)"
)


@lru_cache(maxsize=4096)
def read_hours(written: str) -> tuple[int, int] | None:
    """Begin and end in minutes of the day on which the shift begins; None for words that say no hours of their own."""
    bare = text.without_marks(written)
    stated = _HOURS.search(bare)
    if stated is None:
        return _conventions().get(_NOT_WORD.sub(" ", bare).strip())
    hour, minute, last_hour, last_minute = (int(part or 0) for part in stated.groups())
    if max(hour, last_hour) > 24 or max(minute, last_minute) > 59:
        return None
    start, end = (hour * 60 + minute) % DAY, last_hour * 60 + last_minute
    return start, end if end > start else end + DAY


@lru_cache(maxsize=1)
def _conventions() -> dict[str, tuple[int, int]]:
    """Words that commonly mean the same hours everywhere."""
    table = (files("registry.reading") / "data" / "shift_words.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines()[1:]]
    return {word: (int(start), int(end)) for word, start, end in rows}
