"""Programmes and campaigns: what was proposed, opened, frozen and closed, and whose word is open."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from contracts.coordination import (
    ApprovalRecorded,
    CampaignClosed,
    CampaignOpened,
    ClosingProposed,
    ClosingSupplemented,
    ProgrammeSigned,
    ScopeFrozen,
)
from contracts.scheduling import DemandDeclared
from contracts.unions import CampaignProposed, ProgrammeProposed
from gateway.parties import Caller
from gateway.read_models import organisations
from gateway.read_models.records import Reader, as_rows, as_told_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

PROPOSE_PROGRAMME = """
INSERT INTO programmes SELECT programme_id, title, union_unit_id, authority_id, valid_from, valid_to, 'proposed'
FROM json_populate_recordset(NULL::programmes, $1::json)
ON CONFLICT (programme_id) DO UPDATE
SET union_unit_id = excluded.union_unit_id, authority_id = excluded.authority_id
"""
SIGN_PROGRAMME = """
INSERT INTO programmes (programme_id, title, valid_from, valid_to, state)
SELECT programme_id, title, valid_from, valid_to, 'signed' FROM json_populate_recordset(NULL::programmes, $1::json)
ON CONFLICT (programme_id) DO UPDATE
SET title = excluded.title, valid_from = excluded.valid_from, valid_to = excluded.valid_to, state = 'signed'
"""
# A proposal that comes after the opening changes nothing: another topic carries it.
PROPOSE = """
INSERT INTO campaigns (campaign_id, programme_id, title, state, period_from, period_to, rosters_due, coverage_pct,
                       scope_unit_ids, unit_targets, funding)
SELECT campaign_id, programme_id, title, 'proposed', period_from, period_to, rosters_due, coverage_pct,
       scope_unit_ids, coalesce(unit_targets, '[]'), coalesce(funding, '[]')
FROM json_populate_recordset(NULL::campaigns, $1::json)
ON CONFLICT (campaign_id) DO UPDATE
SET title = excluded.title, period_from = excluded.period_from, period_to = excluded.period_to,
    rosters_due = excluded.rosters_due, coverage_pct = excluded.coverage_pct, scope_unit_ids = excluded.scope_unit_ids,
    unit_targets = excluded.unit_targets, funding = excluded.funding
WHERE campaigns.state = 'proposed'
"""
OPEN = """
INSERT INTO campaigns (campaign_id, programme_id, title, state, period_from, period_to, rosters_due, coverage_pct,
                       scope_unit_ids, unit_ids, tree_as_of, unit_targets, funding)
SELECT campaign_id, programme_id, title, 'open', period_from, period_to, rosters_due, coverage_pct,
       scope_unit_ids, unit_ids, tree_as_of, unit_targets, funding
FROM json_populate_recordset(NULL::campaigns, $1::json)
ON CONFLICT (campaign_id) DO UPDATE
SET title = excluded.title, state = 'open', period_from = excluded.period_from, period_to = excluded.period_to,
    rosters_due = excluded.rosters_due, coverage_pct = excluded.coverage_pct, scope_unit_ids = excluded.scope_unit_ids,
    unit_ids = excluded.unit_ids, tree_as_of = excluded.tree_as_of, unit_targets = excluded.unit_targets,
    funding = excluded.funding
