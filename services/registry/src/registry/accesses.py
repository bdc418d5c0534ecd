"""Who looked at whom, why and when: a chain of hashes that the worker can read and nobody can thin out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from pydantic_core import to_json

from shared.database import Transaction

LOCK_HEAD = "SELECT position, hash FROM accesses_head FOR UPDATE"
MOVE_HEAD = "UPDATE accesses_head SET position = $1, hash = $2"
APPEND = """
INSERT INTO accesses (position, at, worker_id, party, actor, purpose, view, hash)
SELECT position, $2, worker_id, $4, $5, $6, $7, hash
FROM unnest($1::bigint[], $3::uuid[], $8::bytea[]) AS new (position, worker_id, hash)
"""
GET_OF_WORKERS = """
SELECT at, party, actor, purpose, view FROM accesses WHERE worker_id = ANY($1::uuid[]) ORDER BY position DESC LIMIT $2
"""
GET_AFTER = """
SELECT position, at, worker_id, party, actor, purpose, view, hash FROM accesses
WHERE position > $1 ORDER BY position LIMIT 5000
"""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks and what for: the party and person of the token, and the purpose they gave."""

    party: str
    actor: str
    purpose: str


async def log(tx: Transaction, viewer: Viewer, view: str, worker_ids: Sequence[UUID | None], now: datetime) -> None:
    """Put a look at these workers into the chain, in the transaction that reads them; None: nobody was found."""
    head = await tx.fetchrow(LOCK_HEAD)
    assert head is not None, "the first migration puts the head there"
    position, last = head["position"], head["hash"]
    positions, hashes = [], []
    for worker_id in worker_ids:
        position += 1
        last = _link(last, position, now, worker_id, viewer, view)
        positions.append(position)
        hashes.append(last)
    await tx.execute(APPEND, positions, now, list(worker_ids), viewer.party, viewer.actor, viewer.purpose, view, hashes)
    await tx.execute(MOVE_HEAD, position, last)


async def of_workers(tx: Transaction, worker_ids: Sequence[UUID], limit: int = 1000) -> list[dict[str, object]]:
    """Who looked at any of these workers, the latest first."""
    return [dict(row) for row in await tx.fetch(GET_OF_WORKERS, list(worker_ids), limit)]


async def first_break(tx: Transaction) -> int | None:
    """The position from which the chain was tampered with, None where it is whole."""
    head = await tx.fetchrow(LOCK_HEAD)
    assert head is not None, "the first migration puts the head there"
    position, last = 0, b""
    while rows := await tx.fetch(GET_AFTER, position):
        for row in rows:
            position += 1
            viewer = Viewer(row["party"], row["actor"], row["purpose"])
            last = _link(last, position, row["at"], row["worker_id"], viewer, row["view"])
            if (row["position"], row["hash"]) != (position, last):
                return position
    return None if (position, last) == (head["position"], head["hash"]) else position + 1


def _link(last: bytes, position: int, at: datetime, worker_id: UUID | None, viewer: Viewer, view: str) -> bytes:
    said = [position, at.isoformat(), worker_id and str(worker_id), viewer.party, viewer.actor, viewer.purpose, view]
    return sha256(last + to_json(said)).digest()
