"""Which workers are one person, and which of their checks counts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.registry import WorkerMerged, WorkerMergeUndone
from contracts.scheduling import HealthCheckJoined, HealthCheckSeparated
from gateway.read_models.records import Reader, as_rows
from shared.consuming import Batch
from shared.database import Transaction

# In whatever order a worker's turns come, the highest version holds.
PUT_TURNS = """
INSERT INTO merges SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])
ON CONFLICT (worker_id) DO UPDATE SET person_id = excluded.person_id, version = excluded.version
WHERE merges.version < excluded.version
"""
JOIN = """
INSERT INTO joined_checks SELECT health_check_id, joined_to FROM json_populate_recordset(NULL::joined_checks, $1::json)
ON CONFLICT (health_check_id) DO UPDATE SET joined_to = excluded.joined_to
"""
SEPARATE = "DELETE FROM joined_checks WHERE health_check_id = ANY($1::uuid[])"
ALL_OF = """
SELECT worker_id FROM merges WHERE person_id = person_of($1) UNION SELECT person_of($1) UNION SELECT $1 ORDER BY 1
"""


async def stand(tx: Transaction, batch: Batch[WorkerMerged] | Batch[WorkerMergeUndone]) -> None:
    """Remember who stands for these workers."""
    turns = batch.events
    await tx.execute(PUT_TURNS, [t.worker_id for t in turns], [t.stand_in for t in turns], [t.version for t in turns])


async def join(tx: Transaction, batch: Batch[HealthCheckJoined]) -> None:
    """Remember checks that count with another."""
    await tx.execute(JOIN, as_rows(batch.events))


async def part(tx: Transaction, batch: Batch[HealthCheckSeparated]) -> None:
    """Remember checks that count by themselves again."""
    await tx.execute(SEPARATE, [event.health_check_id for event in batch.events])


async def all_of(db: Reader, worker_id: UUID) -> list[UUID]:
    """Every worker who is the same person, this one included."""
    rows: Sequence[Any] = await db.fetch(ALL_OF, worker_id)
    return [row["worker_id"] for row in rows]
