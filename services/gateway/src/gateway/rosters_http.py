"""`POST /rosters`: a file as it is, XLSX or CSV; and what became of it, row by row."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from pydantic_core import to_json
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.responses import Response

from contracts.base import Party
from gateway import bounds, documents, pages, problems, receipts
from gateway import rosters as use_cases
from gateway.campaigns_http import own_unit
from gateway.catalogue import key_of
from gateway.edge import CallerOf, Edge, EdgeOf
from gateway.pages import Cursor, Limit, Page
from gateway.parties import Caller
from gateway.problems import Refusal
from gateway.read_models import rosters
from gateway.rosters import Manifest
from gateway.views.senders import RosterMapping, RosterRow, RosterView
from shared.clock import utc_now

router = APIRouter(tags=["rosters"])
# A roster of a hundred thousand is stored as a whole; all else waits for a row or some.
ROSTER_TIMES = 4

Outcome = Literal["accepted", "accepted_with_warnings", "refused"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in; its name is not trusted."""

    data: bytes
    filename: str


@router.post("/rosters", status_code=202, response_model=None, openapi_extra={"requestBody": documents.ROSTER})
async def post_roster(
    request: Request,
    edge: EdgeOf,
    caller: CallerOf,
    unit_id: UUID,
    reference_date: Annotated[date, Query(ge=bounds.FIRST, le=bounds.LAST, description="The day it speaks of")],
    employer_id: UUID | None = None,
    campaign_id: UUID | None = None,
    line_id: UUID | None = None,
    complete: Annotated[bool, Query(description="Whoever is missing has left (proposed, to be confirmed)")] = False,
    dry_run: Annotated[bool, Query(description="Assess it without any effect")] = False,
    roster_id: Annotated[UUID | None, Query(description="The sender's id, to repeat safely; else a new one")] = None,
    host_id: Annotated[UUID | None, Query(description="Where leased workers work, beside their employer")] = None,
    based_on: Annotated[
        UUID | None,
        Query(
            description="The roster that you built on: what others changed since is kept where yours says the same, "
            "and a row that changes the same field of the same person otherwise is refused"
        ),
    ] = None,
    mapping: Annotated[
        str,
        Query(
            max_length=20_000,
            description="Columns to read otherwise than their headings say: "
            '`{"columns": {"C": "full_name", "D": null}, "header_row": 5}`. '
            "Kept for the unit's later files with this header, unless it is a dry run",
        ),
    ] = "",
) -> Response:
    """Send a roster of up to 100,000 rows as the body, or as the part `file` of a form.

    Its cells are read in a sandbox and sealed to registry; the receipt closes when the last row has been assessed.
    The same file again under the same `roster_id` gets the same receipt and has no second effect.
    """
    caller.must_be(Party.UNIONS)
    if mapping and (wrong := use_cases.mapping_problems(mapping)):
        raise Refusal("request.invalid", wrong)
    upload = await _upload(request)
    if not upload.data:
        raise Refusal("roster.empty")
    manifest = Manifest(
        roster_id or uuid4(), unit_id, employer_id, campaign_id, line_id, complete, dry_run, reference_date,
        based_on, host_id, mapping,
    )  # fmt: skip
    return await _submit(request, edge, caller, manifest, upload)


async def _submit(request: Request, edge: Edge, caller: Caller, manifest: Manifest, upload: Upload) -> Response:
    digest = use_cases.digest_of(manifest, upload.data)
    now = utc_now()
    key = await edge.intake_keys.current(now)
    extracted = await edge.sandbox.extract(upload.data, upload.filename)
    if not extracted.readable:
        raise Refusal("roster.refused", use_cases.problems_of(extracted))
    submitted, chunks = await asyncio.to_thread(use_cases.events_of, manifest, extracted, key)

    async def store() -> Response:
        async with edge.database.transaction() as tx:
            outcome = await use_cases.submit(
                tx, caller, submitted, chunks, digest=digest, file_digest=use_cases.file_digest(upload.data), now=now
            )
        if outcome.code is not None:
            refusal = Refusal(outcome.code, outcome.problems)
            return problems.response(refusal, accept_language=request.headers.get("accept-language", ""))
        shown = {**outcome.document(), "roster_id": manifest.roster_id, "chunks": len(chunks)}
        return Response(
            to_json(shown), 202, {"Location": f"/receipts/{outcome.receipt_id}"}, media_type="application/json"
        )

    return await edge.until_stored(store, times=ROSTER_TIMES)


