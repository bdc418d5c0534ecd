"""Whose fault an exception is: a broken message's, a rival transaction's, or the world's."""

from socket import gaierror

import asyncpg
from asyncpg.exceptions import PostgresError

# Rivals: the same work succeeds when it is tried again.
_RIVAL_STATES = {"40001", "40P01", "55P03"}
# The world: class 08 connection, 53 resources, 57P0x shutdown, 25006 read-only standby, 25P03 idle in transaction.
_WORLD_CLASSES = {"08", "53"}
_WORLD_STATES = {"57P01", "57P02", "57P03", "57P05", "25006", "25P03", "25P04", "58030"}


def is_of_rivals(error: BaseException) -> bool:
    """Deadlocks, serialisation failures and lock timeouts: retried with jitter."""
    return isinstance(error, PostgresError) and error.sqlstate in _RIVAL_STATES


def is_of_the_world(error: BaseException) -> bool:
    """A missing or stopping database: waited for, never held against a message."""
    if isinstance(error, PostgresError):
        state = error.sqlstate or ""
        return state in _WORLD_STATES or state[:2] in _WORLD_CLASSES
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError) and any(word in str(error) for word in ("connection", "pool"))
    if type(error) is OSError:  # asyncio's own "several addresses refused"; a missing file is not the world
        return True
    return isinstance(error, ConnectionError | TimeoutError | gaierror | asyncpg.InternalClientError)


def is_of_the_message(error: BaseException) -> bool:
    """All else: the message, or the code that reads it, is broken."""
    return isinstance(error, Exception) and not is_of_rivals(error) and not is_of_the_world(error)


def of(error: BaseException) -> str:
    """`rivals`, `world` or `message`."""
    if is_of_rivals(error):
        return "rivals"
    return "world" if is_of_the_world(error) else "message"


def where(error: BaseException) -> str:
    """Type and the innermost line of code, without the exception's text, which may carry data."""
    trace, place = error.__traceback__, "?"
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "?")
        if not name.startswith(("asyncpg", "contextlib", "asyncio", "pydantic")):
            place = f"{name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__} at {place}"
