"""Class and work restrictions: named for employer and worker, in suppressed groups for the union."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.results import FitnessStated
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

RECORD = """
INSERT INTO fitness SELECT * FROM json_populate_recordset(NULL::fitness, $1::json)
ON CONFLICT (visit_id) DO UPDATE
SET unit_id = excluded.unit_id, employer_id = excluded.employer_id, final_class = excluded.final_class,
    restrictions = excluded.restrictions, version = excluded.version
WHERE fitness.version < excluded.version
"""
OF_EMPLOYER = """
SELECT fitness.worker_id, fitness.campaign_id, visits.concluded_on, fitness.final_class, fitness.restrictions,
       fitness.visit_id
FROM fitness LEFT JOIN visits USING (visit_id)
WHERE (fitness.employer_id = $1 OR fitness.worker_id IN (
        SELECT worker_id FROM workers WHERE other_employers @> ARRAY[$1::uuid] AND other_employers <> '{}'))
  AND ($2::uuid IS NULL OR fitness.campaign_id = $2)
  AND (fitness.worker_id, fitness.visit_id) > ($3, $4)
ORDER BY fitness.worker_id, fitness.visit_id LIMIT $5
"""
OF_WORKERS = "SELECT visit_id, campaign_id, final_class, restrictions FROM fitness WHERE worker_id = ANY($1::uuid[])"


async def record(tx: Transaction, batch: Batch[FitnessStated]) -> None:
    """Remember the latest statement of each visit."""
    await tx.execute(RECORD, as_rows(batch.events))


async def of_employer(
    db: Reader, employer_id: UUID, campaign_id: UUID | None, *, after: tuple[UUID, UUID], limit: int
) -> list[dict[str, Any]]:
    """A page of what an employer may know, by worker."""
    return dicts(await db.fetch(OF_EMPLOYER, employer_id, campaign_id, *after, limit))


async def of_workers(db: Reader, worker_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """What was stated about these workers."""
    return dicts(await db.fetch(OF_WORKERS, list(worker_ids)))
