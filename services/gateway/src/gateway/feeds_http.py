"""A clinic's feed over HTTP: JSON by number, server-sent events, and a calendar; all from one log."""

from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from pydantic_core import to_json
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from contracts.base import Party
from gateway import calendars, feeds
from gateway.edge import CallerOf, Edge, EdgeOf
from gateway.parties import Caller
from gateway.problems import Refusal
from gateway.read_models import appointments, organisations, sessions
from gateway.receipts_http import Wait

router = APIRouter(tags=["clinic feed"])

MAX_ENTRIES = 5_000
STREAMED_AT_ONCE = 500
DIGITS = 18
CALENDAR_ENTRIES = 5_000

After = Annotated[int, Query(ge=0, le=2**62, description="The number of the last entry that was read; 0 for all")]


def own(clinic_id: str, caller: Caller) -> str:
    """The clinic's party, if the caller is that clinic."""
    caller.must_be(Party.CLINICS)
    if caller.party_id != clinic_id:
        raise Refusal("party.clinic")
    return caller.party


@router.get("/clinics/{clinic_id}/feed", response_model=None)
async def read_feed(
    clinic_id: str,
    edge: EdgeOf,
    caller: CallerOf,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_ENTRIES)] = 1_000,
    wait: Wait = 0,
) -> Response:
    """The entries behind `after`, numbered without gaps; `next` is the number to ask with next time."""
    party = own(clinic_id, caller)
    deadline = monotonic() + wait
    while True:
        upcoming = edge.wakeups.upcoming(feeds.CHANNEL)
        rows = await feeds.read(edge.db, party, after, limit=limit)
        left = deadline - monotonic()
        if rows or left <= 0:
            break
        await edge.wakeups.wait(upcoming, left)
    entries = b",".join(_as_cloudevent(row) for row in rows)
    following = rows[-1]["sequence"] if rows else after
    body = b'{"entries":[%b],"next":%d,"last":%d}' % (entries, following, await feeds.last(edge.db, party))
    return Response(body, media_type="application/json")


def _as_cloudevent(row: Any) -> bytes:
    envelope = to_json(
        {
            "specversion": "1.0",
            "sequence": row["sequence"],
            "id": row["id"],
            "source": row["source"],
            "type": row["type"],
            "time": row["at"],
        }
    )
    return b'%b,"data":%b}' % (envelope[:-1], row["data"].encode())


@router.get("/clinics/{clinic_id}/feed/stream", response_model=None)
async def stream_feed(
    clinic_id: str,
    edge: EdgeOf,
    caller: CallerOf,
    after: After = 0,
    last_event_id: Annotated[str | None, Header()] = None,
) -> EventSourceResponse:
    """The same entries as server-sent events as they come; goes on behind Last-Event-ID."""
    party = own(clinic_id, caller)
    seen = last_event_id or ""
    start = int(seen) if seen.isdecimal() and len(seen) <= DIGITS else after
    return EventSourceResponse(_stream(edge, party, start), ping=15)


async def _stream(edge: Edge, party: str, after: int) -> AsyncIterator[ServerSentEvent]:
    while True:
        upcoming = edge.wakeups.upcoming(feeds.CHANNEL)
        rows = await feeds.read(edge.db, party, after, limit=STREAMED_AT_ONCE)
        for row in rows:
            yield ServerSentEvent(_as_cloudevent(row).decode(), event=row["type"], id=str(row["sequence"]))
            after = row["sequence"]
        if not rows:
            await edge.wakeups.wait(upcoming, 30)


@router.get("/clinics/{clinic_id}/calendar.ics", response_model=None)
async def read_calendar(clinic_id: str, edge: EdgeOf, caller: CallerOf) -> Response:
    """The clinic's sessions and how many arrive in each window, from the business date on; no worker is named."""
    own(clinic_id, caller)
    today = await organisations.today(edge.db)
    since = calendars.LONG_AGO if today == organisations.FOR_EVER else today
    windows = await appointments.calendar(edge.db, clinic_id, since, limit=CALENDAR_ENTRIES)
    days = await sessions.of_clinic(edge.db, clinic_id, since, limit=CALENDAR_ENTRIES)
    return Response(calendars.of_clinic(clinic_id, days, windows), media_type="text/calendar; charset=utf-8")
