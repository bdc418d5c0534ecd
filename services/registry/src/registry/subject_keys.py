"""One key per person: made with the person, wrapped by the master key, and destroyed to erase the person."""

import os
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from registry.master_keys import KEY_BYTES, MasterKeys
from shared.database import Transaction

STORE = """
INSERT INTO vault.subject_keys (worker_id, master_key_id, wrapped)
SELECT worker_id, $2, wrapped FROM unnest($1::uuid[], $3::bytea[]) AS new (worker_id, wrapped)
"""
GET = "SELECT worker_id, master_key_id, wrapped FROM vault.subject_keys WHERE worker_id = ANY($1::uuid[])"
REMEMBER = "INSERT INTO vault.erasures (worker_id, erased_at) SELECT unnest($1::uuid[]), $2 ON CONFLICT DO NOTHING"
DESTROY = "DELETE FROM vault.subject_keys WHERE worker_id = ANY($1::uuid[]) RETURNING worker_id"
LOCK_UNDER_OTHER_MASTERS = """
SELECT worker_id, master_key_id, wrapped FROM vault.subject_keys
WHERE master_key_id <> $1 ORDER BY worker_id LIMIT 2000 FOR UPDATE
"""
REWRAP = """
UPDATE vault.subject_keys AS known SET master_key_id = $2, wrapped = new.wrapped
FROM unnest($1::uuid[], $3::bytea[]) AS new (worker_id, wrapped) WHERE known.worker_id = new.worker_id
"""


async def create(tx: Transaction, masters: MasterKeys, worker_ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """A fresh key for each new person."""
    entropy = os.urandom(KEY_BYTES * len(worker_ids))
    keys = {
        worker_id: entropy[place * KEY_BYTES : (place + 1) * KEY_BYTES] for place, worker_id in enumerate(worker_ids)
    }
    wrapped = [masters.wrap(key, worker_id.bytes) for worker_id, key in keys.items()]
    await tx.execute(STORE, list(keys), masters.current, wrapped)
    return keys


async def get(tx: Transaction, masters: MasterKeys, worker_ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """The keys of these people; who was erased has none."""
    return _unwrapped(masters, await tx.fetch(GET, list(worker_ids)))


async def destroy(tx: Transaction, worker_ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Erase people by destroying their keys, and remember whom; returns those who had a key."""
    await tx.execute(REMEMBER, list(worker_ids), now)
    return [row["worker_id"] for row in await tx.fetch(DESTROY, list(worker_ids))]


async def rewrap(tx: Transaction, masters: MasterKeys) -> int:
    """Wrap up to 2,000 keys with the current master key that another one wrapped; returns how many there were."""
    keys = _unwrapped(masters, await tx.fetch(LOCK_UNDER_OTHER_MASTERS, masters.current))
    wrapped = [masters.wrap(key, worker_id.bytes) for worker_id, key in keys.items()]
    await tx.execute(REWRAP, list(keys), masters.current, wrapped)
    return len(keys)


def _unwrapped(masters: MasterKeys, rows: Sequence[Record]) -> dict[UUID, bytes]:
    return {
        row["worker_id"]: masters.unwrap(row["master_key_id"], row["wrapped"], row["worker_id"].bytes) for row in rows
    }
