"""Registrars' words on who is one person, and what follows: merges and their undoing, told to everybody.

A merge rewrites nothing: both workers stay on record and a table says who stands for whom. So an undo restores what
was, and what was recorded meanwhile stays with whom it was recorded for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from contracts.registry import DeclarationRefused, IdentityReviewSettled, WorkerMerged, WorkerMergeUndone
from contracts.unions import IdentityReviewDecided
from registry import merging, registrars, workers
from registry.merging import Pair
from registry.problems import problem
from shared import outbox
from shared.consuming import Batch, Message
from shared.database import Transaction

GET_PERSONS = """
SELECT worker_id, unit_id, person_of(worker_id) AS person_id FROM workers WHERE worker_id = ANY($1::uuid[])
"""
GET_ALL_OF_PERSON = """
SELECT DISTINCT worker_id FROM unnest($1::uuid[]) AS asked (id)
CROSS JOIN LATERAL (
    SELECT worker_id FROM merges WHERE person_id = person_of(asked.id)
    UNION SELECT person_of(asked.id) UNION SELECT asked.id
) AS all_of (worker_id)
"""
LOCK_REVIEW = """
SELECT review.worker_id, review.other_id, state, one.unit_id AS one_unit, other.unit_id AS other_unit
FROM reviews AS review JOIN workers AS one ON one.worker_id = review.worker_id
JOIN workers AS other ON other.worker_id = review.other_id WHERE review_id = $1 FOR UPDATE OF review
"""
SET_STATE = "UPDATE reviews SET state = $2 WHERE review_id = $1"
KEEP_DECISION = """
INSERT INTO review_decisions (review_id, decision, ground, party, actor, ref, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
# All who were or are linked to the two, before a word takes effect.
GET_LINKED = """
WITH RECURSIVE linked AS (
    SELECT unnest($1::uuid[]) AS worker_id
    UNION
    SELECT CASE WHEN review.worker_id = linked.worker_id THEN review.other_id ELSE review.worker_id END
    FROM linked JOIN reviews AS review
    ON review.state = 'same' AND linked.worker_id IN (review.worker_id, review.other_id)
)
SELECT worker_id, person_of(worker_id) AS person_id FROM linked
"""
GET_WORDS = """
SELECT worker_id, other_id, state FROM reviews
WHERE state <> 'open' AND (worker_id = ANY($1::uuid[]) OR other_id = ANY($1::uuid[]))
"""
SET_PERSONS = """
INSERT INTO merges (worker_id, person_id, version)
SELECT worker_id, person_id, 1 FROM unnest($1::uuid[], $2::uuid[]) AS new (worker_id, person_id)
ON CONFLICT (worker_id) DO UPDATE SET person_id = excluded.person_id, version = merges.version + 1
RETURNING worker_id, person_id, version
"""
STATES = {"same": "same", "different": "different", "undo": "open"}


async def units_and_persons(tx: Transaction, worker_ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """The unit of each of these workers, and who stands for them."""
    rows = await tx.fetch(GET_PERSONS, list(worker_ids)) if worker_ids else []
    return {row["worker_id"]: (row["unit_id"], row["person_id"]) for row in rows}


async def all_of(tx: Transaction, worker_ids: Sequence[UUID]) -> list[UUID]:
    """Every worker who is one of these persons, themselves included."""
    return [row["worker_id"] for row in await tx.fetch(GET_ALL_OF_PERSON, list(worker_ids))]


async def decide(tx: Transaction, batch: Batch[IdentityReviewDecided], *, now: datetime) -> None:
    """Let registrars' words take effect, one after the other; such words are rare."""
    await tx.execute(workers.LOCK)
    for message in batch:
        review = await tx.fetchrow(LOCK_REVIEW, message.event.review_id)
        code = await _objection(tx, message, review, now)
        if code is None and review is not None:
            code = await _take_effect(tx, message, review, now)
        if code is not None:
            problems = [problem(code, "decision" if code.endswith(("decided", "contradicted")) else "review_id")]
            refused = DeclarationRefused(subject_id=message.event.review_id, problems=problems)
            await outbox.append(tx, [message.leads_to(refused)])


async def _objection(
    tx: Transaction, message: Message[IdentityReviewDecided], review: Record | None, now: datetime
) -> str | None:
    if review is None:
        return "identity_review.unknown"
    units = [review["one_unit"], review["other_unit"]]
    if not (await registrars.of_party(tx, message.party, units, now)).may_decide(*units):
        return "identity_review.not_a_registrar"
    if message.event.decision == "undo" and review["state"] == "open":
        return "identity_review.not_decided"
    return None


async def _take_effect(
    tx: Transaction, message: Message[IdentityReviewDecided], review: Record, now: datetime
) -> str | None:
    """Store a word and what follows from it; the code of what contradicts it, where it cannot be."""
    word, pair = message.event, (review["worker_id"], review["other_id"])
    before = {row["worker_id"]: row["person_id"] for row in await tx.fetch(GET_LINKED, list(pair))}
    words = {(row["worker_id"], row["other_id"]): row["state"] for row in await tx.fetch(GET_WORDS, list(before))}
    words[pair] = STATES[word.decision]
    after = merging.persons(before, [link for link, state in words.items() if state == "same"])
    if merging.contradicted(after, [link for link, state in words.items() if state == "different"]):
        return "identity_review.contradicted"
    await tx.execute(SET_STATE, word.review_id, STATES[word.decision])
    await tx.execute(
        KEEP_DECISION, word.review_id, word.decision, word.ground, message.party, message.actor, message.ref, now
    )
    await _say(tx, message, before, after, pair)
    return None


async def _say(
    tx: Transaction,
    message: Message[IdentityReviewDecided],
    before: Mapping[UUID, UUID],
    after: Mapping[UUID, UUID],
    pair: Pair,
) -> None:
    changed = merging.changes(before, after)
    rows = await tx.fetch(SET_PERSONS, list(changed), [person for _, person in changed.values()]) if changed else []
    said: list[WorkerMerged | WorkerMergeUndone | IdentityReviewSettled] = []
    for row in sorted(rows, key=lambda row: row["worker_id"]):
        worker_id, version = row["worker_id"], row["version"]
        if row["person_id"] != worker_id:
            said.append(WorkerMerged(worker_id=worker_id, person_id=row["person_id"], version=version))
        else:
            said.append(WorkerMergeUndone(worker_id=worker_id, person_id=changed[worker_id][0], version=version))
    one = after[pair[0]] if after[pair[0]] == after[pair[1]] else None
    settled = IdentityReviewSettled(review_id=message.event.review_id, decision=message.event.decision, person_id=one)
    await outbox.append(tx, [message.leads_to(event) for event in (*said, settled)])
