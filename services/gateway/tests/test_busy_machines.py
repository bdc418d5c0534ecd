"""A file is judged by what reading it costs, and never by what else its machine has to do."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from gateway.extraction.limits import MAX_SECONDS
from gateway.sandbox import BusyError, Sandbox

FILE = "Họ tên;Ngày sinh;CCCD\nAn;1990;\n".encode()
ENDLESS = """
from gateway.extraction.child import _allow_seconds
_allow_seconds(1)
while True:
    pass
"""


@contextmanager
def halted(sandbox: Sandbox) -> Iterator[int]:
    """The only child, which gets nothing of the processor meanwhile."""
    (child,) = sandbox._alive
    os.kill(child.pid, signal.SIGSTOP)
    try:
        yield child.pid
    finally:
        if child.returncode is None:
            os.kill(child.pid, signal.SIGCONT)


async def test_a_machine_too_busy_to_read_a_file_does_not_blame_it() -> None:
    async with Sandbox(children=1) as sandbox:
        await sandbox.extract(FILE)
        sandbox._longest_wait = 0.1
        with halted(sandbox), pytest.raises(BusyError):
            await sandbox.extract(FILE)
        sandbox._longest_wait = 60
        later = await sandbox.extract(FILE)

    assert later.readable


@pytest.mark.slow
async def test_a_file_that_waits_longer_than_it_may_compute_is_read_all_the_same() -> None:
    async with Sandbox(children=1) as sandbox:
        await sandbox.extract(FILE)
        with halted(sandbox):
            asked = asyncio.create_task(sandbox.extract(FILE))
            early, _ = await asyncio.wait([asked], timeout=MAX_SECONDS + 0.5)
        read = await asked

    assert early == set()
    assert read.readable


def test_a_file_that_computes_longer_than_any_may_ends_its_child() -> None:
    child = subprocess.run([sys.executable, "-c", ENDLESS], check=False, timeout=60)

    assert child.returncode == -signal.SIGXCPU
