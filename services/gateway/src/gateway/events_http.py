"""`POST /events`: one CloudEvent or a batch, stored durably before 202."""

from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic_core import to_json
from starlette.responses import Response

from gateway import cloudevents, documents, idempotency, intake, problems
from gateway.cloudevents import Refused, Said
from gateway.edge import CallerOf, Edge, EdgeOf
from gateway.intake import Outcome
from gateway.parties import Caller
from gateway.problems import Refusal
from shared import tracing
from shared.clock import utc_now

router = APIRouter(tags=["say"])

Respond = Callable[[Sequence[Outcome]], Response]


@router.post("/events", status_code=202, response_model=None, openapi_extra={"requestBody": documents.EVENTS})
async def post_events(
    request: Request,
    edge: EdgeOf,
    caller: CallerOf,
    idempotency_key: Annotated[str | None, Header(max_length=2_000)] = None,
) -> Response:
    """Say one event (structured or binary CloudEvent) or a batch of up to 1,000.

    Each event gets its own outcome and receipt; the same event again gets the same receipt and has no second effect.
    """
    body = await request.body()
    content_type = request.headers.get("content-type", "")
    raws = cloudevents.read(body, content_type, request.headers)
    edge.events.take(caller.party, len(raws), now=monotonic())
    now = utc_now()
    checked = [cloudevents.check(raw, place, caller, now=now) for place, raw in enumerate(raws)]
    respond = partial(_response, request, cloudevents.media_type_of(content_type) == cloudevents.BATCH)
    if idempotency_key is not None:
        whole = content_type.encode() + b"\n" + body
        return await edge.until_stored(lambda: _store_once(edge, caller, idempotency_key, whole, checked, respond))
    return respond(await _store(edge, checked))


async def _store(edge: Edge, checked: Sequence[Said | Refused]) -> list[Outcome]:
    """A lone event goes with those of other requests; so it must know by itself whose trace it continues."""
    alone = checked[0]
    if len(checked) == 1 and isinstance(alone, Said):
        alone.trace = alone.trace or tracing.current()
        return [await edge.sayings.ask(alone)]
    return await edge.store(checked)


async def _store_once(
    edge: Edge, caller: Caller, key: str, whole: bytes, checked: Sequence[Said | Refused], respond: Respond
) -> Response:
    """The first request with this key stores what it says; the others get its response."""
    async with edge.database.transaction() as tx:
        before = await idempotency.claim(tx, caller.party, key, whole)
        if before is not None:
            return before
        response = respond(await intake.accept(tx, checked, now=utc_now()))
        await idempotency.keep(tx, caller.party, key, response)
        return response


def _response(request: Request, is_batch: bool, outcomes: Sequence[Outcome]) -> Response:
    return _of_batch(outcomes) if is_batch else _of_one(outcomes[0], request.headers.get("accept-language", ""))


def _of_one(outcome: Outcome, language: str) -> Response:
    if outcome.code is not None:
        return problems.response(Refusal(outcome.code, outcome.problems), accept_language=language)
    location = {"Location": f"/receipts/{outcome.receipt_id}"}
    return Response(to_json(outcome.document()), 202, location, "application/json")


def _of_batch(outcomes: Sequence[Outcome]) -> Response:
    counts = {
        status: sum(outcome.status == status for outcome in outcomes) for status in ("accepted", "repeated", "refused")
    }
    taken = counts["accepted"] + counts["repeated"] > 0
    content = {**counts, "outcomes": [outcome.document() for outcome in outcomes]}
    return Response(to_json(content), 202 if taken else 422, media_type="application/json")
