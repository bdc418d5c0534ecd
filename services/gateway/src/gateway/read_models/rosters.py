"""Rosters: whose each is, how it was assessed, and what became of every row."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from contracts.rosters import RosterAssessed, RosterMappingKept, RosterRead, RosterRowsAnswered, RosterSubmitted
from gateway.read_models.records import Reader, as_rows, dicts
from shared.consuming import Batch
from shared.database import Transaction

SUBMIT = """
INSERT INTO rosters (roster_id, unit_id, campaign_id)
SELECT roster_id, unit_id, campaign_id FROM json_populate_recordset(NULL::rosters, $1::json)
ON CONFLICT (roster_id) DO UPDATE SET campaign_id = excluded.campaign_id
"""
ASSESS = """
INSERT INTO rosters (roster_id, unit_id, assessment)
SELECT (row ->> 'roster_id')::uuid, (row ->> 'unit_id')::uuid, row
FROM jsonb_array_elements($1::jsonb) AS row
ON CONFLICT (roster_id) DO UPDATE SET assessment = excluded.assessment, people = NULL
"""
# Until the assessment says it: a rebuild hears of the reading before the roster has a row, and of the assessment after.
NOTE_PEOPLE = """
UPDATE rosters SET people = told.rows FROM json_to_recordset($1::json) AS told (roster_id uuid, rows int)
WHERE rosters.roster_id = told.roster_id
"""
PROGRESS = """
SELECT roster_id, coalesce((assessment ->> 'rows')::int, people) AS people, assessment IS NOT NULL AS done,
       coalesce(answered, 0) AS answered, coalesce(registered, 0) AS registered, coalesce(refused, 0) AS refused
FROM rosters LEFT JOIN roster_counts USING (roster_id) WHERE roster_id = ANY($1::uuid[])
"""
LOCK_COUNTS = """
INSERT INTO roster_counts (roster_id) SELECT unnest($1::uuid[]) AS roster_id ORDER BY roster_id
ON CONFLICT (roster_id) DO UPDATE SET answered = roster_counts.answered
"""
# A row that was answered before is taken out of the counts and counted as it is answered now. Each is looked up by its
# key (LIMIT): a join would read the whole table for some hundred of them.
ANSWER = """
WITH told AS MATERIALIZED (
    SELECT DISTINCT ON (told.roster_id, answer.row) told.roster_id, answer.row, answer.outcome, answer.codes,
           answer.related_rows, answer.worker_id, answer.effect
    FROM ROWS FROM (json_to_recordset($1::json) AS (roster_id uuid, rows json))
           WITH ORDINALITY AS told (roster_id, rows, nth)
    CROSS JOIN LATERAL json_populate_recordset(NULL::roster_rows, told.rows) AS answer
    ORDER BY told.roster_id, answer.row, told.nth DESC
), counted AS (
    SELECT told.roster_id, told.outcome, told.effect, 1 AS sign FROM told
    UNION ALL
    SELECT told.roster_id, before.outcome, before.effect, -1 FROM told CROSS JOIN LATERAL (
        SELECT outcome, effect FROM roster_rows WHERE roster_id = told.roster_id AND row = told.row LIMIT 1) AS before
), moved AS (
    SELECT roster_id, sum(sign) AS answered, sum(sign * (effect = 'registered')::int) AS registered,
           sum(sign * (outcome = 'refused')::int) AS refused
    FROM counted GROUP BY roster_id
), kept AS (
    UPDATE roster_counts SET answered = roster_counts.answered + moved.answered,
           registered = roster_counts.registered + moved.registered, refused = roster_counts.refused + moved.refused
    FROM moved WHERE roster_counts.roster_id = moved.roster_id
)
INSERT INTO roster_rows SELECT * FROM told
ON CONFLICT (roster_id, row) DO UPDATE
SET outcome = excluded.outcome, codes = excluded.codes, related_rows = excluded.related_rows,
    worker_id = excluded.worker_id, effect = excluded.effect
