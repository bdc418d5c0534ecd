"""HEAD wherever GET is: the same answer without its body, for monitors and caches."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDLESS = "/stream"
"""What ends when the reader leaves has no length to tell."""


class Heads:
    """Asks the routes as for GET, and keeps the body back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].endswith(ENDLESS):
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, send_head)
