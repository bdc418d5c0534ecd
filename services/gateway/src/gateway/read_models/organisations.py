"""The union tree as of any day, and who stands under whom in it."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from gateway.parties import Caller
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

FOR_EVER = date(9000, 1, 1)

RECORD = """
INSERT INTO organisations (organisation_id, valid_from, kind, name, code, parent_id, province_code, commune_code,
                           code_system, former_place)
SELECT organisation_id, valid_from, kind, name, code, parent_id, province_code, commune_code, code_system, former_place
FROM json_populate_recordset(NULL::organisations, $1::json)
ON CONFLICT (organisation_id, valid_from) DO UPDATE
SET kind = excluded.kind, name = excluded.name, code = excluded.code, parent_id = excluded.parent_id,
    province_code = excluded.province_code, commune_code = excluded.commune_code, code_system = excluded.code_system,
    former_place = excluded.former_place
"""

# Walks up from each unit; a chain that ends at a root without passing the party's unit is outside. Where a link is
# not known yet, nothing is claimed: registry decides when it is.
OUTSIDE = """
WITH RECURSIVE up (asked, node, steps) AS (
    SELECT asked, asked, 0 FROM unnest($1::uuid[]) AS asked
    UNION ALL
    SELECT up.asked, version.parent_id, steps + 1
    FROM up CROSS JOIN LATERAL (SELECT * FROM organisation_on(up.node, $3)) AS version
    WHERE up.node <> $2 AND steps < 30 AND version.parent_id IS NOT NULL
)
SELECT asked FROM up CROSS JOIN LATERAL (
    SELECT up.node = $2 AS own, (SELECT version.parent_id IS NULL FROM organisation_on(up.node, $3) AS version) AS root
) AS place
GROUP BY asked HAVING NOT bool_or(own) AND coalesce(bool_or(root), false)
"""
WITHIN = """
WITH RECURSIVE up (asked, node, steps) AS (
    SELECT asked, asked, 0 FROM unnest($1::uuid[]) AS asked
    UNION ALL
    SELECT up.asked, version.parent_id, steps + 1
    FROM up CROSS JOIN LATERAL (SELECT * FROM organisation_on(up.node, $3)) AS version
    WHERE up.node <> $2 AND steps < 30 AND version.parent_id IS NOT NULL
)
SELECT asked FROM up GROUP BY asked HAVING bool_or(node = $2)
"""
TREE = """
WITH RECURSIVE known AS (
    SELECT DISTINCT ON (organisation_id) * FROM organisations WHERE valid_from <= $2
    ORDER BY organisation_id, valid_from DESC
), tree AS (
    SELECT known.*, 0 AS depth FROM known WHERE CASE WHEN $1::uuid IS NULL THEN parent_id IS NULL
                                                     ELSE organisation_id = $1 END
    UNION ALL
    SELECT known.*, tree.depth + 1 FROM known JOIN tree ON known.parent_id = tree.organisation_id WHERE tree.depth < 30
)
SELECT organisation_id, kind, name, code, parent_id, province_code, commune_code, code_system, former_place, valid_from,
       depth
FROM tree WHERE organisation_id > $3 AND ($5::text IS NULL OR (kind IN ('EMPLOYER', 'PARK')) = ($5 = 'workplaces'))
ORDER BY organisation_id LIMIT $4
"""
SUBTREE = """
WITH RECURSIVE known AS (
    SELECT DISTINCT ON (organisation_id) organisation_id, parent_id FROM organisations WHERE valid_from <= $2
    ORDER BY organisation_id, valid_from DESC
), tree AS (
    SELECT $1::uuid AS organisation_id, 0 AS depth
    UNION ALL
    SELECT known.organisation_id, depth + 1 FROM known JOIN tree ON known.parent_id = tree.organisation_id
    WHERE depth < 30
)
SELECT organisation_id FROM tree
"""
ABOVE = """
WITH RECURSIVE up (node, steps) AS (
    SELECT $1::uuid, 0
    UNION ALL
    SELECT version.parent_id, steps + 1
    FROM up CROSS JOIN LATERAL (SELECT * FROM organisation_on(up.node, $2)) AS version
    WHERE steps < 30 AND version.parent_id IS NOT NULL
)
SELECT node FROM up
"""
CHILDREN = """
SELECT organisation_id FROM (SELECT DISTINCT ON (organisation_id) organisation_id, parent_id FROM organisations
                             WHERE valid_from <= $2 ORDER BY organisation_id, valid_from DESC) AS known
WHERE parent_id = $1 ORDER BY organisation_id
"""
PARENTS = """
SELECT DISTINCT ON (organisation_id) organisation_id, parent_id FROM organisations WHERE valid_from <= $1
ORDER BY organisation_id, valid_from DESC
"""


async def record(tx: Transaction, batch: Batch[Any]) -> None:
    """Remember a version of each organisation."""
    await tx.execute(RECORD, as_rows(batch.events))


async def outside(tx: Transaction, caller: Caller, units: Sequence[UUID]) -> list[UUID]:
    """Those units that are known to stand outside the caller's subtree."""
    if not units:
        return []
    day = await today(tx)
    return [row["asked"] for row in await tx.fetch(OUTSIDE, list(units), caller.uuid, day)]


async def is_within(db: Reader, unit_id: UUID, root: UUID) -> bool:
    """Whether a unit stands in the subtree of another today, or is it."""
    return bool(await within(db, [unit_id], root))


async def within(db: Reader, unit_ids: Sequence[UUID], root: UUID) -> list[UUID]:
    """Those units that stand in the subtree of another today, or are it."""
    return [row["asked"] for row in await db.fetch(WITHIN, list(unit_ids), root, await today(db))]


async def subtree(db: Reader, root: UUID, as_of: date | None = None) -> list[UUID]:
    """A unit and all below it, as of a day or today."""
    return [row["organisation_id"] for row in await db.fetch(SUBTREE, root, as_of or await today(db))]


async def kin(db: Reader, unit_id: UUID) -> list[UUID]:
    """A unit, all above it and all below it today: whose campaigns concern it."""
    above = [row["node"] for row in await db.fetch(ABOVE, unit_id, await today(db))]
    return [*above, *await subtree(db, unit_id)]


async def tree(
    db: Reader, root: UUID | None, as_of: date | None, *, after: UUID, limit: int, which: str | None = None
) -> list[dict[str, Any]]:
    """A page of the tree below `root` (everything where None) as of a day, by id: `unions`, `workplaces` or both."""
    return dicts(await db.fetch(TREE, root, as_of or await today(db), after, limit, which))


async def children(db: Reader, unit_id: UUID, as_of: date | None) -> list[UUID]:
    """The units directly below one, as of a day."""
    rows = await db.fetch(CHILDREN, unit_id, as_of or await today(db))
    return [row["organisation_id"] for row in rows]


async def parents(db: Reader, as_of: date) -> dict[UUID, UUID | None]:
    """Every organisation's parent as of a day."""
    return {row["organisation_id"]: row["parent_id"] for row in await db.fetch(PARENTS, as_of)}


async def today(db: Reader) -> date:
    """The day whose tree decides who may see what: the business date, or the end of time before the first day."""
    day: date = await db.fetchval("SELECT coalesce(max(day), $1::date) FROM days", FOR_EVER)
    return day
