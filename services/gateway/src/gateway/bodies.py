"""Bodies of requests, under limits before any route reads them: of one, of one sender, of all, and of its pauses.

A framework reads JSON before it asks who is there; so these limits hold for strangers too.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.problems import Refusal
from gateway.settings import Settings

SILENT_SECONDS = 30.0
PLAIN = ("", "identity")


class Held:
    """Bytes of bodies that this process holds: of requests that come in or are worked on.

    A party has half of the room at most, and all strangers have that much together: one who sends too much at once is
    refused before the others are.
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
    """Counts the bytes of every request until it is answered; refuses what is too long, too much or too slow.

    `party_of` tells from an Authorization whose it is, as far as that is proven: made-up tokens are one stranger's.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        party_of: Callable[[str], str],
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self.settings = settings
        self.party_of = party_of
        self.silent_seconds = silent_seconds
        self.held = Held(settings)
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(self, scope, receive)
        try:
            await self._app(scope, body.receive, send)
        finally:
            body.give_back()


class _Body:
    def __init__(self, bodies: Bodies, scope: Scope, receive: Receive) -> None:
        is_file = scope["path"].startswith("/rosters")
        self._at_most = bodies.settings.roster_max_bytes if is_file else bodies.settings.events_max_bytes
        self._headers = Headers(scope=scope)
        self._bodies = bodies
        self._receive = receive
        self._sender: str | None = None
        self._size = 0
        self._is_whole = False

    async def receive(self) -> Message:
        """The next piece; behind the last one only a disconnection can come, for which long polls wait."""
        if self._is_whole:
            return await self._receive()
        if self._sender is None:
            # Not sooner: where a route checks the token before it reads, its first request counts as its party's too.
            self._sender = self._bodies.party_of(self._headers.get("authorization", ""))
            self._require_readable()
        try:
            async with asyncio.timeout(self._bodies.silent_seconds):
                message = await self._receive()
        except TimeoutError as error:
            raise Refusal("body.slow") from error
        self._is_whole = not message.get("more_body", False)
        self._count(self._sender, len(message.get("body", b"")))
        return message

    def _require_readable(self) -> None:
        if self._headers.get("content-encoding", "") not in PLAIN:
            raise Refusal("body.media-type", detail="Content-Encoding: identity")
        declared = self._headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._at_most:
            raise self._too_large()

    def _count(self, sender: str, size: int) -> None:
        self._size += size
        has_room = self._bodies.held.take(sender, size)
        if self._size > self._at_most:
            raise self._too_large()
        if not has_room:
            raise Refusal("body.busy", headers={"Retry-After": "5"})

    def _too_large(self) -> Refusal:
        return Refusal("body.too-large", detail=str(self._at_most))

    def give_back(self) -> None:
        """The request is answered: its bytes are held no more."""
        if self._sender is not None:
            self._bodies.held.give_back(self._sender, self._size)
