"""What waits for a registrar: workers who may be one person, passed on from registry and stored nowhere."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic_core import to_json
from starlette.responses import Response

from contracts.base import Party
from gateway import identities
from gateway.edge import CallerOf, EdgeOf

router = APIRouter(tags=["identity"])


@router.get("/identity-reviews", response_model=None)
async def get_reviews(
    edge: EdgeOf,
    caller: CallerOf,
    purpose: Annotated[str, Query(min_length=3, max_length=200)],
    state: Literal["open", "same", "different"] = "open",
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """Doubts that the registrar of a union above both units may decide, the oldest first; the look at both is logged.

    Decide with `unions.identity-review.decided`; `next` is the `after` of the next page.
    """
    caller.must_be(Party.UNIONS)
    caller.must_act_as("registrar")
    asked: dict[str, Any] = {"state": state, "limit": limit} | ({"after": str(after)} if after else {})
    found = await identities.reviews(edge.settings, caller, asked, purpose)
    return Response(to_json(found), headers={"Cache-Control": "no-store"}, media_type="application/json")
