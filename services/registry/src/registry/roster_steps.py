"""How rosters are cut into steps, and made ready one step ahead."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence

from registry.roster_answers import Slice
from registry.roster_opening import Opened

ROWS_PER_STEP = 5_000


def steps(opened: Sequence[Opened]) -> Iterator[list[Slice]]:
    """Small rosters together, large ones in parts; a dry run writes nothing and is taken whole, by itself."""
    step: list[Slice] = []
    room = ROWS_PER_STEP
    for roster in opened:
        if roster.roster.dry_run:
            yield [Slice(roster, 0, roster.size)]
            continue
        first = roster.step
        while True:
            last = min(first + room, roster.size)
            step.append(Slice(roster, first, last))
            room -= last - first
            if room == 0:
                yield step
                step, room = [], ROWS_PER_STEP
            first = last
            if last == roster.size:
                break
    if step:
        yield step


async def prepared(planned: Iterable[list[Slice]]) -> AsyncGenerator[list[Slice], None]:
    """Each step with its entries, which a thread makes while the step before it is written; close it (`aclosing`)."""
    waiting_steps = iter(planned)
    following = asyncio.create_task(_prepare(next(waiting_steps, None)))
    try:
        while (step := await following) is not None:
            following = asyncio.create_task(_prepare(next(waiting_steps, None)))
            yield step
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _prepare(step: list[Slice] | None) -> list[Slice] | None:
    if step is not None:
        await asyncio.to_thread(_make_entries, step)
    return step


def _make_entries(step: Iterable[Slice]) -> None:
    for part in step:
        part.prepare()
