"""What people decide about dead letters: replay or discard, with who and why, one aggregate per transaction."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from json import loads
from typing import Literal
from uuid import UUID

from asyncpg import Record

from shared import dead_letters, faults, letters
from shared.consuming import Message
from shared.database import Transaction
from shared.delivery import Delivery
from shared.envelope import Arrival
from shared.jobs import Job, Outcome
from shared.letters import NotParkedError, Search

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


class NotFirstError(Exception):
    """Other letters of the same key stand before this one: alone it would take effect out of order."""


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


async def replay(
    delivery: Delivery, letter: UUID, decision: Decision, *, rest: Literal["release", "keep"] = "release"
) -> Result:
    """Let the letter's key take effect, in order, until one fails again; then free the key.

    With `rest="keep"` only the letter itself, which must be the first of its key; what is behind it stays parked.
    """
    async with delivery.database.transaction() as tx:
        row = await _lock(tx, letter)
        if rest == "release":
            return await _drain(delivery, tx, row, decision)
        if (await _parked(tx, row))[0]["id"] != letter:
            raise NotFirstError(letter)
        return await _replay_alone(delivery, tx, row, decision)


async def replay_found(
    delivery: Delivery, found: Search, decision: Decision, *, per_second: float
) -> AsyncIterator[tuple[UUID, Result]]:
    """Replay the keys of all letters that a search finds, oldest first, at most so many records a second on average.

    One key is one transaction: a key that fails again stays parked, and the next one is tried.
    """
    seen: set[tuple[str, str | None]] = set()
    async for letter, key in letters.places(delivery.database, found):
        if key in seen:
            continue
        if key[1] is not None:
            seen.add(key)
        try:
            result = await replay(delivery, letter, decision)
        except NotParkedError:
            continue
        yield letter, result
        await asyncio.sleep(max(1, result.replayed) / per_second)


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


async def _replay_alone(delivery: Delivery, tx: Transaction, letter: Record, decision: Decision) -> Result:
    job = _job(delivery, tx, letter)
    error = await _try(job, letter)
    await job.finish()
    if error is not None:
        await tx.execute(RECORD_ACT, letter["id"], "replay_failed", decision.who, decision.why)
        return Result(0, letter["id"], error)
    await _settle(tx, delivery, letter, "replayed", decision)
    if letter["key"] is not None and not await _parked(tx, letter):
        await tx.execute(FREE_KEY, letter["topic"], letter["key"])
    return Result(1)


def _job(delivery: Delivery, tx: Transaction, letter: Record) -> Job:
    job = Job(delivery.consumer, delivery.metrics, tx, Outcome(), careful=True)
    job.parked.draining = letter["topic"], letter["key"]
    return job


async def _drain(delivery: Delivery, tx: Transaction, first: Record, decision: Decision) -> Result:
    """Letters that are parked while the key is drained, because a handler released them, are drained as well."""
    job = _job(delivery, tx, first)
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
