"""Which events have had their effect here, by source and id; it drops what a relay sent twice."""

from collections.abc import Sequence
from datetime import timedelta

from shared.database import Database, Transaction

KEPT = timedelta(days=7)

ADMIT = """
INSERT INTO inbox (source, id) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING RETURNING source, id
"""
PRUNE = """
DELETE FROM inbox WHERE ctid IN (
    SELECT ctid FROM inbox WHERE received_at < now() - $1::interval ORDER BY received_at LIMIT $2)
"""


async def admit(tx: Transaction, identities: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Remember these events; returns those that were not known before."""
    if not identities:
        return set()
    rows = await tx.fetch(ADMIT, [source for source, _ in identities], [id_ for _, id_ in identities])
    return {(row["source"], row["id"]) for row in rows}


async def prune(database: Database, *, kept: timedelta = KEPT, at_once: int = 5_000) -> int:
    """Forget events older than that, a few per transaction; returns how many."""
    pruned = 0
    while True:
        async with database.transaction() as tx:
            number = int((await tx.execute(PRUNE, kept, at_once)).rpartition(" ")[2])
        pruned += number
        if number < at_once:
            return pruned
