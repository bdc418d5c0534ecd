"""Programmes and campaigns: proposed by the union side, approved by the health side, then signed and opened."""

from datetime import date, datetime

from contracts import health, unions
from contracts.coordination import CampaignOpened, ProgrammeSigned
from coordination import approvals, model, organisations, store
from shared import outbox, waiting
from shared.consuming import Message
from shared.database import Transaction


async def propose_programme(tx: Transaction, message: Message[unions.ProgrammeProposed], *, now: datetime) -> None:
    """A proposal is the proposing party's own word; of a refused one nothing stays."""
    event = message.event
    await tx.execute(
        store.ADD_PROGRAMME, event.programme_id, event.title, event.union_unit_id, event.authority_id,
        event.valid_from, event.valid_to,
    )  # fmt: skip
    await tx.fetchrow(store.LOCK_PROGRAMME, event.programme_id)
    problems = model.period_problems(event.valid_from, event.valid_to)
    programme_id = event.programme_id
    await approvals.give(tx, message, "programme", programme_id, under=programme_id, now=now, problems=problems)
    await tx.execute(store.DROP_REFUSED_PROGRAMME, programme_id)
    await waiting.release(tx, "programme", [event.programme_id])


async def approve_programme(tx: Transaction, message: Message[health.ProgrammeApproved], *, now: datetime) -> None:
    """The second party's word signs the programme."""
    programme_id = message.event.programme_id
    programme = await tx.fetchrow(store.LOCK_PROGRAMME, programme_id)
    if programme is None:
        await waiting.hold(tx, [message], "programme", [programme_id])
        return
    if await approvals.give(tx, message, "programme", programme_id, under=programme_id, now=now):
        await tx.execute(store.SIGN_PROGRAMME, programme_id, now)
        signed = ProgrammeSigned(
            programme_id=programme_id,
            title=programme["title"],
            valid_from=programme["valid_from"],
            valid_to=programme["valid_to"],
        )
        await outbox.append(tx, [message.leads_to(signed)])


async def propose(tx: Transaction, message: Message[unions.CampaignProposed], *, now: datetime) -> None:
    """A campaign stands under a signed programme that covers its period; of a refused proposal nothing stays."""
    event = message.event
    programme = await tx.fetchrow(store.LOCK_PROGRAMME, event.programme_id)
    problems = model.terms_problems(event.period_from, event.period_to, event.rosters_due, event.funding)
    covered = (
        programme is not None
        and programme["signed_at"] is not None
        and programme["valid_from"] <= event.period_from
        and event.period_to <= programme["valid_to"]
    )
    if not covered:
        problems.append(model.problem("approval.programme_not_signed", "programme_id"))
    if not problems:
        await tx.execute(
            store.ADD_CAMPAIGN, event.campaign_id, event.programme_id, event.model_dump_json(), event.period_from,
            event.period_to, event.rosters_due, event.coverage_pct,
        )  # fmt: skip
        await tx.fetchrow(store.LOCK_CAMPAIGN, event.campaign_id)
    await approvals.give(
        tx, message, "campaign", event.campaign_id, under=event.programme_id, now=now, problems=problems
    )
    await tx.execute(store.DROP_REFUSED_CAMPAIGN, event.campaign_id)
    await waiting.release(tx, "campaign-proposal", [event.campaign_id])


async def approve(tx: Transaction, message: Message[health.CampaignApproved], *, now: datetime) -> None:
    """The second party's word opens the campaign with the grassroots units that the tree holds that day."""
    campaign_id = message.event.campaign_id
    campaign = await tx.fetchrow(store.LOCK_CAMPAIGN, campaign_id)
    if campaign is None:
        await waiting.hold(tx, [message], "campaign-proposal", [campaign_id])
        return
    if await approvals.give(tx, message, "campaign", campaign_id, under=campaign_id, now=now):
        proposal = unions.CampaignProposed.model_validate_json(campaign["proposal"])
        tree_as_of = max(await tx.fetchval(store.DAY, "VN") or proposal.rosters_due, proposal.rosters_due)
        await outbox.append(tx, [message.leads_to(await _open(tx, proposal, tree_as_of))])
        await waiting.release(tx, "campaign", [campaign_id])


async def _open(tx: Transaction, proposal: unions.CampaignProposed, tree_as_of: date) -> CampaignOpened:
    units = await organisations.grassroots_under(tx, proposal.scope_unit_ids, tree_as_of)
    targets = {target.unit_id: target.coverage_pct for target in proposal.unit_targets}
    await tx.execute(store.OPEN_CAMPAIGN, proposal.campaign_id, tree_as_of)
    await tx.execute(
        store.ADD_CAMPAIGN_UNITS, proposal.campaign_id, units,
        [targets.get(unit, proposal.coverage_pct) for unit in units],
    )  # fmt: skip
    return CampaignOpened(**dict(proposal), unit_ids=units, tree_as_of=tree_as_of)
