"""Due health checks with their grounds, and how each stands."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.scheduling import HealthCheckBecameDue, HealthCheckDeferred, HealthCheckWithdrawn
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

RECORD = """
INSERT INTO health_checks SELECT * FROM json_populate_recordset(NULL::health_checks, $1::json)
ON CONFLICT (health_check_id) DO UPDATE
SET package = excluded.package, stations = excluded.stations, interval_months = excluded.interval_months,
    due_on = excluded.due_on, legal_deadline = excluded.legal_deadline, priority = excluded.priority,
    late_joiner = excluded.late_joiner, grounds = excluded.grounds
"""
# Whoever is due again has not left any more, and whom a plan had no place for is to be planned anew.
REOPEN = "DELETE FROM health_check_ends WHERE health_check_id = ANY($1::uuid[])"
WITHDRAW = """
INSERT INTO health_check_ends (health_check_id, state, reason, on_day)
SELECT health_check_id, 'withdrawn', reason, on_day FROM json_populate_recordset(NULL::health_check_ends, $1::json)
ON CONFLICT (health_check_id) DO UPDATE
SET state = 'withdrawn', reason = excluded.reason, on_day = excluded.on_day, plan_id = NULL
"""
DEFER = """
INSERT INTO health_check_ends (health_check_id, state, reason, plan_id)
SELECT health_check_id, 'deferred', reason, plan_id FROM json_populate_recordset(NULL::health_check_ends, $1::json)
ON CONFLICT (health_check_id) DO UPDATE SET reason = excluded.reason, plan_id = excluded.plan_id
WHERE health_check_ends.state = 'deferred'
"""
# Its state is the furthest of what is known; a refusal is told as "withdrawn", which keeps it confidential.
OF_CAMPAIGN = """
SELECT due.health_check_id, due.worker_id, due.unit_id, due.campaign_id, due.package, due.stations,
       due.interval_months, due.due_on, due.legal_deadline, due.priority, due.late_joiner, due.grounds,
       CASE WHEN EXISTS (SELECT FROM appointments JOIN visits ON visits.visit_id = appointments.appointment_id
                         WHERE appointments.worker_id = due.worker_id AND appointments.campaign_id = due.campaign_id)
            THEN 'concluded'
            WHEN ending.state = 'withdrawn' THEN 'withdrawn'
            WHEN joined.joined_to IS NOT NULL THEN 'joined'
            ELSE coalesce((SELECT CASE state WHEN 'kept' THEN 'attended' WHEN 'missed' THEN 'missed'
                                             ELSE 'booked' END
                           FROM appointments WHERE appointments.worker_id = due.worker_id
                             AND appointments.campaign_id = due.campaign_id AND state <> 'cancelled'
                           ORDER BY state = 'kept' DESC, state = 'missed', day DESC LIMIT 1),
                          ending.state, 'open') END AS state
FROM health_checks AS due LEFT JOIN health_check_ends AS ending USING (health_check_id)
LEFT JOIN joined_checks AS joined USING (health_check_id)
WHERE due.campaign_id = $1 AND due.unit_id = ANY($2::uuid[]) AND (due.unit_id, due.health_check_id) > ($3, $4)
ORDER BY due.unit_id, due.health_check_id LIMIT $5
"""
OF_WORKERS = """
SELECT health_check_id, campaign_id, unit_id, package, stations, interval_months, due_on, legal_deadline, grounds
FROM health_checks WHERE worker_id = ANY($1::uuid[]) ORDER BY due_on, health_check_id
"""


async def record(tx: Transaction, batch: Batch[HealthCheckBecameDue]) -> None:
    """Remember due checks, and that those which had ended are due again."""
    await tx.execute(RECORD, as_rows(batch.events))
    await tx.execute(REOPEN, [event.health_check_id for event in batch.events])


async def withdraw(tx: Transaction, batch: Batch[HealthCheckWithdrawn]) -> None:
    """Remember checks that ended without a visit."""
    await tx.execute(WITHDRAW, as_rows(batch.events))


async def defer(tx: Transaction, batch: Batch[HealthCheckDeferred]) -> None:
    """Remember why no plan had a place."""
    await tx.execute(DEFER, as_rows(batch.events))


async def of_campaign(
    db: Reader, campaign_id: UUID, unit_ids: list[UUID], *, after: tuple[UUID, UUID], limit: int
) -> list[dict[str, Any]]:
    """A page of a campaign's checks in some units, by unit and id."""
    return dicts(await db.fetch(OF_CAMPAIGN, campaign_id, unit_ids, *after, limit))


async def of_workers(db: Reader, worker_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """All checks of these workers."""
    return dicts(await db.fetch(OF_WORKERS, list(worker_ids)))
