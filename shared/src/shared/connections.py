"""Connections to our HTTP servers until a request's head is whole: so long it may be, and so long it may take.

Applications set their limits where a head ends; before that a stranger could make a process hold headers without end,
or take every connection that it may have and say nothing.
"""

import asyncio
import resource
from typing import Any

from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES = 65_536
HEAD_SECONDS = 15.0
MOST_CONNECTIONS = 10_240  # what macOS grants as well

UNREADABLE = (400, "request.unreadable", "Không đọc được yêu cầu HTTP", "The HTTP request cannot be read")
HEAD_TOO_LONG = (431, "request.head-too-long", "Phần đầu của yêu cầu quá dài", "The head of the request is too long")


def allow_many() -> None:
    """Let this process have more connections than the 1,024 files that who does not ask is given."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS if most == resource.RLIM_INFINITY else min(most, MOST_CONNECTIONS)
    if 0 <= least < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


class Connection(HttpToolsProtocol):
    """One connection, refused when a head grows too long and closed when one stays away for too long."""

    head_seconds = HEAD_SECONDS

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._unheard = 0  # bytes since the last head, piece of a body or end of a request
        self._silence: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there, and has to say what for."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes: of a head, of a body, or of what stands between them."""
        self._unheard += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._unheard > HEAD_BYTES:
            self._refuse(*HEAD_TOO_LONG)
        elif self.cycle is not None and self.cycle.response_complete:
            self._await_head()

    def on_headers_complete(self) -> None:
        """A head is whole; from here on the application has its own limits."""
        self._unheard = 0
        self._head_is_here()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._unheard = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._unheard = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the framework's words are English only
        """What is no HTTP is refused in both languages too."""
        self._refuse(*UNREADABLE)

    def _refuse(self, status: int, code: str, vi: str, en: str) -> None:
        body = to_json({"code": code, "status": status, "title": vi, "title_vi": vi, "title_en": en})
        head = b"content-type: application/problem+json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(STATUS_LINE[status] + head + body)
        self.transport.close()

    def _await_head(self) -> None:
        if self._silence is None:
            self._silence = self.loop.call_later(self.head_seconds, self.timeout_keep_alive_handler)

    def _head_is_here(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None
