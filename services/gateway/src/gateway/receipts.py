"""Receipts: what a party said is accepted, stored, answered or parked; closed together with what answers it."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from contracts.base import Event
from gateway import catalogue
from gateway.catalogue import key_of
from gateway.causation import causes_of
from gateway.read_models.records import Reader, dicts
from shared.consuming import Batch
from shared.database import Transaction

# Two channels: what came back from Kafka closes nothing, and need not wake those who wait for an answer.
CHANNEL, STORED = "receipts", "receipts_stored"
OPEN_STATES = ("accepted", "stored")
LOCK = "SELECT FROM receipts WHERE receipt_id = ANY($1::uuid[]) ORDER BY receipt_id FOR NO KEY UPDATE"
MARK_STORED = """
UPDATE receipts SET stored_at = now(), state = CASE state WHEN 'accepted' THEN 'stored' ELSE state END
WHERE receipt_id = ANY($1::uuid[])
"""
RECORD_ANSWERS = """
INSERT INTO answers (answer_id, ref, type, at, body)
SELECT answer_id, ref, $1, at, body::jsonb
FROM unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::text[]) AS told (answer_id, ref, at, body)
ON CONFLICT DO NOTHING
"""
CLOSE = """
UPDATE receipts SET state = 'answered', answered_at = coalesce(answered_at, now()), answers = answers || told.ids
FROM (SELECT receipt_id, array_agg(answer_id) AS ids FROM unnest($1::uuid[], $2::uuid[]) AS told (receipt_id, answer_id)
      GROUP BY receipt_id) AS told
WHERE receipts.receipt_id = told.receipt_id AND receipts.type = ANY($3::text[]) AND NOT answers && told.ids
RETURNING 1
"""
MARK_PARKED = "UPDATE receipts SET state = 'parked' WHERE receipt_id = ANY($1::uuid[]) AND state <> 'answered'"
UNPARK = "UPDATE receipts SET state = 'stored' WHERE receipt_id = ANY($1::uuid[]) AND state = 'parked'"

GET = """
SELECT receipt_id, ref, type, subject, party, state, accepted_at, stored_at, answered_at,
       (SELECT json_agg(json_build_object('ref', ref, 'type', type, 'at', at, 'data', body) ORDER BY at)
        FROM answers WHERE answer_id = ANY(receipts.answers)) AS answers,
       (SELECT json_agg(json_build_object('service', service, 'reason', reason, 'state', state, 'at', at,
                                          'dead_letter_id', dead_letter_id) ORDER BY at)
        FROM deliveries WHERE event_key = receipts.receipt_id) AS deliveries
