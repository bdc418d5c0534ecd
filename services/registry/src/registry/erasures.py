"""Erasing a person: the key is destroyed, so that tables, topics, backups and replays hold noise; the list is kept.

The list stands on a topic: a database that is restored from a backup has lost its end, Kafka has not.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from contracts.registry import WorkerErased
from registry import employment_store, intake_keys, merges, subject_keys, workers
from registry.vault import Vault
from shared import outbox
from shared.consuming import Batch
from shared.database import Database, Transaction

REMEMBER = """
INSERT INTO erasures (worker_id, erased_at, who, why) SELECT unnest($1::uuid[]), $2, $3, $4 ON CONFLICT DO NOTHING
"""
FORGET = (
    "DELETE FROM identifiers WHERE worker_id = ANY($1::uuid[])",
    "DELETE FROM field_changes WHERE worker_id = ANY($1::uuid[])",
    "DELETE FROM persons WHERE worker_id = ANY($1::uuid[])",
    "DELETE FROM reviews WHERE worker_id = ANY($1::uuid[]) OR other_id = ANY($1::uuid[])",
)
GET_LIST = "SELECT worker_id, erased_at FROM erasures"
GET_VAULT_LIST = "SELECT worker_id, erased_at FROM vault.erasures"
COMPLETE_LIST = """
INSERT INTO erasures (worker_id, erased_at, who, why)
SELECT worker_id, erased_at, 'restore', 'reapplied'
FROM unnest($1::uuid[], $2::timestamptz[]) AS listed (worker_id, erased_at)
ON CONFLICT DO NOTHING
"""


async def erase(
    database: Database, vault: Vault, worker_id: UUID, *, who: str, why: str, now: datetime, today: date
) -> bool:
    """Make a person nobody, with every worker they were merged from: the pseudonyms stay; False if nobody knew them.

    The list comes first and the key goes before the rows: whatever a crash leaves is finished at the next start. What
    was sealed before to the intake key in use (rosters in topics, dead letters) is unreadable within seven days.
    """
    async with database.transaction() as tx:
        worker_ids = await merges.all_of(tx, [worker_id])
        await tx.execute(REMEMBER, worker_ids, now, who, why)
        said = [WorkerErased(worker_id=erased, erased_at=now) for erased in worker_ids]
        await outbox.append(tx, [outbox.outgoing(event) for event in said])
    async with vault.database.transaction() as tx:
        had_key = await subject_keys.destroy(tx, worker_ids, now)
        await intake_keys.retire_before(tx, now)
    async with database.transaction() as tx:
        await _forget(tx, worker_ids, today)
    return bool(had_key)


async def hear(tx: Transaction, batch: Batch[WorkerErased], *, today: date) -> None:
    """Complete the list and forget the rows; the keys follow at the next upkeep, and open nothing until then."""
    worker_ids = [event.worker_id for event in batch.events]
    await tx.execute(COMPLETE_LIST, worker_ids, [event.erased_at for event in batch.events])
    await _forget(tx, worker_ids, today)


async def reapply(
    database: Database, vault: Vault, *, now: datetime, today: date, told: Sequence[WorkerErased] = ()
) -> int:
    """Erase again whom a restored backup brought back, whichever half was restored; returns how many had a key.

    `told` is the list as the topic keeps it.
    """
    listed = {event.worker_id: event.erased_at for event in told}
    async with database.transaction() as tx:
        listed = dict(map(tuple, await tx.fetch(GET_LIST))) | listed
    async with vault.database.transaction() as tx:
        listed = dict(map(tuple, await tx.fetch(GET_VAULT_LIST))) | listed
        returned = await subject_keys.destroy(tx, list(listed), now)
        if listed:
            await intake_keys.retire_before(tx, max(listed.values()))
            await intake_keys.destroy_old(tx, now=now)
    async with database.transaction() as tx:
        await tx.execute(COMPLETE_LIST, list(listed), list(listed.values()))
        await _forget(tx, list(listed), today)
    return len(returned)


async def _forget(tx: Transaction, worker_ids: Sequence[UUID], today: date) -> None:
    """Nobody can examine an unknown person: whoever was still a member has left."""
    await tx.execute(workers.LOCK)
    known = await employment_store.lock(tx, worker_ids)
    leavers = {id_: employments for id_, (employments, left_on) in known.items() if left_on is None}
    await workers.leave(tx, leavers, today, outbox.outgoing)
    for statement in FORGET:
        await tx.execute(statement, list(worker_ids))
