"""What clinics found, restricted: proposed classes and conclusions; and that a visit was concluded, for all."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.results import ClassProposed, FindingEscalated, VisitConcluded
from gateway.read_models.records import Reader, as_rows, as_told_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

PROPOSE = """
INSERT INTO class_proposals SELECT (row ->> 'visit_id')::uuid, row ->> 'clinic_id', row - 'answers'
FROM jsonb_array_elements($1::jsonb) AS row
ON CONFLICT (visit_id) DO UPDATE SET clinic_id = excluded.clinic_id, body = excluded.body
"""
ESCALATE = """
INSERT INTO escalations (visit_id, code, clinic_id, station, told_at, message_vi, message_en)
SELECT (told ->> 'visit_id')::uuid, one ->> 'code', told ->> 'clinic_id', told ->> 'station',
       (told ->> 'at')::timestamptz, one ->> 'message_vi', one ->> 'message_en'
FROM jsonb_array_elements($1::jsonb) AS told CROSS JOIN LATERAL jsonb_array_elements(told -> 'escalations') AS one
ON CONFLICT (visit_id, code) DO NOTHING
"""
ESCALATIONS = """
SELECT code, station, told_at, message_vi, message_en FROM escalations WHERE visit_id = $1 AND clinic_id = $2
ORDER BY told_at, code
"""
CONCLUDE = """
INSERT INTO examinations
SELECT (row ->> 'visit_id')::uuid, (row ->> 'version')::int, (row ->> 'worker_id')::uuid, row ->> 'clinic_id',
       row - 'answers'
FROM jsonb_array_elements($1::jsonb) AS row
ON CONFLICT (visit_id, version) DO NOTHING
"""
CONCLUDE_VISIT = """
INSERT INTO visits SELECT * FROM json_populate_recordset(NULL::visits, $1::json)
ON CONFLICT (visit_id) DO UPDATE
SET concluded_on = excluded.concluded_on, valid_until = excluded.valid_until, version = excluded.version
WHERE visits.version < excluded.version
"""
PROPOSALS = "SELECT body FROM class_proposals WHERE visit_id = ANY($1::uuid[]) AND clinic_id = $2 ORDER BY visit_id"
OF_WORKERS = """
SELECT body FROM examinations WHERE worker_id = ANY($1::uuid[]) ORDER BY body ->> 'concluded_on', visit_id, version
"""
CONCLUSIONS = "SELECT body FROM examinations WHERE visit_id = $1 AND clinic_id = $2 ORDER BY version"
VISITS_OF_WORKERS = """
SELECT visit_id, concluded_on, valid_until FROM visits WHERE worker_id = ANY($1::uuid[]) ORDER BY concluded_on
"""


async def propose(tx: Transaction, batch: Batch[ClassProposed]) -> None:
    """Remember the latest proposal of each visit."""
    await tx.execute(PROPOSE, as_rows(batch.events))


async def escalate(tx: Transaction, batch: Batch[FindingEscalated]) -> None:
    """Remember what cannot wait."""
    await tx.execute(ESCALATE, as_told_rows(batch))


async def conclude(tx: Transaction, batch: Batch[Any]) -> None:
    """Remember a version of each conclusion."""
    await tx.execute(CONCLUDE, as_rows(batch.events))


async def conclude_visit(tx: Transaction, batch: Batch[VisitConcluded]) -> None:
    """Remember that visits were concluded."""
    await tx.execute(CONCLUDE_VISIT, as_rows(batch.events))


async def proposals(db: Reader, visit_ids: Sequence[UUID], clinic_id: str) -> list[str]:
    """The latest proposals of many of a clinic's visits, as JSON, by visit."""
    return [row["body"] for row in await db.fetch(PROPOSALS, list(visit_ids), clinic_id)]


async def escalations(db: Reader, visit_id: UUID, clinic_id: str) -> list[dict[str, Any]]:
    """What cannot wait of a clinic's visit, in the order in which it was told."""
    return dicts(await db.fetch(ESCALATIONS, visit_id, clinic_id))


async def conclusions(db: Reader, visit_id: UUID, clinic_id: str) -> list[dict[str, Any]]:
    """Every version of the conclusion of a clinic's visit."""
    return dicts(await db.fetch(CONCLUSIONS, visit_id, clinic_id))


async def of_workers(db: Reader, worker_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """Every version of every conclusion about these workers."""
    return dicts(await db.fetch(OF_WORKERS, list(worker_ids)))


async def visits_of_workers(db: Reader, worker_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The concluded visits of these workers."""
    return dicts(await db.fetch(VISITS_OF_WORKERS, list(worker_ids)))