"""
DECLARE_DEMAND = """
INSERT INTO demands SELECT campaign_id, unit_id, workers, due FROM json_populate_recordset(NULL::demands, $1::json)
ON CONFLICT (campaign_id, unit_id) DO UPDATE SET workers = excluded.workers, due = excluded.due
"""
FREEZE = """
INSERT INTO frozen_scopes SELECT * FROM json_populate_recordset(NULL::frozen_scopes, $1::json)
ON CONFLICT (campaign_id) DO NOTHING
"""
FREEZE_UNITS = """
INSERT INTO frozen_units
SELECT scope.campaign_id, unit.unit_id, unit.workers, unit.due
FROM json_to_recordset($1::json) AS scope (campaign_id uuid, units json)
CROSS JOIN LATERAL json_populate_recordset(NULL::frozen_units, scope.units) AS unit
ON CONFLICT (campaign_id, unit_id) DO NOTHING
"""
PROPOSE_CLOSING = """
INSERT INTO closings (campaign_id, state, on_day, figures, digest)
SELECT campaign_id, 'proposed', on_day, figures, digest FROM json_populate_recordset(NULL::closings, $1::json)
ON CONFLICT (campaign_id) DO UPDATE
SET on_day = excluded.on_day, figures = excluded.figures, digest = excluded.digest WHERE closings.state = 'proposed'
"""
CLOSING_JOINS = """
WITH told AS (
    SELECT * FROM json_to_recordset($1::json) AS told (campaign_id uuid, joined json)
    WHERE json_typeof(joined) = 'array'
), known AS (
    UPDATE closings SET joins_told = true FROM told WHERE closings.campaign_id = told.campaign_id
)
INSERT INTO closing_joins (campaign_id, health_check_id, joined_to)
SELECT campaign_id, one.health_check_id, one.joined_to
FROM told CROSS JOIN LATERAL json_to_recordset(joined) AS one (health_check_id uuid, joined_to uuid)
ON CONFLICT (campaign_id, health_check_id) DO UPDATE SET joined_to = excluded.joined_to
"""
CLOSE = """
INSERT INTO closings (campaign_id, state, on_day, figures, digest, signature, public_key)
SELECT campaign_id, 'closed', on_day, figures, digest, signature, public_key
FROM json_populate_recordset(NULL::closings, $1::json)
ON CONFLICT (campaign_id) DO UPDATE
SET state = 'closed', on_day = excluded.on_day, figures = excluded.figures, digest = excluded.digest,
    signature = excluded.signature, public_key = excluded.public_key
"""
SUPPLEMENT = """
UPDATE closings SET examined_late = late.examined_late
FROM json_to_recordset($1::json) AS late (campaign_id uuid, examined_late int)
WHERE closings.campaign_id = late.campaign_id
"""
APPROVE = """
INSERT INTO approvals (subject, subject_id, party, missing, at)
SELECT subject, subject_id, party, missing, at FROM json_populate_recordset(NULL::approvals, $1::json)
ON CONFLICT (subject, subject_id, party) DO UPDATE SET missing = excluded.missing, at = excluded.at
"""

STAGE = """CASE WHEN closings.state = 'closed' THEN 'closed' WHEN closings.state = 'proposed' THEN 'closing'
                WHEN frozen.campaign_id IS NOT NULL THEN 'frozen' ELSE campaigns.state END"""
GET = f"""
SELECT campaigns.*, {STAGE} AS stage,
       frozen.on_day AS frozen_on, frozen.missing_unit_ids,
       (SELECT sum(due) FROM frozen_units WHERE campaign_id = $1) AS due,
       (SELECT count(*) FROM demands WHERE campaign_id = $1) AS units_with_demand,
       closings.on_day AS closing_on, closings.figures AS closing_figures, closings.digest, closings.signature,
       closings.public_key, closings.examined_late
