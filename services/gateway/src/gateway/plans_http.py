"""Why a plan is as it is, for each purpose, and where a make-up session is missing."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.base import Party
from gateway import pages
from gateway.campaigns_http import concerning, own_unit
from gateway.edge import CallerOf, Edge, EdgeOf
from gateway.pages import FIRST_ID, Cursor, Limit, Page
from gateway.parties import Caller
from gateway.problems import Refusal
from gateway.read_models import organisations, plan_cases, sessions
from gateway.views.base import View
from gateway.views.plans import MakeUpSessionView, PlaceCaseView, SessionCaseView

router = APIRouter(tags=["plans"])

LeftOut = Annotated[bool, Query(description="Only those whom the plan has no place for")]


async def _readable(edge: Edge, caller: Caller, plan_id: UUID) -> str | None:
    """The clinic whose part of the plan may be read, None for all of it; clinics read plans that are published."""
    caller.must_be(Party.UNIONS, Party.HEALTH, Party.CLINICS, Party.OPERATIONS)
    plan = await plan_cases.campaign_of(edge.db, plan_id)
    if plan is None:
        raise Refusal("not-found")
    await concerning(edge, caller, plan["campaign_id"])
    if caller.party_class is not Party.CLINICS:
        return None
    if plan["state"] != "published":
        raise Refusal("not-found")
    return caller.party_id


@router.get("/plans/{plan_id}/sessions")
async def get_plan_sessions(
    plan_id: UUID, edge: EdgeOf, caller: CallerOf, cursor: Cursor = None, limit: Limit = 200
) -> Page[SessionCaseView]:
    """Why the plan opens each session or not, by session; a clinic sees its own."""
    clinic = await _readable(edge, caller, plan_id)
    (after,) = pages.start(cursor, FIRST_ID)
    rows = await plan_cases.sessions(edge.db, plan_id, clinic, after=after, limit=limit)
    return Page[SessionCaseView].model_validate(_page(SessionCaseView, rows, limit, "session_id"))


@router.get("/plans/{plan_id}/people")
async def get_plan_people(
    plan_id: UUID,
    edge: EdgeOf,
    caller: CallerOf,
    unit_id: UUID | None = None,
    left_out: LeftOut = False,
    cursor: Cursor = None,
    limit: Limit = 500,
) -> Page[PlaceCaseView]:
    """Why each person has this window, or none and what would change that: a union's own, a clinic's own sessions."""
    clinic = await _readable(edge, caller, plan_id)
    caller.must_be(Party.UNIONS, Party.HEALTH, Party.CLINICS)
    units = None
    if caller.party_class is Party.UNIONS:
        units = await organisations.subtree(edge.db, await own_unit(edge, caller, unit_id) or caller.uuid)
    elif unit_id is not None:
        units = [unit_id]
    start = pages.start(cursor, FIRST_ID, FIRST_ID)
    rows = await plan_cases.places(
        edge.db, plan_id, units, clinic, left_out=left_out, after=(start[0], start[1]), limit=limit
    )
    cases = _page(PlaceCaseView, rows, limit, "unit_id", "health_check_id")
    found = Page[PlaceCaseView].model_validate(cases)
    if caller.party_class is Party.HEALTH:
        found.items = [case.model_copy(update={"worker_id": None}) for case in found.items]
    return found


@router.get("/campaigns/{campaign_id}/make-up-sessions")
async def get_make_up_sessions(campaign_id: UUID, edge: EdgeOf, caller: CallerOf) -> list[MakeUpSessionView]:
    """Where so many people have no place that a session of their own (khám vét) is worth offering; newest first."""
    await concerning(edge, caller, campaign_id)
    return [MakeUpSessionView.model_validate(row) for row in await sessions.make_ups(edge.db, campaign_id)]


def _page(view: type[View], rows: list[dict[str, Any]], limit: int, *key: str) -> dict[str, Any]:
    """A page of rows whose body is the view."""
    cut = pages.page(rows, limit, lambda row: tuple(row[name] for name in key))
    return {"items": [view.model_validate_json(row["body"]) for row in rows], "next": cut["next"]}
