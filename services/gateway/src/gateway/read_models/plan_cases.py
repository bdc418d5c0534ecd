"""Why plans are as they are: every session's case and everybody's, by pseudonym."""

from typing import Any
from uuid import UUID

from contracts.plans import PlanExplained
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

RECORD_SESSIONS = """
INSERT INTO plan_sessions
SELECT part.plan_id, (item ->> 'session_id')::uuid, item ->> 'clinic_id', item
FROM json_to_recordset($1::json) AS part (plan_id uuid, sessions jsonb)
CROSS JOIN LATERAL jsonb_array_elements(part.sessions) AS item
WHERE NOT EXISTS (SELECT FROM plan_turns AS turn WHERE turn.plan_id = part.plan_id AND turn.state = 'abandoned')
ON CONFLICT (plan_id, session_id) DO NOTHING
"""
RECORD_PLACES = """
INSERT INTO plan_places
SELECT part.plan_id, (item ->> 'unit_id')::uuid, (item ->> 'health_check_id')::uuid, (item ->> 'session_id')::uuid, item
FROM json_to_recordset($1::json) AS part (plan_id uuid, people jsonb)
CROSS JOIN LATERAL jsonb_array_elements(part.people) AS item
WHERE NOT EXISTS (SELECT FROM plan_turns AS turn WHERE turn.plan_id = part.plan_id AND turn.state = 'abandoned')
ON CONFLICT (plan_id, unit_id, health_check_id) DO NOTHING
"""
DROP_SESSIONS = "DELETE FROM plan_sessions WHERE plan_id = ANY($1::uuid[])"
DROP_PLACES = "DELETE FROM plan_places WHERE plan_id = ANY($1::uuid[])"
CAMPAIGN = """
SELECT campaign_id, coalesce(turn.state, 'proposed') AS state
FROM plans LEFT JOIN plan_turns AS turn USING (plan_id, campaign_id) WHERE plan_id = $1
"""
SESSIONS = """
SELECT body, session_id FROM plan_sessions
WHERE plan_id = $1 AND ($2::text IS NULL OR clinic_id = $2) AND session_id > $3 ORDER BY session_id LIMIT $4
"""
PLACES = """
SELECT body, unit_id, health_check_id FROM plan_places
WHERE plan_id = $1 AND ($2::uuid[] IS NULL OR unit_id = ANY($2)) AND (NOT $3 OR session_id IS NULL)
  AND ($4::text IS NULL OR session_id IN (SELECT session_id FROM plan_sessions WHERE plan_id = $1 AND clinic_id = $4))
  AND (unit_id, health_check_id) > ($5, $6) ORDER BY unit_id, health_check_id LIMIT $7
"""


async def record(tx: Transaction, batch: Batch[PlanExplained]) -> None:
    """Remember the cases of plans, part by part, unless the plan was given up before they came."""
    rows = as_rows(batch.events)
    await tx.execute(RECORD_SESSIONS, rows)
    await tx.execute(RECORD_PLACES, rows)


async def drop(tx: Transaction, plan_ids: list[UUID]) -> None:
    """Forget the cases of plans that are given up: nobody is asked to agree to them any more."""
    await tx.execute(DROP_SESSIONS, plan_ids)
    await tx.execute(DROP_PLACES, plan_ids)


async def campaign_of(db: Reader, plan_id: UUID) -> dict[str, Any] | None:
    """A plan's campaign and state, None for a plan that nobody proposed."""
    row = await db.fetchrow(CAMPAIGN, plan_id)
    return dict(row) if row else None


async def sessions(
    db: Reader, plan_id: UUID, clinic_id: str | None, *, after: UUID, limit: int
) -> list[dict[str, Any]]:
    """A page of the sessions' cases, by session; of one clinic where named."""
    return dicts(await db.fetch(SESSIONS, plan_id, clinic_id, after, limit))


async def places(
    db: Reader,
    plan_id: UUID,
    units: list[UUID] | None,
    clinic_id: str | None,
    *,
    left_out: bool,
    after: tuple[UUID, UUID],
    limit: int,
) -> list[dict[str, Any]]:
    """A page of people's cases, by unit and check; of some units, of a clinic's sessions, of those left out alone."""
    return dicts(await db.fetch(PLACES, plan_id, units, left_out, clinic_id, *after, limit))
