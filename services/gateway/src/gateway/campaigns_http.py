"""What both parties read: days, the tree, campaigns, plans, sessions, permits, alerts."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from contracts.base import Party
from gateway import pages
from gateway.edge import CallerOf, Edge, EdgeOf
from gateway.pages import FIRST_ID, Cursor, Limit, Page
from gateway.parties import Caller
from gateway.problems import Refusal
from gateway.read_models import alerts, campaigns, days, lines, organisations, plans, sessions
from gateway.views.parties import (
    AlertView,
    CampaignLine,
    CampaignView,
    Day,
    Denominator,
    LineView,
    OrganisationView,
    PermitView,
    PlanView,
    ReportView,
    SessionView,
)

router = APIRouter(tags=["campaigns"])

PlanState = Literal["proposed", "approved", "published", "abandoned"]
OfClinic = Annotated[str | None, Query(pattern=r"^[0-9A-Z]{5}$", description="Of one clinic only")]
AsOf = Annotated[date | None, Query(description="A business date; today where none is named")]


async def own_unit(edge: Edge, caller: Caller, unit_id: UUID | None) -> UUID | None:
    """The unit that may be read about: a union's own or one below it; any for the authority and operations."""
    if caller.party_class is not Party.UNIONS:
        caller.must_be(Party.HEALTH, Party.OPERATIONS)
        return unit_id
    asked = unit_id or caller.uuid
    if not await organisations.is_within(edge.db, asked, caller.uuid):
        raise Refusal("party.unit")
    return asked


async def concerned(edge: Edge, caller: Caller) -> list[UUID] | None:
    """The units whose campaigns a union may read about: its own, those above and below; None means all campaigns."""
    if caller.party_class is Party.UNIONS:
        return await organisations.kin(edge.db, caller.uuid)
    caller.must_be(Party.HEALTH, Party.CLINICS, Party.OPERATIONS)
    return None


async def concerning(edge: Edge, caller: Caller, campaign_id: UUID) -> dict[str, Any]:
    """The campaign, if the caller may read about it."""
    campaign = await campaigns.get(edge.db, campaign_id, await concerned(edge, caller))
    if campaign is None:
        raise Refusal("not-found")
    return campaign


@router.get("/day")
async def get_day(edge: EdgeOf, caller: CallerOf) -> Day:  # noqa: ARG001 - any party may know, but must say who it is
    """The current business date (Asia/Ho_Chi_Minh), and how far the services have come with its work."""
    return Day.model_validate(await days.state(edge.db))


