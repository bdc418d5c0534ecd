"""Which rosters a run works on: claimed for twenty seconds, renewed while it lives, given back when its reader ends."""

import asyncio
from uuid import UUID

from shared.database import Database

RENEW_EVERY = 5.0
READERS_LOST_AT_MOST = 3
"""So often may a process end over one roster between two steps, before the roster counts as unreadable."""

CLAIM = """
WITH open AS (
    SELECT roster_id, place, greatest(chunks, 1) AS size FROM rosters AS roster
    WHERE state = 'ready' AND (claimed_until IS NULL OR claimed_until < now()) AND NOT EXISTS (
        SELECT FROM rosters AS earlier
        WHERE earlier.state = 'ready' AND earlier.unit_id = roster.unit_id AND earlier.place < roster.place)
), sized AS (
    SELECT roster_id, sum(size) OVER (ORDER BY place) - size AS before FROM open
), next AS (
    SELECT roster_id FROM rosters
    WHERE roster_id IN (SELECT roster_id FROM sized WHERE before < $2)
    AND state = 'ready' AND (claimed_until IS NULL OR claimed_until < now())
    FOR UPDATE SKIP LOCKED
)
UPDATE rosters SET claimed_by = $1, claimed_until = now() + interval '20 seconds'
FROM next WHERE rosters.roster_id = next.roster_id RETURNING rosters.*
"""
# What a step has locked, the step renews.
RENEW = """
UPDATE rosters SET claimed_until = now() + interval '20 seconds' WHERE roster_id IN (
    SELECT roster_id FROM rosters WHERE claimed_by = $1 AND state = 'ready' FOR UPDATE SKIP LOCKED)
"""
# The others may be claimed at once, the roster at fault after them: what else was in memory is gone by then.
GIVE_BACK = """
WITH held AS (
    SELECT roster_id, roster_id = $2 AS at_fault FROM rosters
    WHERE claimed_by = $1 AND state = 'ready' ORDER BY roster_id FOR UPDATE
)
UPDATE rosters SET claimed_by = NULL, readers_lost = readers_lost + at_fault::int,
    claimed_until = CASE WHEN at_fault THEN now() + interval '20 seconds' END
FROM held WHERE rosters.roster_id = held.roster_id
"""


async def renew_for_ever(database: Database, holder: UUID) -> None:
    """Keep the claims while files are read; a claim that could not be renewed in time is lost, which does no harm."""
    while True:
        await asyncio.sleep(RENEW_EVERY)
        async with database.transaction() as tx:
            await tx.execute(RENEW, holder)


async def give_back(database: Database, holder: UUID, at_fault: UUID) -> None:
    """Leave all that was claimed, because the reader ended over one roster: that alone is counted, and waits."""
    async with database.transaction() as tx:
        await tx.execute(GIVE_BACK, holder, at_fault)
