"""Which event led to which: a row for every event that passed, so that a receipt's consequences can be drawn."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from gateway.catalogue import key_of
from gateway.read_models.records import Reader, dicts
from shared.consuming import Batch, Message
from shared.database import Transaction

NO_CAUSE = UUID(int=0)

RECORD = """
INSERT INTO causation (event_key, cause_key, nth, source, id, type, at, trace_id)
SELECT event_key, cause_key, nth, source, id, $1, at, trace_id
FROM unnest($2::uuid[], $3::uuid[], $4::smallint[], $5::text[], $6::text[], $7::timestamptz[], $8::text[])
  AS told (event_key, cause_key, nth, source, id, at, trace_id)
ON CONFLICT DO NOTHING
"""
# Breadth first, so that a cut at the limit keeps what is nearest to the beginning.
CHAIN = """
WITH RECURSIVE chain AS (
    SELECT causation.*, 0 AS depth FROM causation WHERE event_key = $1 AND nth = 0
    UNION
    SELECT next.*, chain.depth + 1 FROM causation AS next JOIN chain ON next.cause_key = chain.event_key
    WHERE chain.depth < 30
)
SELECT chain.source || '#' || chain.id AS ref, cause.source || '#' || cause.id AS cause, chain.type, chain.at,
       chain.trace_id, chain.depth, delivery.service AS parked_by, delivery.reason AS parked_because
FROM (SELECT * FROM chain ORDER BY depth, at LIMIT $2) AS chain
LEFT JOIN causation AS cause ON cause.event_key = chain.cause_key AND cause.nth = 0
LEFT JOIN deliveries AS delivery ON delivery.event_key = chain.event_key AND delivery.state = 'parked'
ORDER BY chain.depth, chain.at
"""
COUNT_BY_TYPE = "SELECT type, count(*) AS number FROM causation WHERE nth = 0 GROUP BY type ORDER BY type"


async def record(tx: Transaction, batch: Batch[Any]) -> None:
    """Remember events of one type, each with its cause."""
    rows = [row for message in batch for row in _rows(message)]
    await tx.execute(RECORD, batch[0].type, *map(list, zip(*rows, strict=True)))


def _rows(message: Message[Any]) -> Iterator[tuple[Any, ...]]:
    trace_id = message.arrival.headers.get("traceparent", "")[3:35] or None
    event_key, time = key_of(message.ref), message.time
    for nth, cause in enumerate(causes_of(message) or [None]):
        cause_key = key_of(cause) if cause else NO_CAUSE
        yield event_key, cause_key, nth, message.source, message.id, time, trace_id


def causes_of(message: Message[Any]) -> list[str]:
    """The refs of the events that led to this one."""
    return (message.cause or "").split(" ") if message.cause else []


async def chain(db: Reader, event_key: UUID, *, limit: int) -> list[dict[str, Any]]:
    """The event and all that it led to, nearest first, at most `limit`."""
    return dicts(await db.fetch(CHAIN, event_key, limit))


async def count_by_type(db: Reader) -> dict[str, int]:
    """How many events of each type have passed."""
    return {row["type"]: row["number"] for row in await db.fetch(COUNT_BY_TYPE)}
