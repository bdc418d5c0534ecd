"""Names, passed on from registry: of workers booked with the clinic that asks, of a union's or employer's own."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from pydantic_core import to_json
from starlette.responses import Response

from contracts.base import Party
from gateway import identities
from gateway.campaigns_http import own_unit
from gateway.edge import CallerOf, EdgeOf

router = APIRouter(tags=["identity"])


class IdentitiesRequest(BaseModel):
    """Of which appointments the names are needed, and what for; the worker can read both."""

    appointment_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]
    purpose: Annotated[str, Field(min_length=3, max_length=200)]


class MembersRequest(BaseModel):
    """Whose names are needed, and what for; the worker can read both."""

    worker_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]
    purpose: Annotated[str, Field(min_length=3, max_length=200)]


class LookupRequest(BaseModel):
    """A number on a card, whose unit's member it may be, and what for; a look that finds nobody is logged too."""

    unit_id: UUID
    type: Literal["cccd", "cmnd", "passport", "bhxh", "bhyt", "employee_code", "union_member_no"]
    value: Annotated[str, Field(min_length=1, max_length=50)]
    purpose: Annotated[str, Field(min_length=3, max_length=200)]


@router.post("/identities/members", response_model=None)
async def get_members(wanted: MembersRequest, edge: EdgeOf, caller: CallerOf) -> Response:
    """Names of a union's own members, an employer's own staff, or the worker who asks; others are left out."""
    caller.must_be(Party.UNIONS, Party.EMPLOYERS, Party.WORKERS)
    found = await identities.of_workers(edge.settings, caller, wanted.worker_ids, wanted.purpose)
    return _unstored(found)


@router.post("/identities/lookups", response_model=None)
async def find_member(wanted: LookupRequest, edge: EdgeOf, caller: CallerOf) -> Response:
    """Which member of a union's unit has or had a number: whoever stands at the gate without an appointment, say."""
    caller.must_be(Party.UNIONS)
    await own_unit(edge, caller, wanted.unit_id)
    asked = wanted.model_dump(mode="json", exclude={"purpose"})
    return _unstored(await identities.find(edge.settings, caller, asked, wanted.purpose))


@router.post("/identities", response_model=None)
async def get_identities(wanted: IdentitiesRequest, edge: EdgeOf, caller: CallerOf) -> Response:
    """Names for the clinic's own appointments of these days; the look is logged before the names are given."""
    caller.must_be(Party.CLINICS)
    found = await identities.of_booked(edge.settings, edge.db, caller, wanted.appointment_ids, wanted.purpose)
    return _unstored(found)


def _unstored(found: list[dict[str, Any]]) -> Response:
    return Response(to_json(found), headers={"Cache-Control": "no-store"}, media_type="application/json")
