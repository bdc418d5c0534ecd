"""The key pairs that the edge seals rosters to: rotated, and destroyed as soon as nothing sealed to them is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from asyncpg import Record

from registry.master_keys import MasterKeys
from shared.database import Transaction
from shared.sealing import new_key_pair

IN_USE_FOR = timedelta(days=30)
# As long as the intake topic keeps anything (its retention in the topic list).
DESTROYED_AFTER = timedelta(days=7)

# Two instances that start together must agree on one key.
LOCK = "SELECT pg_advisory_xact_lock(7403, 1)"
GET_CURRENT = "SELECT key_id, public_key, created_at FROM vault.intake_keys WHERE retired_at IS NULL"
RETIRE = "UPDATE vault.intake_keys SET retired_at = $1 WHERE retired_at IS NULL"
STORE = """
INSERT INTO vault.intake_keys (key_id, public_key, master_key_id, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)
"""
GET_PRIVATE = """
SELECT key_id, master_key_id, wrapped FROM vault.intake_keys WHERE key_id = ANY($1::text[]) AND wrapped IS NOT NULL
"""
DESTROY = """
UPDATE vault.intake_keys SET wrapped = NULL, master_key_id = NULL, destroyed_at = $1
WHERE retired_at <= $2 AND wrapped IS NOT NULL RETURNING key_id
"""
LOCK_UNDER_OTHER_MASTERS = """
SELECT key_id, master_key_id, wrapped FROM vault.intake_keys
WHERE master_key_id <> $1 AND wrapped IS NOT NULL FOR UPDATE
"""
RETIRE_BEFORE = """
UPDATE vault.intake_keys SET retired_at = least(retired_at, $1) WHERE created_at < $1 AND wrapped IS NOT NULL
"""
REWRAP = "UPDATE vault.intake_keys SET master_key_id = $2, wrapped = $3 WHERE key_id = $1"


@dataclass(frozen=True, slots=True)
class IntakeKey:
    """The public half of the key pair in use, and until when the edge may seal to it."""

    key_id: str
    public_key: bytes
    valid_until: datetime


async def current(tx: Transaction, masters: MasterKeys, *, now: datetime, new_id: UUID) -> IntakeKey:
    """The key pair in use; the first, and one in the place of an old one, is made here."""
    await tx.execute(LOCK)
    row = await tx.fetchrow(GET_CURRENT)
    if row is not None and now < row["created_at"] + IN_USE_FOR:
        return IntakeKey(row["key_id"], row["public_key"], row["created_at"] + IN_USE_FOR)
    private, public = new_key_pair()
    key_id = str(new_id)
    await tx.execute(RETIRE, now)
    await tx.execute(STORE, key_id, public, masters.current, masters.wrap(private, key_id.encode()), now)
    return IntakeKey(key_id, public, now + IN_USE_FOR)


async def private_keys(tx: Transaction, masters: MasterKeys, key_ids: Sequence[str]) -> dict[str, bytes]:
    """The private halves of these pairs; destroyed and unknown ones are left out."""
    rows = await tx.fetch(GET_PRIVATE, list(set(key_ids)))
    return {row["key_id"]: _unwrapped(masters, row) for row in rows}


async def destroy_old(tx: Transaction, *, now: datetime) -> list[str]:
    """Destroy the private halves of pairs retired for seven days; what was sealed to them can never be read again."""
    rows = await tx.fetch(DESTROY, now, now - DESTROYED_AFTER)
    return [row["key_id"] for row in rows]


async def retire_before(tx: Transaction, instant: datetime) -> None:
    """Use no pair from before an erasure any longer: what was sealed to it is unreadable seven days after it."""
    await tx.execute(RETIRE_BEFORE, instant)


async def rewrap(tx: Transaction, masters: MasterKeys) -> int:
    """Wrap private halves with the current master key that another one wrapped; returns how many there were."""
    rows = await tx.fetch(LOCK_UNDER_OTHER_MASTERS, masters.current)
    for row in rows:
        wrapped = masters.wrap(_unwrapped(masters, row), row["key_id"].encode())
        await tx.execute(REWRAP, row["key_id"], masters.current, wrapped)
    return len(rows)


def _unwrapped(masters: MasterKeys, row: Record) -> bytes:
    return masters.unwrap(row["master_key_id"], row["wrapped"], row["key_id"].encode())
