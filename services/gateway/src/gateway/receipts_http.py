"""Receipts over HTTP: one by one or thousands at once, waiting instead of polling; and what an event led to."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from time import monotonic
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from contracts.base import Party
from contracts.rosters import RosterSubmitted
from gateway import causation, pages, receipts
from gateway.edge import CallerOf, Edge, EdgeOf
from gateway.pages import Cursor, Limit, Page
from gateway.parties import Caller
from gateway.problems import Refusal
from gateway.read_models import organisations
from gateway.views.senders import Link, Receipt, ReceiptLine

router = APIRouter(tags=["receipts"])

BEFORE = {"stored": ("accepted",), "answered": receipts.OPEN_STATES}
LONGEST_WAIT = 30.0
OPEN_SHOWN = 1_000
FIRST_TIME = datetime(1970, 1, 1, tzinfo=UTC)

Wait = Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for it to close")]
State = Literal["accepted", "stored", "answered", "parked"]


class StatusRequest(BaseModel):
    """Which receipts to look at, and how long to wait until each is at least `until`."""

    ids: Annotated[list[UUID], Field(max_length=20_000)]
    until: Literal["stored", "answered"] = "answered"
    wait: Annotated[float, Field(ge=0, le=LONGEST_WAIT)] = 0


class Status(BaseModel):
    """How many receipts are in each state, and which (at most 1,000) have not come as far as asked."""

    counts: dict[str, int]
    unknown: int
    done: bool
    open: list[UUID]


@router.get("/receipts/{receipt_id}")
async def get_receipt(receipt_id: UUID, edge: EdgeOf, caller: CallerOf, wait: Wait = 0) -> Receipt:
    """A receipt: accepted, stored, answered (its answers are named) or parked; a roster's tells how far it is."""
    with edge.lookout.awaiting(edge.db, receipt_id) if wait else nullcontext() as closed:
        state = await state_of(edge, caller, receipt_id)
        if closed is not None and state in receipts.OPEN_STATES:
            await closed(wait)
    return await read(edge, receipt_id)


async def read(edge: Edge, receipt_id: UUID) -> Receipt:
    """A receipt as it is shown to whoever may see it."""
    receipt = await edge.receipts.ask(receipt_id)
    if receipt is None:
        raise Refusal("not-found")
    return Receipt.model_validate({**receipt, "progress": await _progress(edge, receipt)})


async def state_of(edge: Edge, caller: Caller, receipt_id: UUID) -> str:
    """The state of a receipt that the caller may see."""
    standing = await edge.standings.ask(receipt_id)
    if standing is None:
        raise Refusal("not-found")
    whose = await _whose(edge, caller, [standing.party])
    if whose is not None and standing.party not in whose:
        raise Refusal("not-found")
    if standing.ended:
        raise Refusal("receipt.ended")
    return standing.state


async def _progress(edge: Edge, receipt: dict[str, Any]) -> dict[str, Any] | None:
    """How far the roster is that a receipt is for; None of anything else."""
    if receipt["type"] != RosterSubmitted.entry.type:
        return None
    return await edge.progress.ask(UUID(receipt["subject"]))


@router.get("/receipts")
async def list_receipts(
    edge: EdgeOf, caller: CallerOf, state: State | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[ReceiptLine]:
    """The party's own receipts, oldest first."""
    after = pages.start(cursor, FIRST_TIME, pages.FIRST_ID)
    rows = await receipts.listed(edge.db, caller.party, state, after=(after[0], after[1]), limit=limit)
    return Page[ReceiptLine].model_validate(
        pages.page(rows, limit, lambda row: (row["accepted_at"], row["receipt_id"]))
    )


@router.post("/receipts/status")
async def get_status(wanted: StatusRequest, edge: EdgeOf, caller: CallerOf) -> Status:
    """Where many receipts stand; waits until all have come as far as asked, or the time is over."""
    deadline = monotonic() + wanted.wait
    whose = await _whose(edge, caller, await receipts.parties_of(edge.db, wanted.ids))
    channel = receipts.STORED if wanted.until == "stored" else receipts.CHANNEL
    asked = wanted.ids
    while True:
        upcoming = edge.wakeups.upcoming(channel)
        left = deadline - monotonic()
        open_now = await receipts.still_in(edge.db, asked, whose, BEFORE[wanted.until], limit=OPEN_SHOWN)
        if not open_now and asked is not wanted.ids:
            asked = wanted.ids
            continue
        if not open_now or left <= 0:
            return await _status(edge, whose, wanted, open_now)
        # As long as one of these is open, the others need not be looked at.
        asked = open_now
        await edge.wakeups.wait(upcoming, left)


async def _status(edge: Edge, whose: list[str] | None, wanted: StatusRequest, open_now: list[UUID]) -> Status:
    counts = await receipts.count(edge.db, wanted.ids, whose)
    unknown = len(set(wanted.ids)) - sum(counts.values())
    return Status(counts=counts, unknown=unknown, done=not open_now and not unknown, open=open_now)


@router.get("/receipts/{receipt_id}/trace")
async def get_trace(
    receipt_id: UUID,
    edge: EdgeOf,
    caller: CallerOf,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> list[Link]:
    """The causation chain: every event that what was said has led to, through all services, nearest first."""
    await state_of(edge, caller, receipt_id)
    links: list[dict[str, Any]] = await causation.chain(edge.db, receipt_id, limit=limit)
    return [Link.model_validate(link) for link in links]


async def _whose(edge: Edge, caller: Caller, said: Sequence[str]) -> list[str] | None:
    """Of these parties and the caller, those whose receipts the caller sees: a union's those of its subtree too.

    None means anybody's: operations follow all.
    """
    if caller.party_class is Party.OPERATIONS:
        return None
    if caller.party_class is not Party.UNIONS:
        return [caller.party]
    prefix = f"{Party.UNIONS.value}/"
    others = [UUID(party.removeprefix(prefix)) for party in said if party.startswith(prefix) and party != caller.party]
    own = await organisations.within(edge.db, others, caller.uuid) if others else []
    return [caller.party, *(f"{prefix}{unit}" for unit in own)]
