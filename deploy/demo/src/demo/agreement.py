"""What both parties agree on: the programme, the campaign, every plan, and the close-out."""

from typing import Any

from contracts import health, unions
from contracts.fields import Funding
from demo.union import programme_id
from demo.world import World


async def sign_programme(world: World) -> None:
    """The union proposes a programme, the health side approves it."""
    scenario = world.scenario
    proposal = unions.ProgrammeProposed(
        programme_id=programme_id(),
        title="Quy chế phối hợp chăm sóc sức khỏe người lao động 2026–2030",
        union_unit_id=world.land.root_id,
        authority_id=scenario.authority,
        valid_from=scenario.rosters_from.replace(month=1, day=1),
        valid_to=scenario.rosters_from.replace(year=2030, month=12, day=31),
    )
    await world.union_officer.answered(await world.union_officer.say([proposal]))
    await world.authority.answered(await world.authority.say([health.ProgrammeApproved(programme_id=programme_id())]))


async def open_campaign(world: World) -> None:
    """The union proposes the half year, the health side approves it: the campaign is open."""
    scenario = world.scenario
    proposal = unions.CampaignProposed(
        campaign_id=world.campaign_id,
        programme_id=programme_id(),
        title=scenario.title,
        scope_unit_ids=[world.land.root_id],
        period_from=scenario.period_from,
        period_to=scenario.period_to,
        rosters_due=scenario.rosters_from.replace(day=25),
        coverage_pct=90,
        funding=[Funding(payer=4, share_pct=80), Funding(payer=2, share_pct=20)],
    )
    await world.union_officer.answered(await world.union_officer.say([proposal]))
    approval = health.CampaignApproved(campaign_id=world.campaign_id)
    await world.authority.answered(await world.authority.say([approval]))


async def approve_plan(world: World, plan: dict[str, Any]) -> None:
    """Both parties agree to a proposed plan."""
    plan_id = plan["plan_id"]
    union_word = unions.PlanApproved(plan_id=plan_id, campaign_id=world.campaign_id)
    health_word = health.PlanApproved(plan_id=plan_id, campaign_id=world.campaign_id)
    receipts = await world.union_officer.say([union_word])
    await world.union_officer.answered(receipts)
    await world.authority.answered(await world.authority.say([health_word]))


async def sign_closing(world: World, digest: str) -> None:
    """Both parties sign the coverage that the digest stands for."""
    union_word = unions.ClosingApproved(campaign_id=world.campaign_id, digest=digest)
    health_word = health.ClosingApproved(campaign_id=world.campaign_id, digest=digest)
    await world.union_officer.answered(await world.union_officer.say([union_word]))
    await world.authority.answered(await world.authority.say([health_word]))
