"""How long a request waits for the database: a server that is frozen answers nothing, and hangs up on nobody."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from asyncpg import Pool, Record

T = TypeVar("T")

_given_up: set[asyncio.Task[Any]] = set()


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What work comes to; TimeoutError after so long, and then work is cancelled, and ends when it can.

    A transaction that is cancelled first asks the server to roll back, which would be the next thing to wait for.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait([task], timeout=seconds)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        if not task.done():
            _give_up(task)


def _give_up(task: asyncio.Task[Any]) -> None:
    _given_up.add(task)
    task.add_done_callback(_forget)
    task.cancel()


def _forget(task: asyncio.Task[Any]) -> None:
    _given_up.discard(task)
    if not task.cancelled():
        # It is nobody's any more; whoever waited was told that the database does not answer.
        task.exception()


class PatientReader:
    """Single reads, each of which is waited for so long."""

    def __init__(self, pool: Pool, seconds: float) -> None:
        self._pool = pool
        self._seconds = seconds

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        """All rows of a query."""
        return await within(self._seconds, self._pool.fetch(query, *args))

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        """The first row of a query, or None."""
        return await within(self._seconds, self._pool.fetchrow(query, *args))

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first value of the first row, or None."""
        return await within(self._seconds, self._pool.fetchval(query, *args))
