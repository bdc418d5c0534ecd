"""The only place that reads the clock; everything else takes instants as arguments."""

from datetime import UTC, datetime
from itertools import count
from os import getpid, urandom
from time import time_ns
from uuid import UUID

_ticks = count(int.from_bytes(urandom(2), "big"))


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A fresh UUID of version 7: it sorts by time, so that indexes over it grow at one end."""
    milliseconds = time_ns() // 1_000_000
    tail = int.from_bytes(urandom(7), "big")
    head = (milliseconds & (1 << 48) - 1) << 80 | 7 << 76 | (next(_ticks) + getpid() & 0xFFF) << 64
    return UUID(int=head | 2 << 62 | tail)
