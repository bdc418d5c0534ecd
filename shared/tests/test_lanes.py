"""What waits is taken as one batch, or beside others where it is much; order is kept, and the poll waits for room."""

import asyncio
from types import SimpleNamespace
from typing import Any

from shared.lanes import LONG_SECONDS, Lanes, Taken
from shared.testing import PATIENCE


def arrivals(*numbers: int, partition: int = 0) -> Any:
    return [SimpleNamespace(number=number, arrival=SimpleNamespace(partition=partition)) for number in numbers]


def numbers(taken: Taken) -> list[int]:
    return [item.number for item in taken.decoded]  # type: ignore[union-attr]


async def is_begun(lanes: Lanes) -> bool:
    """Whether a batch is begun before the lanes had to wait for anything."""
    taking = asyncio.create_task(lanes.take())
    for _ in range(3):
        await asyncio.sleep(0)
    begun = taking.done()
    taking.cancel()
    return begun


async def test_what_came_in_several_polls_is_taken_as_one_batch_in_order() -> None:
    lanes = Lanes(1, 20)

    for number in range(4):
        await lanes.put(arrivals(2 * number, 2 * number + 1))
    batch = await lanes.take()

    assert numbers(batch) == list(range(8))


async def test_little_of_several_partitions_goes_together() -> None:
    lanes = Lanes(3, 300)

    await lanes.put(arrivals(1, 2, partition=4) + arrivals(3, partition=0) + arrivals(4, partition=2))
    batch = await lanes.take()

    assert sorted(numbers(batch)) == [1, 2, 3, 4]


async def test_little_waits_for_the_batch_under_way_whatever_its_partition() -> None:
    lanes = Lanes(3, 300)
    await lanes.put(arrivals(1))
    first = await lanes.take()
    await lanes.put(arrivals(2, partition=1))

    before = await is_begun(lanes)
    await lanes.done(first)

    assert (before, numbers(await lanes.take())) == (False, [2])


async def test_much_is_begun_beside_the_batch_under_way() -> None:
    lanes = Lanes(3, 30)
    await lanes.put(arrivals(1))
    await lanes.take()

    await lanes.put(arrivals(*range(10), partition=1))

    assert await is_begun(lanes)


async def test_much_of_several_partitions_goes_apart() -> None:
    lanes = Lanes(3, 30)

    await lanes.put(arrivals(*range(10)) + arrivals(*range(10, 20), partition=1))
    batches = [numbers(await lanes.take()), numbers(await lanes.take())]

    assert batches == [list(range(10)), list(range(10, 20))]


async def test_nothing_of_a_partition_is_begun_beside_its_own_batch_however_much_it_is() -> None:
    lanes = Lanes(3, 300)
    await lanes.put(arrivals(1))
    await lanes.take()

    await lanes.put(arrivals(*range(100), partition=3))

    assert not await is_begun(lanes)


async def test_little_waits_no_longer_than_long_for_a_slow_batch() -> None:
    lanes = Lanes(3, 300)
    await lanes.put(arrivals(1))
    await lanes.take()
    await lanes.put(arrivals(2, partition=1))

    async with asyncio.timeout(LONG_SECONDS + PATIENCE):
        beside = await lanes.take()

    assert numbers(beside) == [2]


async def test_a_batch_is_no_larger_than_it_may_be_and_the_rest_follows() -> None:
    lanes = Lanes(1, 4)

    await lanes.put(arrivals(*range(6)))
    first = await lanes.take()
    await lanes.done(first)
    second = await lanes.take()

    assert (numbers(first), numbers(second)) == ([0, 1, 2, 3], [4, 5])


async def test_what_goes_together_is_no_larger_than_a_batch_may_be() -> None:
    lanes = Lanes(3, 6)

    for partition in range(3):
        await lanes.put(arrivals(1, 2, 3, 4, 5, partition=partition))
    batch = await lanes.take()

    assert numbers(batch) == [1, 2, 3, 4, 5]


async def test_a_poll_waits_while_half_a_batch_waits_already() -> None:
    lanes = Lanes(1, 4)
    await lanes.put(arrivals(1, 2))

    putting = asyncio.create_task(lanes.put(arrivals(3)))
    await asyncio.sleep(0)
    before = putting.done()
    first = await lanes.take()
    await putting
    await lanes.done(first)

    assert (before, numbers(first), numbers(await lanes.take())) == (False, [1, 2], [3])


async def test_lanes_are_idle_once_their_batches_had_their_effect() -> None:
    lanes = Lanes(3, 4)
    await lanes.put(arrivals(1))
    taken = await lanes.take()

    waiting = asyncio.create_task(lanes.until_idle())
    await asyncio.sleep(0)
    before = waiting.done(), lanes.idle
    await lanes.done(taken)
    await waiting

    assert (before, lanes.idle) == ((False, False), True)


async def test_batches_of_one_are_taken_one_by_one() -> None:
    lanes = Lanes(1, 1)

    async with asyncio.timeout(PATIENCE):
        await lanes.put(arrivals(1, 2))
        first = await lanes.take()
        await lanes.done(first)
        batches = [numbers(first), numbers(await lanes.take())]

    assert batches == [[1], [2]]
