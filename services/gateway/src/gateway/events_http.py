"""`POST /events`: one CloudEvent or a batch, stored durably before 202."""

from collections.abc import Sequence
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header, Request
from pydantic_core import to_json
from starlette.responses import Response

from gateway import cloudevents, documents, idempotency, intake, problems
from gateway.edge import CallerOf, Edge, EdgeOf, read_body
from gateway.intake import Outcome
from gateway.parties import Caller
from gateway.problems import Refusal
from gateway.retries import until_no_rival
from shared.clock import utc_now

router = APIRouter(tags=["say"])


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
    body = await read_body(request, at_most=edge.settings.events_max_bytes)
    return await until_no_rival(lambda: _store(request, edge, caller, body, idempotency_key))


async def _store(request: Request, edge: Edge, caller: Caller, body: bytes, key: str | None) -> Response:
    content_type = request.headers.get("content-type", "")
    raws = cloudevents.read(body, content_type, request.headers)
    edge.events.take(caller.party, len(raws), now=monotonic())
    now = utc_now()
    checked = [cloudevents.check(raw, place, caller, now=now) for place, raw in enumerate(raws)]
    language = request.headers.get("accept-language", "")
    is_batch = cloudevents.media_type_of(content_type) == cloudevents.BATCH
    async with edge.database.transaction() as tx:
        before = await idempotency.claim(tx, caller.party, key, content_type.encode() + b"\n" + body)
        if before is not None:
            return before
        outcomes = await intake.accept(tx, caller, checked, now=now)
        response = _of_batch(outcomes) if is_batch else _of_one(outcomes[0], language)
        await idempotency.keep(tx, caller.party, key, response)
        return response


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
