"""Events leave only through here: appended in the transaction of the state they tell of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID
from zlib import crc32

from pydantic_core import to_json

from contracts.base import Event
from shared import tracing
from shared.clock import new_id_text
from shared.envelope import LARGEST_RECORD, LARGEST_VALUE, write_headers

if TYPE_CHECKING:
    from shared.consuming import Message
    from shared.database import Transaction

SHARDS = 16

# Claims a version per aggregate (sorted, so that two transactions never claim crosswise; the row stays locked until
# commit) and stores the events behind it. Positions are drawn after every claim, so they rise per aggregate.
APPEND = """
WITH event AS (
    SELECT * FROM unnest($1::smallint[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bytea[])
    WITH ORDINALITY AS event (shard, topic, key, later, headers, value, place)
), claimed AS (
    INSERT INTO versions AS known (topic, key, version, writer)
    SELECT topic, key, count(*), $7 FROM event GROUP BY topic, key ORDER BY topic COLLATE "C", key COLLATE "C"
    ON CONFLICT (topic, key) DO UPDATE
    SET version = known.version + excluded.version, previous_writer = known.writer, writer = excluded.writer
    RETURNING topic, key, version, previous_writer
), stored AS (
    INSERT INTO outbox (shard, topic, key, sequence, headers, value)
    SELECT shard, topic, key, version - later, headers, value
    FROM event JOIN claimed USING (topic, key) ORDER BY place
    RETURNING position, topic, key, sequence
)
SELECT position, sequence, previous_writer IS NOT NULL AND previous_writer <> $7 AS after_another
FROM stored JOIN claimed USING (topic, key) ORDER BY position
"""


@dataclass(slots=True)
class Outgoing:
    """An event on its way out: what it says, who says it, and what led to it; `value` where it is written already."""

    event: Event
    headers: dict[str, str]
    linked: tuple[str, ...] = ()
    value: bytes | None = None


@dataclass(slots=True)
class Row:
    """An event in the outbox; `after_another` when another process spoke last about its aggregate."""

    shard: int
    position: int
    topic: str
    key: str
    sequence: int
    headers: dict[str, str]
    value: bytes
    after_another: bool = False
    event: Event | None = None

    @property
    def type(self) -> str:
        """The full type, with its major."""
        return self.headers.get("ce_type", "")

    @property
    def trace(self) -> str | None:
        """The trace that it continues."""
        return self.headers.get("traceparent")


def outgoing(
    event: Event,
    *,
    source: str | None = None,
    id: UUID | str | None = None,  # noqa: A002
    time: datetime | None = None,
    cause: str | None = None,
    trace: str | None = None,
    party: str | None = None,
    actor: str | None = None,
) -> Outgoing:
    """An event with its envelope; a service's own events have the service as source and a fresh id."""
    entry = event.entry
    headers = write_headers(
        type=entry.type,
        source=source or entry.writer,
        id=str(id or new_id_text()),
        time=time,
        subject=event.aggregate_id,
        cause=cause,
        party=party,
        actor=actor,
        trace=trace or tracing.current(),
    )
    return Outgoing(event, headers)


def origin(
    event: Event,
    *,
    source: str,
    id: UUID | str,  # noqa: A002
    time: datetime,
    party: str | None = None,
    actor: str | None = None,
    trace: str | None = None,
) -> Outgoing:
    """What an outside party said; the edge vouches for `party` and `actor`."""
    return outgoing(event, source=source, id=id, time=time, party=party, actor=actor, trace=trace)


def because_of(causes: "Sequence[str | Message[Event]]", event: Event) -> Outgoing:
    """An event with several causes (or none): what one call of `append` says of this kind starts a trace of its own.

    The trace is linked to those of the causes that are given as messages.
    """
    refs = [cause if isinstance(cause, str) else cause.ref for cause in causes]
    linked = tuple(cause.trace for cause in causes if not isinstance(cause, str) and cause.trace)
    return replace(outgoing(event, cause=" ".join(refs) or None), linked=linked)


def shard_of(key: str) -> int:
    """The shard of an aggregate: the same in every process and for ever."""
    return crc32(key.encode()) % SHARDS


async def append(tx: "Transaction", events: Sequence[Outgoing]) -> None:
    """Say events when the transaction commits; assigns each the next sequence of its (topic, key), which it locks."""
    if not events:
        return
    _give_traces(events)
    await _store(
        tx,
        [item.event.entry.topic for item in events],
        [item.headers["ce_subject"] for item in events],
        [item.headers for item in events],
        [item.value or _encode(item.event) for item in events],
        [item.event for item in events],
    )


@dataclass(frozen=True, slots=True)
class Copy:
    """What was said already, or is told to one reader only: put on a topic that no event class names."""

    topic: str
    key: str
    headers: dict[str, str]
    value: bytes


async def append_copies(tx: "Transaction", copies: Sequence[Copy]) -> None:
    """Put copies on their topics when the transaction commits, in order and numbered like any event."""
    if copies:
        await _store(
            tx,
            [item.topic for item in copies],
            [item.key for item in copies],
            [item.headers for item in copies],
            [item.value for item in copies],
            [None] * len(copies),
        )


async def _store(
    tx: "Transaction",
    topics: Sequence[str],
    keys: Sequence[str],
    headers: Sequence[dict[str, str]],
    values: Sequence[bytes],
    events: Sequence[Event | None],
) -> None:
    shards = [shard_of(key) for key in keys]
    later = _how_many_follow(topics, keys)
    encoded = [to_json(item) for item in headers]
    if any(len(header) + len(value) > LARGEST_RECORD for header, value in zip(encoded, values, strict=True)):
        # In the outbox it would be the relay's poison, and hold up everybody.
        raise TooLargeError
    texts = [header.decode() for header in encoded]
    stored = await tx.fetch(APPEND, shards, topics, keys, later, texts, values, tx.writer)
    tx.say(
        [
            Row(shard, row[0], topic, key, row[1], header, value, row[2], event)
            for shard, row, topic, key, header, value, event in zip(
                shards, stored, topics, keys, headers, values, events, strict=True
            )
        ]
    )


def _give_traces(events: Sequence[Outgoing]) -> None:
    """Events that continue no trace share a new one."""
    alone = [item for item in events if "traceparent" not in item.headers]
    if not alone:
        return
    trace = tracing.begin(f"{alone[0].event.entry.writer} says", (link for item in alone for link in item.linked))
    if trace is not None:
        for item in alone:
            item.headers["traceparent"] = trace


class TooLargeError(Exception):
    """An event that no topic would take; it must be said in parts."""


def encoded(item: Outgoing) -> Outgoing:
    """The event with its value written, for whoever says so many that they write them while the database works."""
    item.value = _encode(item.event)
    return item


def _encode(event: Event) -> bytes:
    value = event.model_dump_json(by_alias=True).encode()
    if len(value) > LARGEST_VALUE:
        raise TooLargeError(event.entry.type)
    return value


def _how_many_follow(topics: Sequence[str], keys: Sequence[str]) -> list[int]:
    """For each event, how many of the same aggregate come after it in this call."""
    counts: dict[tuple[str, str], int] = {}
    later = []
    for aggregate in zip(reversed(topics), reversed(keys), strict=True):
        later.append(counts.get(aggregate, 0))
        counts[aggregate] = later[-1] + 1
    later.reverse()
    return later
