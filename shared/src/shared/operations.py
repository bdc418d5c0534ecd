"""The operations port: liveness, readiness, metrics, dead letters; internal, without keys or payloads."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Response

from shared.metrics import Metrics

Readiness = Callable[[], Awaitable[dict[str, bool]]]


def make_app(service: str, *, ready: Readiness, metrics: Metrics) -> FastAPI:
    """The app behind the operations port; `ready` tells each condition by name."""
    app = FastAPI(title=f"{service}: operations", docs_url=None, redoc_url=None)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, bool]:
        conditions = await ready()
        response.status_code = 200 if all(conditions.values()) else 503
        return conditions

    @app.get("/metrics")
    async def text() -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return app
