"""The only place that reads the clock; everything else takes instants as arguments."""

from datetime import UTC, datetime
from itertools import count
from random import SystemRandom
from time import time_ns
from uuid import UUID

# The system's randomness: outsiders see ids, and must not guess others from them.
_random = SystemRandom()
_ticks = count(_random.getrandbits(12))


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A fresh UUID of version 7: it sorts by time, so that indexes over it grow at one end."""
    milliseconds = time_ns() // 1_000_000
    return UUID(int=milliseconds << 80 | 7 << 76 | (next(_ticks) & 0xFFF) << 64 | 2 << 62 | _random.getrandbits(62))
