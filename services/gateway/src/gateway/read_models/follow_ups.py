"""Follow-ups: cases for the clinic and the worker, only the share of closed loops for the union."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.results import FollowUpClosed, FollowUpOpened
from gateway.parties import Caller
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

OPEN = """
INSERT INTO follow_ups SELECT * FROM json_populate_recordset(NULL::follow_ups, $1::json)
ON CONFLICT (follow_up_id) DO UPDATE
SET clinic_id = excluded.clinic_id, kind = excluded.kind, reason = excluded.reason, due_on = excluded.due_on,
    text_vi = excluded.text_vi, text_en = excluded.text_en, legal_source = excluded.legal_source
"""
CLOSE = """
INSERT INTO follow_ups SELECT * FROM json_populate_recordset(NULL::follow_ups, $1::json)
ON CONFLICT (follow_up_id) DO UPDATE SET closed_on = excluded.closed_on, outcome = excluded.outcome
"""
COLUMNS = """
SELECT follow_up_id, visit_id, worker_id, campaign_id, clinic_id, kind, reason, due_on, closed_on, outcome, text_vi,
       text_en, legal_source
"""
OF_CLINIC = f"""{COLUMNS} FROM follow_ups WHERE clinic_id = $1 AND ($2::boolean IS NULL OR (closed_on IS NULL) = $2)
  AND follow_up_id > $3 ORDER BY follow_up_id LIMIT $4
"""
OF_WORKERS = f"{COLUMNS} FROM follow_ups WHERE worker_id = ANY($1::uuid[]) ORDER BY due_on"
# A share in tenths, and only where opened, closed and open loops are at least ten people each: neither a count nor a
# single person's loop can be told from it.
SHARE = """
SELECT CASE WHEN opened >= $3 AND closed >= $3 AND opened - closed >= $3
            THEN (round(closed * 10.0 / opened) * 10)::int END
FROM (SELECT count(DISTINCT person_of(worker_id)) AS opened,
             count(DISTINCT person_of(worker_id)) FILTER (WHERE closed_on IS NOT NULL) AS closed
      FROM follow_ups WHERE campaign_id = $1 AND unit_id = ANY($2::uuid[])) AS loops
"""
OF_OTHERS = "SELECT follow_up_id FROM follow_ups WHERE follow_up_id = ANY($1::uuid[]) AND clinic_id <> $2"


async def open_(tx: Transaction, batch: Batch[FollowUpOpened]) -> None:
    """Remember opened follow-ups."""
    await tx.execute(OPEN, as_rows(batch.events))


async def close(tx: Transaction, batch: Batch[FollowUpClosed]) -> None:
    """Remember closed follow-ups."""
    await tx.execute(CLOSE, as_rows(batch.events))


async def of_clinic(
    db: Reader, clinic_id: str, *, still_open: bool | None, after: UUID, limit: int
) -> list[dict[str, Any]]:
    """A page of a clinic's follow-ups, by id."""
    return dicts(await db.fetch(OF_CLINIC, clinic_id, still_open, after, limit))


async def of_workers(db: Reader, worker_ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The follow-ups of these workers."""
    return dicts(await db.fetch(OF_WORKERS, list(worker_ids)))


async def closed_share(db: Reader, campaign_id: UUID, unit_ids: Sequence[UUID], *, at_least: int) -> int | None:
    """The share of closed loops in percent, to the nearest ten; None where too few people stand behind it."""
    share: int | None = await db.fetchval(SHARE, campaign_id, list(unit_ids), at_least)
    return share


async def of_others(tx: Transaction, caller: Caller, follow_up_ids: Sequence[UUID]) -> list[UUID]:
    """Those follow-ups that are known to be another clinic's."""
    return [row["follow_up_id"] for row in await tx.fetch(OF_OTHERS, list(follow_up_ids), caller.party_id)]
