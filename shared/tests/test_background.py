"""What is done beside the messages waits for a missing database, and for nothing else."""

import asyncio

import pytest

from shared import background
from shared.testing import PATIENCE

HOUR = 3_600.0


async def test_work_is_tried_again_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "AFTER_FAILURE_SECONDS", 0.0)
    stop, tries = asyncio.Event(), 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise ConnectionRefusedError
        stop.set()

    async with asyncio.timeout(PATIENCE):
        await background.repeat(work, stop, name="work", every=0.0)

    assert tries == 3


async def test_work_that_is_broken_ends() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await background.repeat(work, asyncio.Event(), name="work", every=HOUR)


async def test_more_to_do_is_done_at_once_and_a_stop_is_heard_in_the_pause() -> None:
    stop, left = asyncio.Event(), [True, True, False]

    async def work() -> bool:
        more = left.pop(0)
        if not more:
            asyncio.get_running_loop().call_soon(stop.set)
        return more

    async with asyncio.timeout(PATIENCE):
        await background.repeat(work, stop, name="work", every=HOUR)

    assert left == []