FROM campaigns LEFT JOIN frozen_scopes AS frozen USING (campaign_id) LEFT JOIN closings USING (campaign_id)
WHERE campaign_id = $1 AND ($2::uuid[] IS NULL OR scope_unit_ids && $2)
"""  # noqa: S608 - STAGE is a constant
APPROVALS = """
SELECT subject, party, missing, at FROM approvals WHERE subject_id = ANY($1::uuid[]) ORDER BY subject, party
"""
LIST = f"""
SELECT campaign_id, programme_id, title, {STAGE} AS state, period_from, period_to
FROM campaigns LEFT JOIN frozen_scopes AS frozen USING (campaign_id) LEFT JOIN closings USING (campaign_id)
WHERE campaign_id > $1 AND ($3::uuid[] IS NULL OR scope_unit_ids && $3) ORDER BY campaign_id LIMIT $2
"""  # noqa: S608 - STAGE is a constant
SCOPES = "SELECT campaign_id, scope_unit_ids FROM campaigns WHERE campaign_id = ANY($1::uuid[])"
DENOMINATORS = """
SELECT unit_id, workers, due FROM frozen_units
WHERE campaign_id = $1 AND unit_id > $2 AND ($4::uuid[] IS NULL OR unit_id = ANY($4)) ORDER BY unit_id LIMIT $3
"""


async def tree_as_of(db: Reader, campaign_id: UUID) -> date | None:
    """The day whose tree a campaign counts by; None until it was opened."""
    day: date | None = await db.fetchval("SELECT tree_as_of FROM campaigns WHERE campaign_id = $1", campaign_id)
    return day


async def propose_programme(tx: Transaction, batch: Batch[ProgrammeProposed]) -> None:
    """Remember proposed programmes."""
    await tx.execute(PROPOSE_PROGRAMME, as_rows(batch.events))


async def sign_programme(tx: Transaction, batch: Batch[ProgrammeSigned]) -> None:
    """Remember that both parties signed."""
    await tx.execute(SIGN_PROGRAMME, as_rows(batch.events))


async def propose(tx: Transaction, batch: Batch[CampaignProposed]) -> None:
    """Remember proposed campaigns."""
    await tx.execute(PROPOSE, as_rows(batch.events))


async def open_(tx: Transaction, batch: Batch[CampaignOpened]) -> None:
    """Remember what both parties agreed on."""
    await tx.execute(OPEN, as_rows(batch.events))


async def declare_demand(tx: Transaction, batch: Batch[DemandDeclared]) -> None:
    """Remember the demand of each unit."""
    await tx.execute(DECLARE_DEMAND, as_rows(batch.events))


async def freeze(tx: Transaction, batch: Batch[ScopeFrozen]) -> None:
    """Remember the denominators that no longer change."""
    rows = as_rows(batch.events)
    await tx.execute(FREEZE, rows)
    await tx.execute(FREEZE_UNITS, rows)


async def propose_closing(tx: Transaction, batch: Batch[ClosingProposed]) -> None:
    """Remember the figures that both parties are to sign, and which checks they count as one."""
    told = as_rows(batch.events)
    await tx.execute(PROPOSE_CLOSING, told)
    await tx.execute(CLOSING_JOINS, told)


async def close(tx: Transaction, batch: Batch[CampaignClosed]) -> None:
    """Remember the signed figures."""
    await tx.execute(CLOSE, as_rows(batch.events))


async def supplement(tx: Transaction, batch: Batch[ClosingSupplemented]) -> None:
    """Remember how many were examined after all."""
    await tx.execute(SUPPLEMENT, as_rows(batch.events))


async def approve(tx: Transaction, batch: Batch[ApprovalRecorded]) -> None:
    """Remember whose word counts."""
    await tx.execute(APPROVE, as_told_rows(batch))


async def get(db: Reader, campaign_id: UUID, units: list[UUID] | None) -> dict[str, Any] | None:
    """A campaign with its stage, closing and approvals; None where there is none, or none that has these in scope."""
    row = await db.fetchrow(GET, campaign_id, units)
    if row is None:
        return None
    approvals = await db.fetch(APPROVALS, [campaign_id, row["programme_id"]])
    return {**dict(row), "state": row["stage"], "approvals": dicts(approvals)}


async def listed(db: Reader, units: list[UUID] | None, *, after: UUID, limit: int) -> list[dict[str, Any]]:
    """A page of campaigns, by id; of those that have some of the units in scope, where named."""
    return dicts(await db.fetch(LIST, after, limit, units))


async def denominators(
    db: Reader, campaign_id: UUID, units: list[UUID] | None, *, after: UUID, limit: int
) -> list[dict[str, Any]]:
    """A page of the frozen denominators, by unit; of some units, where named."""
    return dicts(await db.fetch(DENOMINATORS, campaign_id, after, limit, units))


async def outside(tx: Transaction, caller: Caller, campaign_ids: Sequence[UUID]) -> list[UUID]:
    """Those campaigns whose scope is known to reach beyond the caller's subtree."""
    scopes = {row["campaign_id"]: row["scope_unit_ids"] for row in await tx.fetch(SCOPES, list(campaign_ids))}
    units = sorted({unit for scope in scopes.values() for unit in scope}, key=str)
    foreign = set(await organisations.outside(tx, caller, units))
    return [campaign_id for campaign_id, scope in scopes.items() if foreign & set(scope)]
