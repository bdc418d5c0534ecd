"""Messages that could not take effect: parked with reason and trace, their key held, announced, never lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from json import dumps
from typing import Any
from uuid import UUID

from contracts import deliveries
from shared import outbox
from shared.clock import new_id, utc_now
from shared.database import Transaction
from shared.envelope import Arrival
from shared.tracing import trace_id_of

BEHIND = "behind_a_parked_message"

# A letter that was replayed, then waited, and fails after all is parked again under its own id.
PARK = """
INSERT INTO dead_letters (id, topic, partition, "offset", key, source, event_id, type, headers, value, reason, detail,
                          trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (topic, partition, "offset") DO UPDATE
SET key = excluded.key, source = excluded.source, event_id = excluded.event_id, type = excluded.type,
    headers = excluded.headers, value = excluded.value, reason = excluded.reason, detail = excluded.detail,
    trace_id = excluded.trace_id, parked_at = excluded.parked_at, state = 'parked'
RETURNING id
"""
PARK_KEY = "INSERT INTO parked_keys (topic, key) VALUES ($1, $2) ON CONFLICT DO NOTHING"
SHARE_PARKED_KEYS = """
SELECT topic, key FROM parked_keys
WHERE (topic, key) IN (SELECT * FROM unnest($1::text[], $2::text[])) FOR SHARE
"""


@dataclass(slots=True)
class ParkedKeys:
    """The parked keys that matter to one transaction; one that it is draining stops nothing."""

    keys: set[tuple[str, str | None]] = field(default_factory=set)
    draining: tuple[str, str | None] | None = None

    async def lock_shared(self, tx: Transaction, aggregates: Iterable[tuple[str, str | None]]) -> None:
        """Read which of the aggregates are parked; a replay of them waits until this transaction ends."""
        distinct = [(topic, key) for topic, key in set(aggregates) if key is not None]
        rows = await tx.fetch(SHARE_PARKED_KEYS, [topic for topic, _ in distinct], [key for _, key in distinct])
        self.meet((row["topic"], row["key"]) for row in rows)

    def meet(self, parked: Iterable[tuple[str, str | None]]) -> None:
        """These are parked, and were locked."""
        self.keys.update(parked)
        self.keys.discard(self.draining or ("", None))


async def park(
    tx: Transaction, group: str, parked: ParkedKeys, arrival: Arrival, reason: str, detail: dict[str, Any]
) -> None:
    """Store a message that cannot take effect, hold its key, and announce it."""
    headers = arrival.headers
    letter: UUID = await tx.fetchval(
        PARK, new_id(), arrival.topic, arrival.partition, arrival.offset, arrival.key, headers.get("ce_source"),
        headers.get("ce_id"), headers.get("ce_type"), dumps(headers), arrival.value, reason, dumps(detail),
        trace_id_of(headers.get("traceparent")),
    )  # fmt: skip
    if arrival.key is not None:
        await tx.execute(PARK_KEY, arrival.topic, arrival.key)
        if arrival.aggregate != parked.draining:
            parked.keys.add(arrival.aggregate)
    await announce(tx, group, "parked", letter, arrival, reason)


async def announce(
    tx: Transaction, group: str, turn: str, letter: UUID, arrival: Arrival, reason: str, **decided: str
) -> None:
    """Say what became of a message; nothing is said about such announcements themselves, or it would never end.

    `decided` says `who` and `why` where a person did. A message whose headers cannot be read has no ref.
    """
    if arrival.topic == f"{group}.deliveries":
        return
    ref = f"{arrival.headers['ce_source']}#{arrival.headers['ce_id']}" if arrival.sound else ""
    event_class: type[deliveries.Delivery] = getattr(deliveries.of(group), turn)
    event = event_class.model_validate(
        {"dead_letter_id": letter, "ref": ref, "type": arrival.headers.get("ce_type", ""), "reason": reason,
         "at": utc_now(), **decided}
    )  # fmt: skip
    trace = arrival.headers.get("traceparent")
    await outbox.append(tx, [outbox.outgoing(event, cause=ref or None, trace=trace)])


def split(arrivals: Sequence[Any], parked: ParkedKeys) -> tuple[list[Any], list[Any]]:
    """Messages whose key flows, and those whose key is parked."""
    flowing = [item for item in arrivals if item.aggregate not in parked.keys]
    return flowing, [item for item in arrivals if item.aggregate in parked.keys]
