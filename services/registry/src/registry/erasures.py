"""Erasing a person: the key is destroyed, so that tables, topics, backups and replays hold noise; the list is kept."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from contracts.registry import WorkerLeft
from registry import subject_keys, workers
from registry.vault import Vault
from shared import outbox
from shared.database import Database, Transaction

REMEMBER = """
INSERT INTO erasures (worker_id, erased_at, who, why) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
FORGET = (
    "DELETE FROM identifiers WHERE worker_id = ANY($1::uuid[])",
    "DELETE FROM persons WHERE worker_id = ANY($1::uuid[])",
    "DELETE FROM reviews WHERE worker_id = ANY($1::uuid[]) OR other_id = ANY($1::uuid[])",
)
GET_LIST = "SELECT worker_id FROM erasures"
GET_VAULT_LIST = "SELECT worker_id FROM vault.erasures"
COMPLETE_LIST = """
INSERT INTO erasures (worker_id, erased_at, who, why) SELECT unnest($1::uuid[]), $2, 'restore', 'reapplied'
ON CONFLICT DO NOTHING
"""


async def erase(
    database: Database, vault: Vault, worker_id: UUID, *, who: str, why: str, now: datetime, today: date
) -> bool:
    """Make a worker nobody: the pseudonym stays, who it was cannot be known any more; False if nobody knew them.

    The list comes first and the key goes before the rows: whatever a crash leaves is finished at the next start.
    """
    async with database.transaction() as tx:
        await tx.execute(REMEMBER, worker_id, now, who, why)
    async with vault.database.transaction() as tx:
        had_key = await subject_keys.destroy(tx, [worker_id], now)
    async with database.transaction() as tx:
        await _forget(tx, [worker_id], today)
    return bool(had_key)


async def reapply(database: Database, vault: Vault, *, now: datetime, today: date) -> int:
    """Erase again whom a restored backup brought back, whichever half was restored; returns how many had a key."""
    async with database.transaction() as tx:
        listed = {row["worker_id"] for row in await tx.fetch(GET_LIST)}
    async with vault.database.transaction() as tx:
        listed |= {row["worker_id"] for row in await tx.fetch(GET_VAULT_LIST)}
        returned = await subject_keys.destroy(tx, list(listed), now)
    async with database.transaction() as tx:
        await tx.execute(COMPLETE_LIST, list(listed), now)
        await _forget(tx, list(listed), today)
    return len(returned)


async def _forget(tx: Transaction, worker_ids: Sequence[UUID], today: date) -> None:
    """Nobody can examine an unknown person: whoever was still a member has left."""
    known = await workers.lock_members(tx, worker_ids)
    leavers = [(id_, unit_id, today) for id_, (unit_id, left_on) in known.items() if left_on is None]
    await workers.leave(tx, leavers, _unprompted)
    for statement in FORGET:
        await tx.execute(statement, list(worker_ids))


def _unprompted(event: WorkerLeft) -> outbox.Outgoing:
    return outbox.outgoing(event)
