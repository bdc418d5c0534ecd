"""HTTP servers inside the service's own loop, which leave its signals alone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from socket import socket
from typing import Any

import uvicorn
from fastapi.telemetry import TelemetryConfig

from shared.connections import Connection

# FastAPI's own spans and metrics would tell paths and queries; the service's span per request tells the route.
QUIET: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


class HttpServer(uvicorn.Server):
    """One uvicorn server that starts, tells its port, and ends when asked."""

    def __init__(self, app: Any, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=Connection,
                log_config=None,
                # An access log would tell paths, and paths may tell who is meant.
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=10,
            )
        )
        self._listening = asyncio.Event()

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start to listen, and say so."""
        await super().startup(sockets)
        self._listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the service's business."""
        yield

    async def bound_port(self) -> int:
        """The port it listens on, once it does."""
        await self._listening.wait()
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port
