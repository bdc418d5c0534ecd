"""Bodies of requests, under limits before any route reads them: how long one may be, how much all are, and its pauses.

A framework reads JSON before it asks who is there; so these limits hold for strangers too.
"""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import Refusal
from gateway.settings import Settings

SILENT_SECONDS = 30.0
PLAIN = ("", "identity")


@dataclass(slots=True)
class Held:
    """Bytes of bodies that this process holds: of requests that come in or are worked on."""

    now: int = 0


class Bodies:
    """Counts the bytes of every request until it is answered; refuses what is too long, too much or too slow."""

    def __init__(self, app: ASGIApp, settings: Settings, silent_seconds: float = SILENT_SECONDS) -> None:
        self._app = app
        self._settings = settings
        self._silent_seconds = silent_seconds
        self._held = Held()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, self._settings, self._held, self._silent_seconds)
        try:
            await self._app(scope, body.receive, send)
        finally:
            self._held.now -= body.size


class _Body:
    def __init__(self, scope: Scope, receive: Receive, settings: Settings, held: Held, silent_seconds: float) -> None:
        is_file = scope["path"].startswith("/rosters")
        self.size = 0
        self._at_most = settings.roster_max_bytes if is_file else settings.events_max_bytes
        self._at_most_of_all = settings.bodies_max_bytes
        self._encoding = Headers(scope=scope).get("content-encoding", "")
        self._receive = receive
        self._held = held
        self._silent_seconds = silent_seconds
        self._is_whole = False

    async def receive(self) -> Message:
        """The next piece; behind the last one only a disconnection can come, for which long polls wait."""
        if self._is_whole:
            return await self._receive()
        if self._encoding not in PLAIN:
            raise Refusal("body.media-type", detail="Content-Encoding: identity")
        try:
            async with asyncio.timeout(self._silent_seconds):
                message = await self._receive()
        except TimeoutError as error:
            raise Refusal("body.slow") from error
        self._is_whole = not message.get("more_body", False)
        self._count(len(message.get("body", b"")))
        return message

    def _count(self, size: int) -> None:
        self.size += size
        self._held.now += size
        if self.size > self._at_most:
            raise Refusal("body.too-large", detail=str(self._at_most))
        if self._held.now > self._at_most_of_all:
            raise Refusal("body.busy", headers={"Retry-After": "5"})
