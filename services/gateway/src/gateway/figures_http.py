"""Figures: coverage of units, a campaign's reconciliation, class mixes and closed loops for unions."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from pydantic_core import from_json

from contracts.base import Party
from contracts.coordination import Figures
from gateway import class_mixes, suppression
from gateway.campaigns_http import AsOf, concerning, own_unit
from gateway.edge import CallerOf, EdgeOf
from gateway.read_models import campaigns, coverage, follow_ups, organisations, reconciliation
from gateway.views.parties import Agreement, CoverageTree, CoverageView, Reconciliation
from gateway.views.union import ClassMix, ClosedLoops

router = APIRouter(tags=["figures"])


@router.get("/campaigns/{campaign_id}/coverage")
async def get_coverage(
    campaign_id: UUID,
    edge: EdgeOf,
    caller: CallerOf,
    unit_id: UUID | None = None,
    as_of: AsOf = None,
    history: bool = False,
) -> CoverageTree:
    """A unit's figures and those of the units below it, as of a day; with `history`, day by day as well.

    A union reads its own subtree; the authority names the unit, or gets the campaign's scope as children. Who stands
    below whom is read from the campaign's own tree (`tree_as_of`), by which the figures were added up.
    """
    unit = await own_unit(edge, caller, unit_id)
    campaign = await concerning(edge, caller, campaign_id)
    day: date | None = as_of
    tree_as_of = campaign["tree_as_of"] or day
    below = await organisations.children(edge.db, unit, tree_as_of) if unit else campaign["scope_unit_ids"]
    figures = await coverage.of_units(edge.db, campaign_id, [*([unit] if unit else []), *below], day)
    passed = await coverage.history(edge.db, campaign_id, unit, day) if history and unit else []
    return CoverageTree(
        unit=CoverageView.model_validate(figures[unit]) if unit in figures else None,
        children=[CoverageView.model_validate(figures[child]) for child in below if child in figures],
        history=[CoverageView.model_validate(row) for row in passed],
    )


@router.get("/campaigns/{campaign_id}/reconciliation")
async def get_reconciliation(campaign_id: UUID, edge: EdgeOf, caller: CallerOf) -> Reconciliation:
    """The campaign's totals as coordination states them, beside what the gateway counts by itself."""
    caller.must_be(Party.UNIONS, Party.HEALTH, Party.OPERATIONS)
    campaign = await concerning(edge, caller, campaign_id)
    roots = await coverage.of_units(edge.db, campaign_id, campaign["scope_unit_ids"], None)
    stated = _sum([Figures.model_validate(from_json(row["figures"])) for row in roots.values()])
    counted = await reconciliation.count(edge.db, campaign_id)
    states = stated.examined + stated.no_show + stated.refused + stated.deferred + stated.left + stated.pending
    return Reconciliation(
        campaign_id=campaign_id,
        as_of=max((row["as_of"] for row in roots.values()), default=None),
        tree_as_of=campaign["tree_as_of"],
        figures=stated,
        sums_up=states == stated.in_scope,
        in_scope=Agreement(stated=stated.in_scope, counted=counted["in_scope"]),
        examined=Agreement(stated=stated.examined + stated.late_joiners_examined, counted=counted["examined"]),
        visits=Agreement(stated=stated.visits, counted=counted["visits"]),
    )


def _sum(parts: list[Figures]) -> Figures:
    return Figures(**{name: sum(getattr(part, name) for part in parts) for name in Figures.model_fields})


@router.get("/units/{unit_id}/class-mix")
async def get_class_mix(unit_id: UUID, campaign_id: UUID, edge: EdgeOf, caller: CallerOf) -> ClassMix:
    """People per group of health classes, released once when the campaign is closed; small cells are suppressed."""
    await own_unit(edge, caller, unit_id)
    row = await class_mixes.of_unit(edge.db, unit_id, campaign_id)
    if row is None:
        return ClassMix(unit_id=unit_id, campaign_id=campaign_id, released=False)
    groups = from_json(row["groups"]) if row["groups"] else None
    return ClassMix.model_validate({**row, "released": True, "groups": groups})


@router.get("/units/{unit_id}/closed-loops")
async def get_closed_loops(unit_id: UUID, campaign_id: UUID, edge: EdgeOf, caller: CallerOf) -> ClosedLoops:
    """The share of follow-ups in a unit and below it that came to an end; never the cases."""
    caller.must_be(Party.UNIONS, Party.HEALTH)
    await own_unit(edge, caller, unit_id)
    today = await organisations.today(edge.db)
    tree_as_of = await campaigns.tree_as_of(edge.db, campaign_id) or today
    units = await organisations.subtree(edge.db, unit_id, tree_as_of)
    share = await follow_ups.closed_share(edge.db, campaign_id, units, at_least=suppression.K)
    return ClosedLoops(campaign_id=campaign_id, unit_id=unit_id, closed_pct=share, as_of=today, tree_as_of=tree_as_of)
