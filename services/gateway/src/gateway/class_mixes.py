"""Class mixes for unions: released once per campaign, by its tree, when both parties have signed its closing.

A figure that could be read again and again while results come in would tell, by its differences, what was found with
whoever came last; so there is one release per campaign, and it never changes.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.coordination import CampaignClosed
from contracts.results import FitnessStated
from gateway import suppression
from gateway.read_models import campaigns, fitness, organisations
from gateway.read_models.records import Reader
from gateway.suppression import Cells
from shared.consuming import Batch
from shared.database import Transaction

GROUPS = ("I-II", "III", "IV-V")

# Closed, all its conclusions seen, and not released yet; the row lock keeps a second process from releasing it too.
LOCK_DUE = """
SELECT closings.campaign_id, on_day, coalesce(tree_as_of, on_day) AS tree_as_of
FROM closings LEFT JOIN campaigns USING (campaign_id)
WHERE closings.state = 'closed'
  AND NOT EXISTS (SELECT FROM class_mixes WHERE class_mixes.campaign_id = closings.campaign_id)
  AND (closings.figures ->> 'examined')::int + (closings.figures ->> 'late_joiners_examined')::int
      <= (SELECT count(DISTINCT counts_as(campaign_id, worker_id)) FROM fitness
          WHERE fitness.campaign_id = closings.campaign_id)
ORDER BY campaign_id FOR UPDATE OF closings
"""
# A person counts once, in the unit and with the class of the latest statement.
CELLS = """
SELECT unit_id, count(*) FILTER (WHERE final_class <= 2) AS strong, count(*) FILTER (WHERE final_class = 3) AS fair,
       count(*) FILTER (WHERE final_class >= 4) AS weak
FROM (SELECT DISTINCT ON (person_of(stated.worker_id)) stated.unit_id, stated.final_class
      FROM fitness AS stated LEFT JOIN visits USING (visit_id)
      WHERE stated.campaign_id = $1
      ORDER BY person_of(stated.worker_id), visits.concluded_on DESC NULLS LAST, visit_id) AS person
GROUP BY unit_id
"""
RELEASE = """
INSERT INTO class_mixes (campaign_id, unit_id, as_of, tree_as_of, people, groups)
SELECT $1, unit_id, $2, $3, people, groups::jsonb
FROM unnest($4::uuid[], $5::int[], $6::text[]) AS row (unit_id, people, groups)
"""
GET = """
SELECT campaign_id, unit_id, as_of, tree_as_of, people, groups FROM class_mixes
WHERE unit_id = $1 AND campaign_id = $2
"""


async def close_campaigns(tx: Transaction, batch: Batch[CampaignClosed]) -> None:
    """Remember the signed figures, and release what stands behind them."""
    await campaigns.close(tx, batch)
    await release_due(tx)


async def state_fitness(tx: Transaction, batch: Batch[FitnessStated]) -> None:
    """Remember statements of fitness; the last one of a closed campaign makes its release due."""
    await fitness.record(tx, batch)
    await release_due(tx)


async def release_due(tx: Transaction) -> None:
    """Release the class mixes of closed campaigns whose conclusions are all here."""
    for row in await tx.fetch(LOCK_DUE):
        own = {cell["unit_id"]: tuple(cell)[1:] for cell in await tx.fetch(CELLS, row["campaign_id"])}
        parents = {**dict.fromkeys(own), **await organisations.parents(tx, row["tree_as_of"])}
        rows = released_rows(parents, own)
        if rows:
            days = row["on_day"], row["tree_as_of"]
            await tx.execute(RELEASE, row["campaign_id"], *days, *map(list, zip(*rows, strict=True)))


def released_rows(parents: suppression.Parents, own: dict[UUID, Cells]) -> Sequence[tuple[UUID, int, str | None]]:
    """Every unit with examined people: how many, and per group where that may be shown."""
    shown = suppression.releasable(parents, own)
    return [
        (unit, sum(cells), _as_json(cells) if unit in shown else None)
        for unit, cells in suppression.totals(parents, own).items()
        if sum(cells)
    ]


def _as_json(cells: Cells) -> str:
    return "{" + ", ".join(f'"{group}": {number}' for group, number in zip(GROUPS, cells, strict=True)) + "}"


async def of_unit(db: Reader, unit_id: UUID, campaign_id: UUID) -> dict[str, Any] | None:
    """The released row of a unit; its groups are null where they are suppressed, all is None before the release."""
    row = await db.fetchrow(GET, unit_id, campaign_id)
    return dict(row) if row else None
