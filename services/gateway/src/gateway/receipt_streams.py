"""How far a receipt is, told as it moves: server-sent events beside polling, of the same numbers."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from gateway import receipts
from gateway.edge import CallerOf, Edge, EdgeOf
from gateway.problems import Refusal
from gateway.receipts_http import read, state_of
from gateway.views.senders import Receipt

router = APIRouter(tags=["receipts"])

# What a connection may cost: a read in each half second at most, for a quarter of an hour; a reader comes back by
# itself. All connections have the same half seconds, so that one read serves all who watch.
PAUSE_SECONDS = 0.5
LONGEST_SECONDS = 900.0
EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `receipt`, each the document of `GET /receipts/{receipt_id}`; ends with its final state",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "Nothing follows what `Last-Event-ID` names: the reader need not come back"},
}


@router.get("/receipts/{receipt_id}/stream", response_model=None, response_class=Response, responses=EVENTS)
async def stream_receipt(
    receipt_id: UUID, edge: EdgeOf, caller: CallerOf, last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """The receipt as server-sent events, whenever its state or its roster's progress has moved; goes on behind
    `Last-Event-ID` and ends with its final state, or after 15 minutes."""
    await state_of(edge, caller, receipt_id)
    receipt = await read(edge, receipt_id)
    if receipt.state not in receipts.OPEN_STATES and last_event_id == _place(receipt):
        return Response(status_code=204)
    return EventSourceResponse(_stream(edge, receipt_id, last_event_id), ping=15)


async def _stream(edge: Edge, receipt_id: UUID, seen: str | None) -> AsyncIterator[ServerSentEvent]:
    until = monotonic() + LONGEST_SECONDS
    while monotonic() < until:
        upcoming = edge.wakeups.upcoming(receipts.CHANNEL)
        try:
            receipt = await read(edge, receipt_id)
        except Refusal:
            return
        if _place(receipt) != seen:
            seen = _place(receipt)
            yield ServerSentEvent(receipt.model_dump_json(), event="receipt", id=seen)
        if receipt.state not in receipts.OPEN_STATES:
            return
        await asyncio.sleep(PAUSE_SECONDS - monotonic() % PAUSE_SECONDS)
        await edge.wakeups.wait(upcoming, until - monotonic())


def _place(receipt: Receipt) -> str:
    """What of a receipt moves, as the id of an event: its state, and how far its roster is."""
    if receipt.progress is None:
        return receipt.state
    return f"{receipt.state}-{receipt.progress.people or 0}-{receipt.progress.answered}"
