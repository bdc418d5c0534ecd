"""The events that the gateway takes in and passes on, found in the contracts by type."""

from functools import cache
from hashlib import sha1
from uuid import NAMESPACE_URL, UUID

from asyncpg.pgproto.pgproto import UUID as QuickUUID  # noqa: N811 - made in C; a gateway makes millions

from contracts import deliveries
from contracts import rosters as roster_events
from contracts.base import TYPE_PREFIX, Event, Sensitivity, sensitivity_of
from contracts.catalogue import EVENTS, PARTIES

# The gateway itself says these for a party, when a file came in; nobody may say them directly.
MADE_HERE = (roster_events.RosterSubmitted, roster_events.RosterChunkSealed)
DELIVERIES = deliveries.EVENTS
OUTSIDE_EVENTS = tuple(event for event in EVENTS if event.entry.writer in PARTIES)
INTAKE = {event.entry.type: event for event in OUTSIDE_EVENTS if event not in MADE_HERE}
ANSWERED_BY = {event.entry.type: frozenset(event.entry.answered_by) for event in OUTSIDE_EVENTS}
ANSWERS = frozenset().union(*ANSWERED_BY.values())


def owner_of(event_type: str) -> str:
    """Who says a type: a service or a class of party."""
    return event_type.removeprefix(f"{TYPE_PREFIX}.").partition(".")[0]


def key_of(ref: str) -> UUID:
    """uuid5 of "source#id" in the URL namespace: a receipt's id, and an event's short identity."""
    digest = bytearray(sha1(_NAMESPACE + ref.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return QuickUUID(bytes(digest))


_NAMESPACE = NAMESPACE_URL.bytes


@cache
def may_leave(event: type[Event]) -> frozenset[str]:
    """The fields of an event that may leave the restricted topics: the public and the pseudonymous ones.

    `answers` is for receipts alone.
    """
    allowed = (Sensitivity.PUBLIC, Sensitivity.PSEUDONYMOUS)
    fields = {name for name, field in event.model_fields.items() if sensitivity_of(field) in allowed}
    return frozenset(fields - {"answers"})


@cache
def readers() -> dict[str, tuple[str, ...]]:
    """Which services read each type; the gateway reads all."""
    return {event.entry.type: (*{*event.entry.readers, "gateway"},) for event in EVENTS}
