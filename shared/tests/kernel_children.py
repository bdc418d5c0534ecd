"""Child processes and a TCP proxy: the means of doing harm on purpose."""

import asyncio
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shared.settings import Settings
from shared.testing import PATIENCE

PROGRAM = Path(__file__).with_name("kernel_process.py")


class Child:
    """The shop in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def send(self, number: signal.Signals) -> None:
        """SIGSTOP freezes it, SIGCONT thaws it, SIGTERM asks it to drain, SIGKILL cuts its power."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def ended(self, seconds: float = PATIENCE) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        async with asyncio.timeout(seconds):
            return await self.process.wait()

    async def struck(self) -> None:
        """Wait until a failpoint has killed or frozen it."""
        status = f"/proc/{self.process.pid}/stat"
        while self.process.returncode is None:
            with open(status) as file:  # noqa: ASYNC230, PTH123
                if file.read().rpartition(")")[2].split()[0] in "TZ":
                    return
            await asyncio.sleep(0.1)

    async def frozen(self, seconds: float = PATIENCE) -> None:
        """Wait until it has stopped itself."""
        async with asyncio.timeout(seconds):
            _, status = await asyncio.to_thread(os.waitpid, self.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)


@asynccontextmanager
async def child(settings: Settings, **environment: Any) -> AsyncIterator[Child]:
    """Start the shop; killed at the end of the block if it still runs."""
    told = {name.upper(): str(value) for name, value in settings.model_dump().items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), env={**os.environ, **told, **environment}, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield Child(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGCONT)
            process.kill()
            await process.wait()


class Proxy:
    """A TCP proxy in front of a server; `cut` breaks every connection and refuses new ones until `mend`.

    For Kafka it also puts its own port where the broker tells clients to go.
    """

    def __init__(self, host: str, port: int, *, of_kafka: bool) -> None:
        self.host, self.port = host, port
        self.own_port = 0
        self._of_kafka = of_kafka
        self._muted = False
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def mend(self) -> None:
        """Accept connections (again), always on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.own_port)
        self.own_port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break all connections and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._muted = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            server_reader, server_writer = await asyncio.open_connection(self.host, self.port)
            self._writers.add(server_writer)
            back = self._answers if self._of_kafka else self._copy_unless_muted
            try:
                await asyncio.gather(self._copy(reader, server_writer), back(server_reader, writer))
            finally:
                self._writers.discard(server_writer)
                server_writer.transport.abort()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.transport.abort()

    def mute(self) -> None:
        """Swallow the server's answers, until the connections are cut."""
        self._muted = True

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    async def _copy_unless_muted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if not self._muted:
                writer.write(data)
                await writer.drain()
        raise ConnectionResetError

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs = self.host.encode() + struct.pack(">i", self.port)
        ours = self.host.encode() + struct.pack(">i", self.own_port)
        while True:
            size = await reader.readexactly(4)
            frame = await reader.readexactly(struct.unpack(">i", size)[0])
            writer.write(size + frame.replace(theirs, ours))
            await writer.drain()


@asynccontextmanager
async def proxy_of_database(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy in front of PostgreSQL, and the URL that leads through it."""
    parts = urlsplit(url)
    proxy = Proxy(parts.hostname or "", parts.port or 5432, of_kafka=False)
    await proxy.mend()
    try:
        yield proxy, parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{proxy.own_port}").geturl()
    finally:
        await proxy.cut()


@asynccontextmanager
async def proxy_of_kafka(bootstrap: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy in front of the broker, and its bootstrap address."""
    host, _, port = bootstrap.partition(":")
    proxy = Proxy(host, int(port), of_kafka=True)
    await proxy.mend()
    try:
        yield proxy, f"127.0.0.1:{proxy.own_port}"
    finally:
        await proxy.cut()
