"""Messages that could not take effect: parked with reason and trace, their key held, announced, never lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from json import dumps
from typing import Any
from uuid import UUID

from contracts.base import Event, Party, Pseudonymous, Public
from shared import outbox
from shared.clock import new_id
from shared.database import Transaction
from shared.envelope import Arrival
from shared.tracing import trace_id_of

BEHIND = "behind_a_parked_message"

PARK = """
INSERT INTO dead_letters (id, topic, partition, "offset", key, source, event_id, type, headers, value, reason, detail,
                          trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (topic, partition, "offset") DO NOTHING
"""
PARK_KEY = "INSERT INTO parked_keys (topic, key) VALUES ($1, $2) ON CONFLICT DO NOTHING"
SHARE_PARKED_KEYS = """
SELECT topic, key FROM parked_keys
WHERE (topic, key) IN (SELECT * FROM unnest($1::text[], $2::text[])) FOR SHARE
"""


class _Delivery(Event, name="kernel.delivery.stated", topic="kernel.deliveries", key="letter_id", readers=()):
    """What became of a message that could not take effect at once."""

    letter_id: Pseudonymous[UUID]
    ref: Pseudonymous[str | None] = None
    topic: Public[str]
    type: Public[str | None] = None
    reason: Public[str]


@dataclass(frozen=True, slots=True)
class DeliveryEvents:
    """The three events by which one service announces what became of such messages."""

    parked: type[_Delivery]
    replayed: type[_Delivery]
    discarded: type[_Delivery]


@cache
def delivery_events(service: str) -> DeliveryEvents:
    """The event classes of a service's topic `<service>.deliveries`."""

    def define(verb: str, what_happened: str) -> type[_Delivery]:
        class Stated(
            _Delivery,
            name=f"{service}.delivery.{verb}",
            topic=f"{service}.deliveries",
            key="letter_id",
            readers=("gateway",),
            shown_to=(Party.OPERATIONS,),
        ):
            __doc__ = what_happened

        Stated.__name__ = Stated.__qualname__ = f"Delivery{verb.title()}"
        return Stated

    return DeliveryEvents(
        define("parked", f"A message could not take effect in {service}; receipts that wait for it show so."),
        define("replayed", f"A message that had been parked took effect in {service}."),
        define("discarded", f"Somebody decided, with a reason, that a parked message never takes effect in {service}."),
    )


@dataclass(slots=True)
class ParkedKeys:
    """The parked keys that matter to one transaction."""

    keys: set[tuple[str, str | None]] = field(default_factory=set)

    async def lock_shared(self, tx: Transaction, aggregates: Iterable[tuple[str, str | None]]) -> None:
        """Read which of the aggregates are parked; a replay of them waits until this transaction ends."""
        distinct = [(topic, key) for topic, key in set(aggregates) if key is not None]
        rows = await tx.fetch(SHARE_PARKED_KEYS, [topic for topic, _ in distinct], [key for _, key in distinct])
        self.keys.update((row["topic"], row["key"]) for row in rows)


async def park(
    tx: Transaction, group: str, parked: ParkedKeys, arrival: Arrival, reason: str, detail: dict[str, Any]
) -> None:
    """Store a message that cannot take effect, hold its key, and announce it."""
    letter = new_id()
    headers = arrival.headers
    await tx.execute(
        PARK, letter, arrival.topic, arrival.partition, arrival.offset, arrival.key, headers.get("ce_source"),
        headers.get("ce_id"), headers.get("ce_type"), dumps(headers), arrival.value, reason, dumps(detail),
        trace_id_of(headers.get("traceparent")),
    )  # fmt: skip
    if arrival.key is not None:
        await tx.execute(PARK_KEY, arrival.topic, arrival.key)
        parked.keys.add((arrival.topic, arrival.key))
    await announce(tx, group, "parked", letter, arrival, reason)


async def announce(tx: Transaction, group: str, verb: str, letter: UUID, arrival: Arrival, reason: str) -> None:
    """Say what became of a message; nothing is said about such announcements themselves, or it would never end."""
    if arrival.topic == f"{group}.deliveries":
        return
    ref = f"{arrival.headers['ce_source']}#{arrival.headers['ce_id']}" if arrival.sound else None
    event_class: type[_Delivery] = getattr(delivery_events(group), verb)
    event = event_class(
        letter_id=letter, ref=ref, topic=arrival.topic, type=arrival.headers.get("ce_type"), reason=reason
    )
    await outbox.append(tx, [outbox.outgoing(event, cause=ref, trace=arrival.headers.get("traceparent"))])


def split(arrivals: Sequence[Any], parked: ParkedKeys) -> tuple[list[Any], list[Any]]:
    """Messages whose key flows, and those whose key is parked."""
    flowing = [item for item in arrivals if item.aggregate not in parked.keys]
    return flowing, [item for item in arrivals if item.aggregate in parked.keys]
