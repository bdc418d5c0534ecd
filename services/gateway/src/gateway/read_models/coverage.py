"""Coverage of every unit by day, as coordination states it: people and visits, never mixed."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from contracts.coordination import CoverageChanged
from gateway.read_models import organisations
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

RECORD = """
INSERT INTO coverage SELECT * FROM json_populate_recordset(NULL::coverage, $1::json)
ON CONFLICT (campaign_id, unit_id, as_of) DO UPDATE
SET tree_as_of = excluded.tree_as_of, target_pct = excluded.target_pct, figures = excluded.figures
"""
OF_UNITS = """
SELECT DISTINCT ON (unit_id) unit_id, campaign_id, as_of, tree_as_of, target_pct, figures
FROM coverage WHERE campaign_id = $1 AND unit_id = ANY($2::uuid[]) AND as_of <= $3
ORDER BY unit_id, as_of DESC
"""
HISTORY = """
SELECT unit_id, campaign_id, as_of, tree_as_of, target_pct, figures
FROM coverage WHERE campaign_id = $1 AND unit_id = $2 AND as_of <= $3 ORDER BY as_of
"""


async def record(tx: Transaction, batch: Batch[CoverageChanged]) -> None:
    """Remember each unit's figures as of a day."""
    await tx.execute(RECORD, as_rows(batch.events))


async def of_units(
    db: Reader, campaign_id: UUID, unit_ids: Sequence[UUID], as_of: date | None
) -> dict[UUID, dict[str, Any]]:
    """The latest figures of each unit on a day, those with none left out."""
    rows = await db.fetch(OF_UNITS, campaign_id, list(unit_ids), as_of or organisations.FOR_EVER)
    return {row["unit_id"]: dict(row) for row in rows}


async def history(db: Reader, campaign_id: UUID, unit_id: UUID, as_of: date | None) -> list[dict[str, Any]]:
    """How a unit's figures went, day by day."""
    return dicts(await db.fetch(HISTORY, campaign_id, unit_id, as_of or organisations.FOR_EVER))
