"""Alerts to both parties, and the clusters behind some of them; neither names anybody."""

from typing import Any
from uuid import UUID

from contracts.coordination import AlertRaised
from contracts.results import ClusterDetected
from gateway.read_models.records import Reader, as_rows, as_told_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

RAISE = """
INSERT INTO alerts SELECT event_key, campaign_id, unit_id, kind, on_day, text_vi, text_en
FROM json_to_recordset($1::json)
  AS told (event_key uuid, campaign_id uuid, unit_id uuid, kind text, on_day date, text_vi text, text_en text)
ON CONFLICT (alert_id) DO NOTHING
"""
DETECT = "INSERT INTO clusters SELECT * FROM json_populate_recordset(NULL::clusters, $1::json) ON CONFLICT DO NOTHING"
LIST = """
SELECT alert_id, campaign_id, unit_id, kind, on_day, text_vi, text_en FROM alerts
WHERE ($1::uuid IS NULL OR campaign_id = $1)
  AND ($2::uuid[] IS NULL OR unit_id = ANY($2)
       OR unit_id IS NULL AND campaign_id IN (SELECT campaign_id FROM campaigns WHERE scope_unit_ids && $5))
  AND alert_id > $3 ORDER BY alert_id LIMIT $4
"""


async def raise_(tx: Transaction, batch: Batch[AlertRaised]) -> None:
    """Remember alerts."""
    await tx.execute(RAISE, as_told_rows(batch))


async def detect(tx: Transaction, batch: Batch[ClusterDetected]) -> None:
    """Remember clusters."""
    await tx.execute(DETECT, as_rows(batch.events))


async def listed(
    db: Reader,
    campaign_id: UUID | None,
    units: list[UUID] | None,
    concerned: list[UUID] | None,
    *,
    after: UUID,
    limit: int,
) -> list[dict[str, Any]]:
    """A page of alerts, by id; where units are named, theirs and those of whole campaigns that concern them."""
    return dicts(await db.fetch(LIST, campaign_id, units, after, limit, concerned))
