"""What people decide about dead letters: replay or discard, with who and why, one aggregate per transaction."""

from dataclasses import dataclass
from json import loads
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from shared import dead_letters, faults
from shared.consuming import Message
from shared.database import Database, Transaction
from shared.delivery import Delivery
from shared.envelope import Arrival
from shared.jobs import Job, Outcome

# No key, header or value: whoever runs the service needs none of them to decide.
SUMMARY = """
SELECT id, topic, partition, "offset", source, event_id, type, reason, detail::text, trace_id, parked_at, state
FROM dead_letters
"""
LIST = SUMMARY + " WHERE state = $1 AND ($2::text IS NULL OR reason = $2) ORDER BY id LIMIT $3"
SHOW = SUMMARY + " WHERE id = $1"
ACTS = "SELECT act, who, why, at FROM delivery_acts WHERE dead_letter = $1 ORDER BY position"
LOCK_KEY = """
SELECT 1 FROM parked_keys WHERE (topic, key) IN (SELECT topic, key FROM dead_letters WHERE id = $1) FOR UPDATE
"""
LOCK_LETTER = "SELECT * FROM dead_letters WHERE id = $1 AND state = 'parked' FOR UPDATE"
LOCK_LETTERS_OF_KEY = """
SELECT * FROM dead_letters WHERE topic = $1 AND key = $2 AND state = 'parked' ORDER BY partition, "offset" FOR UPDATE
"""
SET_STATE = "UPDATE dead_letters SET state = $2 WHERE id = $1"
RECORD_ACT = "INSERT INTO delivery_acts (dead_letter, act, who, why) VALUES ($1, $2, $3, $4)"
FREE_KEY = "DELETE FROM parked_keys WHERE topic = $1 AND key = $2"


class NotParkedError(Exception):
    """There is no such letter, or it was decided upon already."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided something about a dead letter, and why."""

    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """How many letters took effect now, and what still fails."""

    replayed: int
    failed: UUID | None = None
    error: str | None = None


async def list_letters(database: Database, *, state: str, reason: str | None, limit: int) -> list[dict[str, Any]]:
    """Dead letters, oldest first, without keys and payloads."""
    return [_summary(row) for row in await database.pool.fetch(LIST, state, reason, limit)]


async def show_letter(database: Database, letter: UUID) -> dict[str, Any]:
    """One dead letter with all that was decided about it."""
    row = await database.pool.fetchrow(SHOW, letter)
    if row is None:
        raise NotParkedError(letter)
    return _summary(row) | {"acts": [dict(act) for act in await database.pool.fetch(ACTS, letter)]}


async def replay(delivery: Delivery, letter: UUID, decision: Decision) -> Result:
    """Let the letter and what is parked behind it take effect, in order, until one fails again; then free the key."""
    async with delivery.database.transaction() as tx:
        row = await _lock(tx, letter)
        return await _drain(delivery, tx, row, decision)


async def discard(delivery: Delivery, letter: UUID, decision: Decision, *, rest: Literal["release", "keep"]) -> Result:
    """Decide that the letter never takes effect; what is parked behind it is released (replayed), or kept parked."""
    async with delivery.database.transaction() as tx:
        row = await _lock(tx, letter)
        await _settle(tx, delivery, row, "discarded", decision)
        if rest == "keep":
            return Result(replayed=0)
        return await _drain(delivery, tx, row, decision)


async def _lock(tx: Transaction, letter: UUID) -> Record:
    """The key first: batches that read it FOR SHARE end before, those that come later see what was decided."""
    await tx.fetchval(LOCK_KEY, letter)
    row = await tx.fetchrow(LOCK_LETTER, letter)
    if row is None:
        raise NotParkedError(letter)
    return row


async def _drain(delivery: Delivery, tx: Transaction, first: Record, decision: Decision) -> Result:
    """Letters that are parked while the key is drained, because a handler released them, are drained as well."""
    job = Job(delivery.consumer, delivery.metrics, tx, Outcome(), careful=True)
    job.parked.draining = first["topic"], first["key"]
    replayed = 0
    while letters := await _parked(tx, first):
        for letter in letters:
            error = await _try(job, letter)
            await job.finish()
            if error is not None:
                await tx.execute(RECORD_ACT, letter["id"], "replay_failed", decision.who, decision.why)
                return Result(replayed, letter["id"], error)
            await _settle(tx, delivery, letter, "replayed", decision)
            replayed += 1
    await tx.execute(FREE_KEY, first["topic"], first["key"])
    return Result(replayed)


async def _parked(tx: Transaction, first: Record) -> list[Record]:
    """What is still parked of the first letter's key; a letter without a key stands alone."""
    if first["key"] is None:
        return await tx.fetch(LOCK_LETTER, first["id"])
    return await tx.fetch(LOCK_LETTERS_OF_KEY, first["topic"], first["key"])


async def _try(job: Job, letter: Record) -> str | None:
    decoded = job.consumer.decode(_arrival(letter))
    if not isinstance(decoded, Message):
        return decoded.reason
    try:
        await job.attempt([decoded])
    except Exception as error:
        if not faults.is_of_the_message(error):
            raise
        return faults.where(error)
    return None


async def _settle(tx: Transaction, delivery: Delivery, letter: Record, act: str, decision: Decision) -> None:
    await tx.execute(SET_STATE, letter["id"], act)
    await tx.execute(RECORD_ACT, letter["id"], act, decision.who, decision.why)
    group = delivery.consumer.group
    arrival, reason = _arrival(letter), letter["reason"]
    await dead_letters.announce(tx, group, act, letter["id"], arrival, reason, who=decision.who, why=decision.why)


def _arrival(letter: Record) -> Arrival:
    return Arrival(
        letter["topic"],
        letter["partition"],
        letter["offset"],
        letter["key"],
        loads(letter["headers"]),
        letter["value"],
    )


def _summary(row: Record) -> dict[str, Any]:
    return dict(row) | {"detail": loads(row["detail"])}
