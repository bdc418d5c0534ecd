"""Extraction of roster files in child processes with limits on memory and processor time.

A child that breaches a limit or dies takes one file with it: the file is refused, the child replaced. Children live
long, so that a small file costs milliseconds.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any

from contracts.roster_cells import ExtractedFile, RosterCells, to_chunks
from gateway.extraction.answer_file import Place
from gateway.extraction.child import LENGTH
from gateway.extraction.limits import LONGEST_WAIT_SECONDS, MAX_EXPANDED_BYTES

TOO_LARGE = "file.too_large_uncompressed"
MAX_ANSWER_BYTES = 1 << 30
KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ")
READABLE_AHEAD = 1 << 20


class BrokenChildError(Exception):
    """A child died or breached a limit; the file it worked on is lost, the next one gets a new child."""


class BusyError(Exception):
    """A child got too little of a busy machine to finish by the clock; the file may well be read later."""


class Sandbox:
    """A pool of extracting children; `async with Sandbox() as sandbox: await sandbox.extract(data, "list.xlsx")`."""

    def __init__(self, children: int = 2, longest_wait: float = LONGEST_WAIT_SECONDS) -> None:
        self._size = children
        self._longest_wait = longest_wait
        self._idle: asyncio.LifoQueue[asyncio.subprocess.Process | None] = asyncio.LifoQueue()
        self._alive: set[asyncio.subprocess.Process] = set()

    async def __aenter__(self) -> "Sandbox":
        for _ in range(self._size):
            self._idle.put_nowait(None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in list(self._alive):
            await self._end(child)

    async def extract(self, data: bytes, filename: str = "") -> ExtractedFile:
        """The cells of a file in sealed-size chunks, or the codes of its refusal; a BusyError after a minute.

        The name is never trusted: what a file is, its content says.
        """
        del filename
        if len(data) > MAX_EXPANDED_BYTES:
            return to_chunks(RosterCells(file_codes=[TOO_LARGE]))
        try:
            return await self._ask({"do": "extract"}, data)
        except BrokenChildError:
            return to_chunks(RosterCells(file_codes=[TOO_LARGE]))

    async def answer(self, data: bytes, place: Place, answers: Mapping[int, str]) -> bytes:
        """The file with a column that answers every row (`extraction.answer_file`); else one of these errors."""
        request = {"do": "answer", "sheet": place.sheet, "header_row": place.header_row, "answers": dict(answers)}
        return (await self._ask(request, data)).chunks[0]

    async def _ask(self, request: dict[str, Any], data: bytes) -> ExtractedFile:
        async with self._child() as child:
            try:
                async with asyncio.timeout(self._longest_wait):
                    return await _ask(child, request, data)
            except TimeoutError as error:
                await self._end(child)
                raise BusyError from error
            except (asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
                await self._end(child)
                raise BrokenChildError from error
            except asyncio.CancelledError:
                await self._end(child)
                raise

    @contextlib.asynccontextmanager
    async def _child(self) -> AsyncIterator[asyncio.subprocess.Process]:
        child = await self._idle.get()
        try:
            if child is None or child.returncode is not None:
                child = await _start()
                self._alive.add(child)
            yield child
        finally:
            self._idle.put_nowait(child if child in self._alive else None)

    async def _end(self, child: asyncio.subprocess.Process) -> None:
        self._alive.discard(child)
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def _start() -> asyncio.subprocess.Process:
    """A child without the parent's secrets: only what Python needs of the environment."""
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.extraction.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        limit=READABLE_AHEAD,
    )


async def _ask(child: asyncio.subprocess.Process, request: dict[str, Any], data: bytes) -> ExtractedFile:
    assert child.stdin is not None
    assert child.stdout is not None
    for piece in (json.dumps(request).encode(), data):
        child.stdin.write(LENGTH.pack(len(piece)))
        child.stdin.write(piece)
    await child.stdin.drain()
    head = json.loads(await child.stdout.readexactly(LENGTH.unpack(await child.stdout.readexactly(LENGTH.size))[0]))
    if sum(head["lengths"]) > MAX_ANSWER_BYTES:
        raise ValueError("a child answered with more than any file can hold")
    return ExtractedFile(head["facts"], [await child.stdout.readexactly(length) for length in head["lengths"]])
