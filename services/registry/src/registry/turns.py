"""Long work of the event loop itself, in turns: meanwhile the database goes on with what it was given."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")
S = TypeVar("S")

AT_ONCE = 200
"""Some milliseconds of work."""


async def made(make: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """`make` of every item; now and then the loop has its turn."""
    results: list[R] = []
    for number, item in enumerate(items, start=1):
        results.append(make(item))
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return results


async def beside(statements: Awaitable[S], making: Awaitable[R]) -> tuple[S, R]:
    """Statements and what is made while they run; raises what failed once both have ended: a connection has one use."""
    answered, result = await asyncio.gather(statements, making, return_exceptions=True)
    if isinstance(answered, BaseException):
        raise answered
    if isinstance(result, BaseException):
        raise result
    return answered, result