FROM receipts WHERE receipt_id = ANY($1::uuid[])
"""
LIST = """
SELECT receipt_id, ref, type, subject, state, accepted_at FROM receipts
WHERE party = $1 AND ended_at IS NULL AND ($2::text IS NULL OR state = $2) AND (accepted_at, receipt_id) > ($3, $4)
ORDER BY accepted_at, receipt_id LIMIT $5
"""
COUNT = """
SELECT state, count(*) AS number FROM receipts
WHERE receipt_id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR party = ANY($2)) GROUP BY state
"""
STANDING = """
SELECT receipt_id, party, state, ended_at IS NOT NULL AS ended FROM receipts WHERE receipt_id = ANY($1::uuid[])
"""
PARTIES = "SELECT DISTINCT party FROM receipts WHERE receipt_id = ANY($1::uuid[])"
COUNT_ALL = "SELECT state, count(*) AS number FROM receipts GROUP BY state"
OPEN = """
SELECT receipt_id FROM receipts
WHERE receipt_id = ANY($1::uuid[]) AND ($2::text[] IS NULL OR party = ANY($2)) AND state = ANY($3::text[]) LIMIT $4
"""

ANSWERABLE: dict[str, list[str]] = {
    answer: [intake for intake, answers in catalogue.ANSWERED_BY.items() if answer in answers]
    for answer in catalogue.ANSWERS
}


async def lock(tx: Transaction, said: Sequence[Batch[Any]], answers: Sequence[Batch[Any]]) -> None:
    """Lock the receipts of what was said and of what is answered, in the order of their ids, as everybody does."""
    keys = {key_of(ref) for batch in said for ref in batch.refs}
    keys |= {key_of(ref) for batch in answers for message in batch for ref in _answered(message)}
    if len(keys) > 1:
        await tx.execute(LOCK, list(keys))


async def mark_stored(tx: Transaction, said: Sequence[Batch[Any]]) -> None:
    """What parties said has come back from Kafka: it can no longer be lost."""
    if said:
        await tx.execute(MARK_STORED, [key_of(ref) for batch in said for ref in batch.refs])
        tx.notify(STORED)


async def close(tx: Transaction, batch: Batch[Any]) -> None:
    """Close the receipts that these events answer: by their cause, or by the refs that their data names."""
    event_type = batch[0].type
    answered = [(key_of(ref), key_of(message.ref)) for message in batch for ref in _answered(message)]
    closed = await tx.fetch(
        CLOSE, [receipt for receipt, _ in answered], [answer for _, answer in answered], ANSWERABLE[event_type]
    )
    if not closed:
        return
    await tx.execute(
        RECORD_ANSWERS,
        event_type,
        [key_of(message.ref) for message in batch],
        batch.refs,
        [message.time for message in batch],
        [_body(message.event) for message in batch],
    )
    tx.notify(CHANNEL)


def _answered(message: Any) -> set[str]:
    refs = {*getattr(message.event, "answers", ()), *causes_of(message)}
    return {ref for ref in refs if ref.partition("/")[0] in _OUTSIDE}


_OUTSIDE = {event.entry.writer for event in catalogue.OUTSIDE_EVENTS}


def _body(event: Event) -> str:
    """What of an answer may stand in a receipt: nothing of what was found."""
    return event.model_dump_json(include=set(catalogue.may_leave(type(event))))


async def mark_parked(tx: Transaction, refs: Sequence[str]) -> None:
    """A service could not take what was said; a person will look at it."""
    await tx.execute(MARK_PARKED, [key_of(ref) for ref in refs])
    tx.notify(CHANNEL)


async def unpark(tx: Transaction, refs: Sequence[str]) -> None:
    """A person had it taken after all; its answer follows."""
    await tx.execute(UNPARK, [key_of(ref) for ref in refs])
    tx.notify(CHANNEL)


class Standing(NamedTuple):
    """Who said what a receipt is about, its state, and whether it is past the time for which it is shown."""

    party: str
    state: str
    ended: bool


async def standing(db: Reader, receipt_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """How receipts stand, those that there are."""
    rows = await db.fetch(STANDING, list(receipt_ids))
    return {receipt_id: Standing(*rest) for receipt_id, *rest in rows}


async def parties_of(db: Reader, receipt_ids: Sequence[UUID]) -> list[str]:
    """Who said what these receipts are about."""
    return [row["party"] for row in await db.fetch(PARTIES, list(receipt_ids))]


async def get(db: Reader, receipt_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Receipts with their answers, those that there are."""
    return {row["receipt_id"]: dict(row) for row in await db.fetch(GET, list(receipt_ids))}


async def listed(
    db: Reader, party: str, state: str | None, *, after: tuple[Any, UUID], limit: int
) -> list[dict[str, Any]]:
    """A page of a party's receipts, oldest first."""
    return dicts(await db.fetch(LIST, party, state, *after, limit))


async def count(db: Reader, receipt_ids: Sequence[UUID], parties: Sequence[str] | None) -> dict[str, int]:
    """How many of these receipts are in each state."""
    return {row["state"]: row["number"] for row in await db.fetch(COUNT, list(receipt_ids), parties)}


async def count_all(db: Reader) -> dict[str, int]:
    """How many receipts are in each state."""
    return {row["state"]: row["number"] for row in await db.fetch(COUNT_ALL)}


async def still_in(
    db: Reader, receipt_ids: Sequence[UUID], parties: Sequence[str] | None, states: Sequence[str], *, limit: int
) -> list[UUID]:
    """Those of these receipts that are still in one of the states."""
    rows = await db.fetch(OPEN, list(receipt_ids), parties, list(states), limit)
    return [row["receipt_id"] for row in rows]
