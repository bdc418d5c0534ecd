"""Finding the poison in a batch: halves are tried in order until what fails is alone."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from shared import faults
from shared.consuming import Message

Messages = Sequence[Message[Any]]


async def bisect(
    messages: Messages,
    run: Callable[[Messages], Awaitable[None]],
    park: Callable[[Message[Any], Exception], Awaitable[None]],
    unblocked: Callable[[Messages], Awaitable[Messages]],
) -> None:
    """Run messages in order, in parts that leave nothing behind when they fail; `park` those that fail alone.

    `unblocked` takes out of a part the messages whose key was parked meanwhile. Faults of rivals and of the world
    pass through: the whole transaction is tried again.
    """
    parts = [messages]
    while parts:
        part = await unblocked(parts.pop())
        if not part:
            continue
        try:
            await run(part)
        except Exception as error:
            if not faults.is_of_the_message(error):
                raise
            if len(part) == 1:
                await park(part[0], error)
            else:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
