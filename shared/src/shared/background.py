"""Work that nobody's message starts: done again and again beside the messages, until the service stops."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import uniform

import structlog

from shared import faults

log = structlog.get_logger(__name__)

AFTER_FAILURE_SECONDS = 1.0


async def repeat(work: Callable[[], Awaitable[object]], stop: asyncio.Event, *, name: str, every: float) -> None:
    """Do it about every so many seconds until `stop`, and again at once where it returns True: there is more to do.

    A missing database is waited for, and a rival's transaction: what is neither's fault is raised.
    """
    while not stop.is_set():
        pause = every
        try:
            if await work() is True:
                continue
        except Exception as error:
            if faults.is_of_the_message(error):
                raise
            log.warning("work in the background tried again", work=name, error=faults.where(error))
            pause = max(every, AFTER_FAILURE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(pause * uniform(0.8, 1.2)):
                await stop.wait()
