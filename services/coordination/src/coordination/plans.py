"""Plans wait for the word of both parties, then scheduling may publish them; one word is enough to decline."""

from datetime import datetime

from contracts import health, unions
from contracts.coordination import ApprovalRefused, PlanApproved, PlanDeclined
from contracts.plans import PlanProposed, PlanWithdrawn
from coordination import approvals, model, store
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction


async def register(tx: Transaction, batch: Batch[PlanProposed]) -> None:
    """Know a proposed plan, and hear the words that came before it."""
    plan_ids = [event.plan_id for event in batch.events]
    await tx.execute(store.ADD_PLANS, plan_ids, [event.campaign_id for event in batch.events])
    await waiting.release(tx, "plan", plan_ids)


async def approve(
    tx: Transaction, message: Message[unions.PlanApproved] | Message[health.PlanApproved], *, now: datetime
) -> None:
    """A party agrees; with the second word the plan is approved."""
    plan_id = message.event.plan_id
    plan = await tx.fetchrow(store.LOCK_PLAN, plan_id)
    if plan is None:
        await waiting.hold(tx, [message], "plan", [plan_id])
        return
    problems = [model.problem("plan.given_up")] if plan["given_up"] else []
    campaign_id = plan["campaign_id"]
    if await approvals.give(tx, message, "plan", plan_id, under=campaign_id, now=now, problems=problems):
        await tx.execute(store.APPROVE_PLAN, plan_id, now)
        approved = PlanApproved(plan_id=plan_id, campaign_id=campaign_id)
        await outbox.append(tx, [message.leads_to(approved)])


async def decline(tx: Transaction, message: Message[unions.PlanDeclined] | Message[health.PlanDeclined]) -> None:
    """A party will not have a plan, proposed or still being computed; an approved plan stays.

    A word on a plan that is not known yet counts if the plan turns out to be of the campaign that the word names.
    """
    plan_id, campaign_id = message.event.plan_id, message.event.campaign_id
    word = model.word_of(message.party, message.actor)
    signatories = dict(await tx.fetchrow(store.SIGNATORIES, campaign_id) or {})
    problems = [model.problem("approval.no_party")] if word is None else model.objections(word, [], signatories)
    if not signatories:
        problems.append(model.problem("plan.other_campaign", "campaign_id"))
    if not problems:
        await tx.execute(store.ADD_UNKNOWN_PLAN, plan_id, campaign_id)
        plan = await tx.fetchrow(store.LOCK_PLAN, plan_id)
        if plan is not None and plan["campaign_id"] != campaign_id:
            problems.append(model.problem("plan.other_campaign", "campaign_id"))
        elif plan is not None and plan["approved_at"] is not None:
            problems.append(model.problem("plan.approved_already"))
    if word is None or problems:
        refused = ApprovalRefused(subject="plan", subject_id=plan_id, problems=problems)
        await outbox.append(tx, [message.leads_to(refused)])
        return
    await tx.execute(store.GIVE_UP_PLANS, [plan_id], [campaign_id])
    declined = PlanDeclined(plan_id=plan_id, campaign_id=campaign_id, party=word.party_class)
    await outbox.append(tx, [message.leads_to(declined)])


async def give_up(tx: Transaction, batch: Batch[PlanWithdrawn]) -> None:
    """Hear no more words on plans that scheduling has given up."""
    pairs = [e.plan_id for e in batch.events], [e.campaign_id for e in batch.events]
    await tx.execute(store.ADD_PLANS, *pairs)
    await tx.execute(store.GIVE_UP_PLANS, *pairs)
