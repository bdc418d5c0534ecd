"""What every service says of messages it could not take: parked, replayed, discarded."""

from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.base import Event, Party, Pseudonymous, Public

SERVICES = ("registry", "scheduling", "results", "coordination", "gateway")


class Delivery(Event, name="-.delivery.-", topic="-", key="dead_letter_id", readers=()):
    """The base of the three turns that a message which could not be taken may go through."""

    dead_letter_id: Public[UUID]
    ref: Pseudonymous[str]
    type: Public[str]
    reason: Public[str]
    at: Public[datetime]


class Decision(Delivery, name="-.delivery.-", topic="-", key="dead_letter_id", readers=()):
    """The base of what a person decided about a parked message, and why."""

    who: Pseudonymous[str]
    why: Public[str]


def _of(service: str, turn: str, base: type[Delivery], doc: str) -> type[Delivery]:
    settings: dict[str, Any] = {
        "name": f"{service}.delivery.{turn}",
        "topic": f"{service}.deliveries",
        "key": "dead_letter_id",
        "readers": ("gateway",),
        "shown_to": (Party.OPERATIONS,),
    }
    namespace = {"__doc__": doc, "__module__": __name__}
    return type(f"{service.capitalize()}Delivery{turn.capitalize()}", (base,), namespace, **settings)


def parked(service: str) -> type[Delivery]:
    """The event class by which a service says that it parked a message, with the reason's stable code."""
    return _PARKED[service]


def replayed(service: str) -> type[Delivery]:
    """The event class by which a service says that a person had a parked message taken after all."""
    return _REPLAYED[service]


def discarded(service: str) -> type[Delivery]:
    """The event class by which a service says that a person gave a parked message up."""
    return _DISCARDED[service]


_PARKED = {s: _of(s, "parked", Delivery, "A message could not be taken and waits for a person.") for s in SERVICES}
_REPLAYED = {s: _of(s, "replayed", Decision, "A parked message was taken after all.") for s in SERVICES}
_DISCARDED = {s: _of(s, "discarded", Decision, "A parked message was given up.") for s in SERVICES}
EVENTS = (*_PARKED.values(), *_REPLAYED.values(), *_DISCARDED.values())
