"""A campaign's totals, counted by the gateway itself from what passed it; coordination's must be the same."""

from uuid import UUID

from gateway.read_models.records import Reader

COUNT = """
SELECT (SELECT coalesce(sum(due), 0) FROM frozen_units WHERE campaign_id = $1) AS in_scope,
       (SELECT count(DISTINCT worker_id) FROM visits WHERE campaign_id = $1) AS examined,
       (SELECT count(*) FROM appointments WHERE campaign_id = $1 AND state = 'kept') AS visits
"""


async def count(db: Reader, campaign_id: UUID) -> dict[str, int]:
    """People in the frozen scope, people with a concluded visit, and attended visits."""
    row = await db.fetchrow(COUNT, campaign_id)
    return {name: int(number) for name, number in dict(row or {}).items()}
