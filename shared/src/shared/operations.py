"""The operations port: liveness, readiness, metrics, dead letters; internal, without keys or payloads."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import AwareDatetime, BaseModel, Field, model_validator
from pydantic_core import to_json

from shared import letters, replaying
from shared.delivery import Delivery
from shared.letters import NotParkedError, Search
from shared.replaying import Decision, NotFirstError, Result
from shared.serving import QUIET

# PostgreSQL has no text with a NUL in it.
Text = Annotated[str, Field(pattern=r"^[^\x00]{1,500}$")]
Readiness = Callable[[], Awaitable[dict[str, bool]]]

PROBLEMS: dict[str, tuple[int, str, str]] = {
    "dead-letter.not-parked": (
        404,
        "Không có bản tin bị giữ nào như vậy, hoặc đã được quyết định rồi.",
        "There is no such parked message, or it was decided upon already.",
    ),
    "dead-letter.not-first": (
        409,
        "Trước bản tin này còn bản tin khác cùng khoá: hãy quyết định bản tin đầu tiên trước.",
        "Other messages of the same key stand before this one: decide about the first of them first.",
    ),
    "request.invalid": (
        422,
        "Yêu cầu thiếu hoặc sai các trường được nêu.",
        "The request lacks the fields named, or they are wrong.",
    ),
}


class Act(BaseModel):
    """Who decides, and why; both are recorded."""

    who: str = Field(pattern=r"^[^\x00]{1,200}$")
    why: str = Field(pattern=r"^[^\x00]{3,2000}$")

    @property
    def decision(self) -> Decision:
        """As the kernel records it."""
        return Decision(self.who, self.why)


class Replay(Act):
    """A replay of a key up to its end, or (`keep`) of its first letter alone."""

    rest: Literal["release", "keep"] = "release"


class Discard(Act):
    """A discard says what becomes of the messages behind."""

    rest: Literal["release", "keep"]


class ReplayFound(Act):
    """A replay of all that a search finds, which must be narrowed by something; `per_second` are records."""

    reason: Text | None = None
    type: Text | None = None
    key: Text | None = None
    topic: Text | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    per_second: float = Field(10, gt=0, le=1_000)

    @model_validator(mode="after")
    def _narrowed(self) -> "ReplayFound":
        if not any((self.reason, self.type, self.key, self.topic, self.since, self.until)):
            raise ValueError("at least one of reason, type, key, topic, since, until")
        return self

    @property
    def search(self) -> Search:
        """What to look for among the parked."""
        return Search("parked", self.reason, self.type, self.key, self.topic, self.since, self.until)


def make_app(delivery: Delivery, *, ready: Readiness) -> FastAPI:
    """The app behind the operations port of one service; `ready` tells each condition of readiness by name."""
    app = FastAPI(title=f"{delivery.consumer.group}: operations", docs_url=None, redoc_url=None, telemetry=QUIET)

    for error, code in (
        (NotParkedError, "dead-letter.not-parked"),
        (NotFirstError, "dead-letter.not-first"),
        (RequestValidationError, "request.invalid"),
    ):
        app.add_exception_handler(error, _problem(code))

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

    _add_dead_letters(app, delivery)
    return app


def _problem(code: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    """The answer to an error: a stable code, and a sentence in both languages; fields by name, never their values."""
    status, vi, en = PROBLEMS[code]

    async def answer(_request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else ()
        fields = [".".join(map(str, item["loc"][1:])) or item["msg"] for item in found]
        return JSONResponse(
            {"code": code, "vi": vi, "en": en, **({"fields": fields} if fields else {})}, status_code=status
        )

    return answer


def _add_dead_letters(app: FastAPI, delivery: Delivery) -> None:
    @app.get("/dead-letters")
    async def list_letters(
        state: Literal["parked", "replayed", "discarded"] = "parked",
        reason: Text | None = None,
        type: Text | None = None,  # noqa: A002 - the parameter's name in the address
        key: Text | None = None,
        topic: Text | None = None,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> list[dict[str, Any]]:
        wanted = Search(state, reason, type, key, topic, since, until)
        return await letters.search(delivery.database, wanted, after=after, limit=limit)

    @app.get("/dead-letters/{letter}")
    async def show_letter(letter: UUID) -> dict[str, Any]:
        return await letters.show(delivery.database, delivery.consumer, letter)

    @app.post("/dead-letters/replay")
    async def replay_found(act: ReplayFound) -> StreamingResponse:
        return StreamingResponse(_lines(delivery, act), media_type="application/x-ndjson")

    @app.post("/dead-letters/{letter}/replay")
    async def replay(letter: UUID, act: Replay) -> Result:
        return await replaying.replay(delivery, letter, act.decision, rest=act.rest)

    @app.post("/dead-letters/{letter}/discard")
    async def discard(letter: UUID, act: Discard) -> Result:
        return await replaying.discard(delivery, letter, act.decision, rest=act.rest)


async def _lines(delivery: Delivery, act: ReplayFound) -> AsyncIterator[bytes]:
    """One line of JSON per key as it is done; whoever hangs up stops it between two keys."""
    async for letter, result in replaying.replay_found(delivery, act.search, act.decision, per_second=act.per_second):
        yield (
            to_json({"letter": letter, "replayed": result.replayed, "failed": result.failed, "error": result.error})
            + b"\n"
        )
