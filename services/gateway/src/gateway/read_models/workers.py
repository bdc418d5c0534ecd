"""Where each worker belongs: what is needed to know who may speak for whom, and nothing more."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.registry import WorkerLeft
from gateway.parties import Caller
from gateway.read_models import organisations
from gateway.read_models.records import as_rows
from shared.consuming import Batch
from shared.database import Transaction

RECORD = """
INSERT INTO workers (worker_id, unit_id, employer_id, line_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[])
ON CONFLICT (worker_id) DO UPDATE
SET unit_id = excluded.unit_id, employer_id = excluded.employer_id, line_id = excluded.line_id, left_on = NULL,
    other_employers = '{}'
"""
EMPLOY_ELSEWHERE = """
UPDATE workers SET other_employers = told.employers
FROM (SELECT worker_id, array_agg(employer_id ORDER BY employer_id) AS employers
      FROM unnest($1::uuid[], $2::uuid[]) AS other (worker_id, employer_id) GROUP BY worker_id) AS told
WHERE workers.worker_id = told.worker_id
"""
LEAVE = """
UPDATE workers SET left_on = gone.left_on, other_employers = '{}'
FROM json_populate_recordset(NULL::workers, $1::json) AS gone
WHERE workers.worker_id = gone.worker_id AND workers.unit_id = gone.unit_id
"""
UNITS_OF = "SELECT worker_id, unit_id FROM workers WHERE worker_id = ANY($1::uuid[])"


async def record(tx: Transaction, batch: Batch[Any]) -> None:
    """Remember where each worker belongs now, and who else employs them."""
    facts = batch.events
    await tx.execute(
        RECORD, [fact.worker_id for fact in facts], [fact.unit_id for fact in facts],
        [fact.employer_id for fact in facts], [fact.line_id for fact in facts],
    )  # fmt: skip
    latest = {fact.worker_id: fact.employments for fact in facts}
    others = [(worker_id, other.employer_id) for worker_id, known in latest.items() for other in known]
    if others:
        await tx.execute(EMPLOY_ELSEWHERE, *map(list, zip(*others, strict=True)))


async def leave(tx: Transaction, batch: Batch[WorkerLeft]) -> None:
    """Remember who left the unit they belonged to."""
    await tx.execute(LEAVE, as_rows(batch.events))


async def outside(tx: Transaction, caller: Caller, worker_ids: Sequence[UUID]) -> list[UUID]:
    """Those workers who are known to belong to a unit outside the caller's subtree."""
    unit_of = {row["worker_id"]: row["unit_id"] for row in await tx.fetch(UNITS_OF, list(worker_ids))}
    foreign = set(await organisations.outside(tx, caller, sorted(set(unit_of.values()), key=str)))
    return [worker_id for worker_id, unit_id in unit_of.items() if unit_id in foreign]
