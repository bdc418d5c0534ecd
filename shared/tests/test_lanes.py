"""A lane takes what waits as one batch, keeps its order, and lets the poll wait when it has enough."""

import asyncio
from typing import Any

from shared.lanes import Lane
from shared.testing import PATIENCE


def parts(*numbers: int) -> Any:
    return list(numbers)


async def test_what_came_in_several_polls_is_taken_as_one_batch_in_order() -> None:
    lane = Lane(20)

    for number in range(4):
        await lane.put(parts(2 * number, 2 * number + 1))
    batch = await lane.take()

    assert batch == list(range(8))


async def test_a_batch_is_no_larger_than_it_may_be_and_the_rest_follows() -> None:
    lane = Lane(4)

    await lane.put(parts(*range(6)))
    first = await lane.take()
    await lane.done()
    second = await lane.take()

    assert (first, second) == ([0, 1, 2, 3], [4, 5])


async def test_a_poll_waits_while_half_a_batch_waits_already() -> None:
    lane = Lane(4)
    await lane.put(parts(1, 2))

    putting = asyncio.create_task(lane.put(parts(3)))
    await asyncio.sleep(0)
    before = putting.done()
    batch = await lane.take()
    await putting

    assert (before, batch, await lane.take()) == (False, [1, 2], [3])


async def test_a_lane_is_idle_once_its_batch_had_its_effect() -> None:
    lane = Lane(4)
    await lane.put(parts(1))
    await lane.take()

    waiting = asyncio.create_task(lane.until_idle())
    await asyncio.sleep(0)
    before = waiting.done(), lane.idle
    await lane.done()
    await waiting

    assert (before, lane.idle) == ((False, False), True)


async def test_batches_of_one_are_taken_one_by_one() -> None:
    lane = Lane(1)

    async with asyncio.timeout(PATIENCE):
        await lane.put(parts(1, 2))
        batches = [await lane.take(), await lane.take()]

    assert batches == [[1], [2]]
