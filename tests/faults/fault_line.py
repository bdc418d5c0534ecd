"""A bad line between a program and a server: slow, uneven, lossy, or open and dead."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import cast
from urllib.parse import urlsplit

from kernel_children import Proxy


@dataclass
class Weather:
    """What becomes of data on the line; may change while it is in use."""

    latency: float = 0.0
    """Seconds, each way."""
    jitter: float = 0.0
    """Up to so much more."""
    loss: float = 0.0
    """How often a packet is lost: on TCP, a wait of 200 ms or more for what comes behind it as well."""
    dead: bool = False
    """Nothing passes, nothing is closed: the other side went without a word."""
    random: Random = field(default_factory=lambda: Random(3))

    def delay(self) -> float:
        """For one packet."""
        lost = 0.2 * 2 ** self.random.randint(0, 2) if self.random.random() < self.loss else 0.0
        return self.latency + self.random.uniform(0, self.jitter) + lost


class Line(Proxy):
    """A proxy whose data passes through the weather, in order."""

    def __init__(self, host: str, port: int, *, of_kafka: bool) -> None:
        super().__init__(host, port, of_kafka=of_kafka)
        self.weather = Weather()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._pass(reader, writer)

    async def _copy_unless_muted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._pass(reader, writer, back=True)

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await super()._answers(reader, cast("asyncio.StreamWriter", Delayed(self, writer, back=True)))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, back: bool = False) -> None:
        delayed = Delayed(self, writer, back=back)
        while data := await reader.read(65_536):
            delayed.write(data)
            await delayed.drain()
        raise ConnectionResetError


class Delayed:
    """A writer that passes on later, without holding up whoever writes."""

    def __init__(self, line: Line, writer: asyncio.StreamWriter, *, back: bool) -> None:
        # The weather of the day it was opened: a dead connection stays dead.
        self._weather = line.weather
        self._line, self._back = line, back
        self._writer = writer
        self._due: deque[tuple[float, bytes]] = deque()
        self._last = 0.0
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Let it arrive in its time, behind what was written before."""
        if self._weather.dead or (self._back and self._line._muted):
            return
        self._last = max(self._last, self._loop.time() + self._weather.delay())
        self._due.append((self._last, bytes(data)))
        self._loop.call_at(self._last, self._arrive)

    async def drain(self) -> None:
        """As the real one."""
        await self._writer.drain()

    def _arrive(self) -> None:
        _, data = self._due.popleft()
        if not self._weather.dead and not self._writer.transport.is_closing():
            self._writer.write(data)


@asynccontextmanager
async def line_to_database(url: str) -> AsyncIterator[tuple[Line, str]]:
    """A line to PostgreSQL, and the URL that leads over it."""
    parts = urlsplit(url)
    async with _laid(Line(parts.hostname or "", parts.port or 5432, of_kafka=False)) as line:
        yield line, parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{line.own_port}").geturl()


@asynccontextmanager
async def line_to_kafka(bootstrap: str) -> AsyncIterator[tuple[Line, str]]:
    """A line to the broker, and its address."""
    host, _, port = bootstrap.partition(":")
    async with _laid(Line(host, int(port), of_kafka=True)) as line:
        yield line, f"127.0.0.1:{line.own_port}"


@asynccontextmanager
async def _laid(line: Line) -> AsyncIterator[Line]:
    await line.mend()
    try:
        yield line
    finally:
        await line.cut()
