"""A campaign's totals, counted by the gateway itself from what passed it; coordination's must be the same."""

from uuid import UUID

from gateway.read_models.records import Reader

# Checks of one person count once; from a closing on as coordination knew who is one person when it proposed it.
COUNT = """
SELECT (SELECT coalesce(sum(due), 0) FROM frozen_units WHERE campaign_id = $1)
       - (SELECT count(*) - count(DISTINCT coalesce(joined_to, health_check_id))
          FROM health_checks JOIN frozen_units USING (campaign_id, unit_id)
          LEFT JOIN counting_joins USING (campaign_id, health_check_id)
          WHERE campaign_id = $1 AND NOT late_joiner) AS in_scope,
       (SELECT count(DISTINCT counts_as(campaign_id, worker_id)) FROM visits WHERE campaign_id = $1) AS examined,
       (SELECT count(*) FROM appointments WHERE campaign_id = $1 AND state = 'kept') AS visits
"""


async def count(db: Reader, campaign_id: UUID) -> dict[str, int]:
    """People in the frozen scope, people with a concluded visit, and attended visits."""
    row = await db.fetchrow(COUNT, campaign_id)
    return {name: int(number) for name, number in dict(row or {}).items()}
