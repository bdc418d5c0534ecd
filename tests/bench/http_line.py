"""One HTTP/1.1 connection that is kept open, as cheap as can be: what a bench spends itself, the services do not have.

A general client took more processor time for a hundred connections than the services took for what was asked.
"""

import asyncio
from json import dumps, loads
from typing import Any, Self
from urllib.parse import urlsplit

JSON = "application/json"


class HttpLine:
    """Asks one server, one question after the other."""

    def __init__(self, url: str, *, patience: float = 60.0) -> None:
        address = urlsplit(url)
        self._host, self._port, self._patience = str(address.hostname), int(address.port or 80), patience

    async def __aenter__(self) -> Self:
        """Connect; a server that does not listen yet is waited for."""
        async with asyncio.timeout(self._patience):
            while not await self._connect():  # noqa: ASYNC110 - what is waited for is another process
                await asyncio.sleep(0.2)
        return self

    async def _connect(self) -> bool:
        try:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            return False
        return True

    async def __aexit__(self, *_: object) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()

    async def ask(self, method: str, path: str, bearer: str, body: object = None, kind: str = JSON) -> Any:
        """The JSON that answers; raises where the status is no success."""
        content = b"" if body is None else dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {bearer}\r\n"
        head += f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
        self._writer.write(head.encode() + content)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        length = next(int(line.removeprefix("content-length:")) for line in lines if line.startswith("content-length:"))
        answer = await self._reader.readexactly(length)
        if lines[0].split()[1][0] != "2":
            raise AssertionError(f"{method} {path}: {lines[0]} {answer.decode()}")
        return loads(answer)
