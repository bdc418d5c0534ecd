"""Trying a request again when a rival transaction had the better of it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from shared import faults

T = TypeVar("T")


async def until_no_rival(work: Callable[[], Awaitable[T]]) -> T:
    """Run work that opens its own transaction; after a deadlock or the like, again, at most five times."""
    async for attempt in stamina.retry_context(on=faults.is_of_rivals, attempts=5, wait_initial=0.01, wait_max=0.5):
        with attempt:
            result = await work()
    return result
