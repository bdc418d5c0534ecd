"""Plans: proposed with their summary, approved by both parties, published as appointments."""

from typing import Any
from uuid import UUID

from contracts.coordination import PlanApproved
from contracts.plans import PlanAbandoned, PlanProposed, PlanPublished, PlanWithdrawn
from gateway.read_models import days, plan_cases
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

PROPOSE = """
INSERT INTO plans SELECT (row ->> 'plan_id')::uuid, (row ->> 'campaign_id')::uuid, row
FROM jsonb_array_elements($1::jsonb) AS row
ON CONFLICT (plan_id) DO NOTHING
"""
APPROVE = """
INSERT INTO plan_turns (plan_id, campaign_id, state)
SELECT plan_id, campaign_id, 'approved' FROM json_populate_recordset(NULL::plan_turns, $1::json)
ON CONFLICT (plan_id) DO NOTHING
"""
PUBLISH = """
INSERT INTO plan_turns (plan_id, campaign_id, state, appointments, dropped)
SELECT plan_id, campaign_id, 'published', appointments, dropped
FROM json_populate_recordset(NULL::plan_turns, $1::json)
ON CONFLICT (plan_id) DO UPDATE
SET state = 'published', appointments = excluded.appointments, dropped = excluded.dropped
"""
ABANDON = """
INSERT INTO plan_turns (plan_id, campaign_id, state, reason)
SELECT plan_id, campaign_id, 'abandoned', reason FROM json_populate_recordset(NULL::plan_turns, $1::json)
ON CONFLICT (plan_id) DO UPDATE SET state = 'abandoned', reason = excluded.reason
WHERE plan_turns.state <> 'published'
"""
OF_CAMPAIGN = """
SELECT plan_id, plans.campaign_id, coalesce(turn.state, 'proposed') AS state, summary,
       turn.appointments AS published_appointments, turn.dropped, turn.reason,
       coalesce((SELECT array_agg(party ORDER BY party) FROM approvals
                 WHERE subject = 'plan' AND subject_id = plan_id), '{}') AS approved_by
FROM plans LEFT JOIN plan_turns AS turn USING (plan_id)
WHERE plans.campaign_id = $1 AND ($2::text IS NULL OR coalesce(turn.state, 'proposed') = $2)
ORDER BY summary ->> 'on_day', plan_id
"""


async def propose(tx: Transaction, batch: Batch[PlanProposed]) -> None:
    """Remember computed plans."""
    await tx.execute(PROPOSE, as_rows(batch.events))
    await days.settle_plans(tx, batch)


async def approve(tx: Transaction, batch: Batch[PlanApproved]) -> None:
    """Remember that both parties agreed."""
    await tx.execute(APPROVE, as_rows(batch.events))


async def abandon(tx: Transaction, batch: Batch[PlanAbandoned] | Batch[PlanWithdrawn]) -> None:
    """Remember that plans will not be published, and forget why they were as they were."""
    await tx.execute(ABANDON, as_rows(batch.events))
    await plan_cases.drop(tx, [event.plan_id for event in batch.events])
    await days.settle_plans(tx, batch)


async def publish(tx: Transaction, batch: Batch[PlanPublished]) -> None:
    """Remember what plans came to."""
    await tx.execute(PUBLISH, as_rows(batch.events))


async def of_campaign(db: Reader, campaign_id: UUID, state: str | None) -> list[dict[str, Any]]:
    """The plans of a campaign, in order of their days."""
    return dicts(await db.fetch(OF_CAMPAIGN, campaign_id, state))
