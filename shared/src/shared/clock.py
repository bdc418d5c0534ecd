"""The only place that reads the clock; everything else takes instants as arguments."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from struct import iter_unpack
from threading import local
from time import time_ns
from uuid import UUID


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def instant_text() -> str:
    """The present instant as envelopes say it: RFC 3339, milliseconds, Z."""
    return _text_of(time_ns() // 1_000_000)


def new_id() -> UUID:
    """A fresh UUID of version 7: it sorts by time, so that indexes over it grow at one end."""
    return UUID(int=_new_number())


def new_id_text() -> str:
    """The same as text, which is all that an envelope needs."""
    digits = f"{_new_number():032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _new_number() -> int:
    """48 bits of time, the version, twelve that count, the variant, 62 of chance."""
    time, tick = time_ns() // 1_000_000 << 80, (next(_randomness.ticks) & 0xFFF) << 64
    return time | 7 << 76 | tick | 2 << 62 | next(_randomness.numbers) >> 2


# One second of a thousand events asks a thousand times for the same few texts.
@lru_cache(maxsize=16)
def _text_of(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Randomness(local):
    """The system's, many numbers at a time, for each thread its own: outsiders see ids, and must not guess others."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Draw anew: a forked child must not repeat its parent's ids."""
        self.numbers = self._draw()
        self.ticks = count(next(self.numbers) & 0xFFF)

    def _draw(self) -> Iterator[int]:
        while True:
            for (number,) in iter_unpack(">Q", os.urandom(8_192)):
                yield number


_randomness = _Randomness()
os.register_at_fork(after_in_child=_randomness.begin)