@router.get("/organisations")
async def get_tree(
    edge: EdgeOf,
    caller: CallerOf,
    root: UUID | None = None,
    as_of: AsOf = None,
    tree: Literal["unions", "workplaces"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 1_000,
) -> Page[OrganisationView]:
    """The trees as of a day, flat, by id, or one of them; a union sees its own subtree."""
    below = await own_unit(edge, caller, root)
    (after,) = pages.start(cursor, FIRST_ID)
    rows = await organisations.tree(edge.db, below, as_of, after=after, limit=limit, which=tree)
    return Page[OrganisationView].model_validate(pages.page(rows, limit, lambda row: (row["organisation_id"],)))


@router.get("/units/{unit_id}/lines")
async def get_lines(unit_id: UUID, edge: EdgeOf, caller: CallerOf) -> list[LineView]:
    """The lines of a unit, with their calendars."""
    await own_unit(edge, caller, unit_id)
    return [LineView.model_validate(row) for row in await lines.of_unit(edge.db, unit_id)]


@router.get("/units/{unit_id}/exposures")
async def get_exposures(unit_id: UUID, edge: EdgeOf, caller: CallerOf, as_of: date | None = None) -> list[ReportView]:
    """What monitoring reports found on a unit's lines and jobs, the latest first.

    All that were ever taken; with `as_of` those that hold on that day, without places that a later one names.
    """
    await own_unit(edge, caller, unit_id)
    return [ReportView.model_validate(row) for row in await lines.exposures_of(edge.db, unit_id, as_of)]


@router.get("/campaigns")
async def list_campaigns(
    edge: EdgeOf, caller: CallerOf, cursor: Cursor = None, limit: Limit = 100
) -> Page[CampaignLine]:
    """All campaigns that concern the caller, by id."""
    (after,) = pages.start(cursor, FIRST_ID)
    rows = await campaigns.listed(edge.db, await concerned(edge, caller), after=after, limit=limit)
    return Page[CampaignLine].model_validate(pages.page(rows, limit, lambda row: (row["campaign_id"],)))


@router.get("/campaigns/{campaign_id}")
async def get_campaign(campaign_id: UUID, edge: EdgeOf, caller: CallerOf) -> CampaignView:
    """A campaign: scope, period, targets, whose word counts, the frozen scope and the closing."""
    campaign = await concerning(edge, caller, campaign_id)
    return CampaignView.model_validate({**campaign, "units": len(campaign["unit_ids"])})


@router.get("/campaigns/{campaign_id}/denominators")
async def get_denominators(
    campaign_id: UUID, edge: EdgeOf, caller: CallerOf, cursor: Cursor = None, limit: Limit = 1_000
) -> Page[Denominator]:
    """The frozen denominator of every unit, by unit; a union sees its own subtree."""
    root = await own_unit(edge, caller, None)
    units = await organisations.subtree(edge.db, root) if root else None
    (after,) = pages.start(cursor, FIRST_ID)
    rows = await campaigns.denominators(edge.db, campaign_id, units, after=after, limit=limit)
    return Page[Denominator].model_validate(pages.page(rows, limit, lambda row: (row["unit_id"],)))


@router.get("/campaigns/{campaign_id}/plans")
async def get_plans(
    campaign_id: UUID, edge: EdgeOf, caller: CallerOf, state: PlanState | None = None
) -> list[PlanView]:
    """The plans of a campaign, in order of their days: size, cost, bound, and why some have no place."""
    caller.must_be(Party.UNIONS, Party.HEALTH, Party.OPERATIONS)
    await concerning(edge, caller, campaign_id)
    return [PlanView.model_validate(row) for row in await plans.of_campaign(edge.db, campaign_id, state)]


@router.get("/sessions")
async def get_sessions(
    campaign_id: UUID,
    edge: EdgeOf,
    caller: CallerOf,
    clinic_id: OfClinic = None,
    day: date | None = None,
    cursor: Cursor = None,
    limit: Limit = 200,
) -> Page[SessionView]:
    """A campaign's sessions, by id; a clinic sees its own."""
    (after,) = pages.start(cursor, FIRST_ID)
    whose = _clinic(caller, clinic_id)
    await concerning(edge, caller, campaign_id)
    rows = await sessions.of_campaign(edge.db, campaign_id, whose, day, after=after, limit=limit)
    return Page[SessionView].model_validate(pages.page(rows, limit, lambda row: (row["session_id"],)))


@router.get("/permits")
async def get_permits(
    edge: EdgeOf, caller: CallerOf, clinic_id: OfClinic = None, cursor: Cursor = None, limit: Limit = 200
) -> Page[PermitView]:
    """Mobile permits, by id; a clinic sees its own."""
    (after,) = pages.start(cursor, FIRST_ID)
    rows = await sessions.permits(edge.db, _clinic(caller, clinic_id), after=after, limit=limit)
    return Page[PermitView].model_validate(pages.page(rows, limit, lambda row: (row["permit_id"],)))


@router.get("/alerts")
async def get_alerts(
    edge: EdgeOf, caller: CallerOf, campaign_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 200
) -> Page[AlertView]:
    """Alerts, by id; a union sees those of its own subtree and of campaigns that concern it as a whole."""
    (after,) = pages.start(cursor, FIRST_ID)
    root = await own_unit(edge, caller, None)
    units = await organisations.subtree(edge.db, root) if root else None
    whole = await concerned(edge, caller) if root else None
    rows = await alerts.listed(edge.db, campaign_id, units, whole, after=after, limit=limit)
    return Page[AlertView].model_validate(pages.page(rows, limit, lambda row: (row["alert_id"],)))


def _clinic(caller: Caller, clinic_id: str | None) -> str | None:
    if caller.party_class is Party.CLINICS:
        if clinic_id not in (None, caller.party_id):
            raise Refusal("party.clinic")
        return caller.party_id
    caller.must_be(Party.UNIONS, Party.HEALTH, Party.OPERATIONS)
    return clinic_id
