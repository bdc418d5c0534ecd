"""Messages about something that is not known here yet: kept in the consumer's own table until it is."""

from collections.abc import Sequence
from json import dumps, loads
from typing import Any
from zlib import crc32

from shared.consuming import Message
from shared.database import Transaction
from shared.envelope import Arrival

# Holders exclude releasers of the same kind until commit, so that no release looks before a hold is there to be seen.
LOCK_AS_HOLDER = "SELECT pg_advisory_xact_lock(7402, $1)"
LOCK_AS_RELEASER = "SELECT pg_advisory_xact_lock_shared(7402, $1)"
HOLD = """
INSERT INTO waiting (kind, id, topic, partition, "offset", key, headers, value)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::bytea[])
"""
RELEASE = """
DELETE FROM waiting WHERE kind = $1 AND id = ANY($2::text[])
RETURNING position, topic, partition, "offset", key, headers, value
"""


async def hold(tx: Transaction, messages: Sequence[Message[Any]], kind: str, ids: Sequence[Any]) -> None:
    """Keep each message until `release` is called for its kind and id; a held message has no other effect.

    Its handler sees it a second time at once, under the holders' lock: what it waits for may have become known before
    the lock was ours. It is taken behind all that the handler locks the first time, as releasers take it last.
    """
    final = [
        (message, str(id_)) for message, id_ in zip(messages, ids, strict=True) if _look(message, kind) in tx.looked
    ]
    first = [message for message in messages if _look(message, kind) not in tx.looked]
    if first:
        tx.held += first
        tx.held_for.add(kind)
        tx.looked.update(_look(message, kind) for message in first)
    if final:
        await _store(tx, kind, final)


async def lock_as_holder(tx: Transaction) -> None:
    """Let nobody release what the transaction is about to hold."""
    for kind in sorted(tx.held_for):
        await tx.execute(LOCK_AS_HOLDER, _number(kind))
    tx.held_for.clear()


async def _store(tx: Transaction, kind: str, waiting: Sequence[tuple[Message[Any], str]]) -> None:
    arrivals = [message.arrival for message, _ in waiting]
    await tx.execute(
        HOLD, kind, [id_ for _, id_ in waiting], [a.topic for a in arrivals], [a.partition for a in arrivals],
        [a.offset for a in arrivals], [a.key for a in arrivals], [dumps(a.headers) for a in arrivals],
        [a.value for a in arrivals],
    )  # fmt: skip


async def release(tx: Transaction, kind: str, ids: Sequence[Any]) -> None:
    """What waited for these goes through its handlers in this transaction, once the running handler returns."""
    if not ids:
        return
    await tx.execute(LOCK_AS_RELEASER, _number(kind))
    rows = await tx.fetch(RELEASE, kind, [str(id_) for id_ in ids])
    for row in sorted(rows, key=lambda row: row["position"]):
        arrival = Arrival(
            row["topic"], row["partition"], row["offset"], row["key"], loads(row["headers"]), row["value"]
        )
        tx.released.append(arrival)


def _number(kind: str) -> int:
    return crc32(kind.encode()) - 2**31


def _look(message: Message[Any], kind: str) -> tuple[str, int, int, str]:
    return message.arrival.topic, message.arrival.partition, message.arrival.offset, kind
