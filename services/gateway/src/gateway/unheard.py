"""Fields that a party sent and no contract has: they take no effect, so the sender is told their names."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from contracts.base import Record

AT_MOST = 20


def fields_of(event: Record, raw: Any) -> list[str]:
    """The first of them, by where they stand (`data.parant_id`)."""
    return list(islice(_unheard(event, raw, "data"), AT_MOST))


def _unheard(heard: Any, raw: Any, at: str) -> Iterator[str]:
    if isinstance(heard, Record) and isinstance(raw, dict):
        known = type(heard).model_fields
        yield from (f"{at}.{name}" for name in raw if name not in known)
        for name in known:
            yield from _unheard(getattr(heard, name), raw.get(name), f"{at}.{name}")
    elif isinstance(heard, list) and isinstance(raw, list):
        for place, (part, sent) in enumerate(zip(heard, raw, strict=False)):
            yield from _unheard(part, sent, f"{at}.{place}")
