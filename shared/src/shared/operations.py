"""The operations port: liveness, readiness, metrics, dead letters; internal, without keys or payloads."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from shared import replaying
from shared.delivery import Delivery
from shared.replaying import Decision, NotParkedError, Result
from shared.serving import QUIET

Readiness = Callable[[], Awaitable[dict[str, bool]]]


class Act(BaseModel):
    """Who decides, and why; both are recorded."""

    who: str = Field(min_length=1, max_length=200)
    why: str = Field(min_length=3, max_length=2_000)

    @property
    def decision(self) -> Decision:
        """As the kernel records it."""
        return Decision(self.who, self.why)


class Discard(Act):
    """A discard says what becomes of the messages behind."""

    rest: Literal["release", "keep"]


def make_app(delivery: Delivery, *, ready: Readiness) -> FastAPI:
    """The app behind the operations port of one service; `ready` tells each condition of readiness by name."""
    app = FastAPI(title=f"{delivery.consumer.group}: operations", docs_url=None, redoc_url=None, telemetry=QUIET)

    @app.exception_handler(NotParkedError)
    async def not_parked(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"code": "not_parked"}, status_code=404)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz")
    async def readyz(response: Response) -> dict[str, bool]:
        conditions = await ready()
        response.status_code = 200 if all(conditions.values()) else 503
        return conditions

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(delivery.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/dead-letters")
    async def list_letters(
        state: Literal["parked", "replayed", "discarded"] = "parked",
        reason: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> list[dict[str, Any]]:
        return await replaying.list_letters(delivery.database, state=state, reason=reason, limit=limit)

    @app.get("/dead-letters/{letter}")
    async def show_letter(letter: UUID) -> dict[str, Any]:
        return await replaying.show_letter(delivery.database, letter)

    @app.post("/dead-letters/{letter}/replay")
    async def replay(letter: UUID, act: Act) -> Result:
        return await replaying.replay(delivery, letter, act.decision)

    @app.post("/dead-letters/{letter}/discard")
    async def discard(letter: UUID, act: Discard) -> Result:
        return await replaying.discard(delivery, letter, act.decision, rest=act.rest)

    return app
