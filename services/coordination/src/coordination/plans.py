"""Plans wait for the word of both parties, then scheduling may publish them."""

from datetime import datetime

from contracts import health, unions
from contracts.coordination import PlanApproved
from contracts.scheduling import PlanProposed
from coordination import approvals, store
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
    if await approvals.give(tx, message, "plan", plan_id, under=plan["campaign_id"], now=now):
        await tx.execute(store.APPROVE_PLAN, plan_id, now)
        approved = PlanApproved(plan_id=plan_id, campaign_id=plan["campaign_id"])
        await outbox.append(tx, [message.leads_to(approved)])