async def _upload(request: Request) -> Upload:
    data = await request.body()
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return Upload(data, "")
    try:
        form = await _InMemory(request.headers, _whole(data), max_files=1, max_fields=10).parse()
    except (MultiPartException, KeyError) as error:
        raise Refusal("body.unreadable") from error
    try:
        part = form.get("file")
        if not isinstance(part, UploadFile):
            raise Refusal("request.invalid", [problems.problem("field.missing", "file")])
        return Upload(await part.read(), part.filename or "")
    finally:
        await form.close()


class _InMemory(MultiPartParser):
    """A roster is personal data: it must not be spooled to the disk of this machine."""

    spool_max_size = 1 << 31


async def _whole(data: bytes) -> AsyncGenerator[bytes, None]:
    yield data


@router.get("/rosters/{roster_id}")
async def get_roster(roster_id: UUID, edge: EdgeOf, caller: CallerOf) -> RosterView:
    """Whose a roster is and how it was assessed: counts per effect, null until then."""
    return RosterView.model_validate(await _own(edge, caller, roster_id))


@router.get("/rosters/{roster_id}/answers")
async def get_answers(
    roster_id: UUID,
    edge: EdgeOf,
    caller: CallerOf,
    outcome: Outcome | None = None,
    cursor: Cursor = None,
    limit: Limit = 500,
) -> Page[RosterRow]:
    """What became of every row, by its number in the file: all codes at once, and its effect on the register."""
    await _own(edge, caller, roster_id)
    (after,) = pages.start(cursor, -1)
    rows = await rosters.rows(edge.db, roster_id, outcome, after=after, limit=limit)
    return Page[RosterRow].model_validate(pages.page(rows, limit, lambda row: (row["row"],)))


@router.get("/units/{unit_id}/roster-mappings")
async def get_mappings(unit_id: UUID, edge: EdgeOf, caller: CallerOf) -> list[RosterMapping]:
    """How the unit's files are read where their headings do not say it, by header.

    To lift one, say `unions.roster-mapping.declared` of nothing.
    """
    caller.must_be(Party.UNIONS)
    await own_unit(edge, caller, unit_id)
    return [RosterMapping.model_validate(row) for row in await rosters.mappings(edge.db, unit_id)]


@router.post("/rosters/{roster_id}/answered-file", response_model=None, openapi_extra={"requestBody": documents.ROSTER})
async def get_answered_file(roster_id: UUID, request: Request, edge: EdgeOf, caller: CallerOf) -> Response:
    """The file with one more column, once the roster is assessed; the file is sent again, because none is kept here."""
    roster = await _own(edge, caller, roster_id)
    upload = await _upload(request)
    answered, kind = await use_cases.answered_file(edge.db, edge.sandbox, roster, upload.data)
    return Response(answered, headers={"Cache-Control": "no-store", "Content-Type": kind})


async def _own(edge: Edge, caller: Caller, roster_id: UUID) -> dict[str, Any]:
    """A roster that the union sent, or one of a unit in its subtree."""
    caller.must_be(Party.UNIONS)
    roster = await rosters.get(edge.db, roster_id)
    if roster is None:
        raise Refusal("not-found")
    sent = key_of(f"{caller.party}#{roster_id}")
    if not await receipts.parties_of(edge.db, [sent]):
        await own_unit(edge, caller, roster["unit_id"])
    return roster