"""
KEEP_MAPPING = """
INSERT INTO roster_mappings SELECT DISTINCT ON (unit_id, fingerprint) *
FROM json_populate_recordset(NULL::roster_mappings, $1::json) ORDER BY unit_id, fingerprint, version DESC
ON CONFLICT (unit_id, fingerprint) DO UPDATE
SET version = excluded.version, columns = excluded.columns, header_row = excluded.header_row
WHERE roster_mappings.version < excluded.version
"""
MAPPINGS = """
SELECT fingerprint, version, columns, header_row FROM roster_mappings
WHERE unit_id = $1 AND (columns <> '{}' OR header_row IS NOT NULL) ORDER BY fingerprint
"""
KEEP_DIGEST = "UPDATE rosters SET file_digest = $2 WHERE roster_id = $1"
GET = "SELECT roster_id, unit_id, campaign_id, file_digest, assessment FROM rosters WHERE roster_id = $1"
ALL_ROWS = "SELECT row, outcome, codes FROM roster_rows WHERE roster_id = $1"
ROWS = """
SELECT row, outcome, codes, related_rows, worker_id, effect FROM roster_rows
WHERE roster_id = $1 AND row > $2 AND ($3::text IS NULL OR outcome = $3) ORDER BY row LIMIT $4
"""


async def submit(tx: Transaction, batch: Batch[RosterSubmitted]) -> None:
    """Remember whose rosters these are."""
    await remember(tx, batch.events)


async def remember(tx: Transaction, submitted: Sequence[RosterSubmitted]) -> None:
    """Remember whose rosters these are."""
    await tx.execute(SUBMIT, as_rows(submitted))


async def receive(tx: Transaction, submitted: RosterSubmitted, file_digest: bytes) -> None:
    """Remember whose roster this is and the file it came in, to know it again; the file itself is not kept."""
    await remember(tx, [submitted])
    await tx.execute(KEEP_DIGEST, submitted.roster_id, file_digest)


async def assess(tx: Transaction, batch: Batch[RosterAssessed]) -> None:
    """Remember what rosters came to."""
    await tx.execute(ASSESS, as_rows(batch.events))


async def answer(tx: Transaction, batch: Batch[RosterRowsAnswered]) -> None:
    """Remember what became of rows, and count them: exactly, however often a row is answered."""
    await tx.execute(LOCK_COUNTS, list({event.roster_id for event in batch.events}))
    await tx.execute(ANSWER, as_rows(batch.events))


async def keep_mapping(tx: Transaction, batch: Batch[RosterMappingKept]) -> None:
    """Remember how units' files are read."""
    await tx.execute(KEEP_MAPPING, as_rows(batch.events))


async def mappings(db: Reader, unit_id: UUID) -> list[dict[str, Any]]:
    """The mappings that count for a unit, by header."""
    return dicts(await db.fetch(MAPPINGS, unit_id))


async def note_people(tx: Transaction, batch: Batch[RosterRead]) -> None:
    """Remember how many people rosters name."""
    await tx.execute(NOTE_PEOPLE, as_rows(batch.events))


async def progress(db: Reader, roster_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """How far rosters are: people named (null until it was read), rows answered, registered and refused so far."""
    return {row["roster_id"]: dict(row) for row in await db.fetch(PROGRESS, list(roster_ids))}


async def outcomes(db: Reader, roster_id: UUID) -> list[dict[str, Any]]:
    """The outcome and codes of every row."""
    return dicts(await db.fetch(ALL_ROWS, roster_id))


async def get(db: Reader, roster_id: UUID) -> dict[str, Any] | None:
    """A roster, or None."""
    row = await db.fetchrow(GET, roster_id)
    return dict(row) if row else None


async def rows(db: Reader, roster_id: UUID, outcome: str | None, *, after: int, limit: int) -> list[dict[str, Any]]:
    """A page of a roster's answered rows, by number."""
    return dicts(await db.fetch(ROWS, roster_id, after, outcome, limit))
