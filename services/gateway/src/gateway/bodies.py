"""Bodies of requests, under limits before any route reads them: of one, of one sender, of all, and of its pauses.

A framework reads JSON before it asks who is there; so these limits hold for strangers too.
"""

import asyncio
from collections import Counter

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import Refusal
from gateway.settings import Settings

SILENT_SECONDS = 30.0
PLAIN = ("", "identity")


class Held:
    """Bytes of bodies that this process holds: of requests that come in or are worked on.

    Whoever sends with one token has half of the room at most, and all who send without any have it together: one who
    sends too much at once is refused before the others are.
    """

    def __init__(self, settings: Settings) -> None:
        self._room = settings.bodies_max_bytes
        self._share = max(self._room // 2, settings.roster_max_bytes)
        self._now = 0
        self._of: Counter[str] = Counter()

    def take(self, sender: str, size: int) -> bool:
        """Count bytes in; False where they are too many."""
        self._now += size
        self._of[sender] += size
        return self._now <= self._room and self._of[sender] <= self._share

    def give_back(self, sender: str, size: int) -> None:
        """Count out what was counted in."""
        self._now -= size
        self._of[sender] -= size
        if not self._of[sender]:
            del self._of[sender]


class Bodies:
    """Counts the bytes of every request until it is answered; refuses what is too long, too much or too slow."""

    def __init__(self, app: ASGIApp, settings: Settings, silent_seconds: float = SILENT_SECONDS) -> None:
        self._app = app
        self._settings = settings
        self._silent_seconds = silent_seconds
        self._held = Held(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, self._settings, self._held, self._silent_seconds)
        try:
            await self._app(scope, body.receive, send)
        finally:
            self._held.give_back(body.sender, body.size)


class _Body:
    def __init__(self, scope: Scope, receive: Receive, settings: Settings, held: Held, silent_seconds: float) -> None:
        is_file = scope["path"].startswith("/rosters")
        self.size = 0
        self._at_most = settings.roster_max_bytes if is_file else settings.events_max_bytes
        self._encoding = Headers(scope=scope).get("content-encoding", "")
        self.sender = Headers(scope=scope).get("authorization", "")
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
        has_room = self._held.take(self.sender, size)
        if self.size > self._at_most:
            raise Refusal("body.too-large", detail=str(self._at_most))
        if not has_room:
            raise Refusal("body.busy", headers={"Retry-After": "5"})
