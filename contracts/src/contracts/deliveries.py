"""What every service says of messages it could not take: parked, replayed, discarded."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import new_class
from typing import Any, TypeVar
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


D = TypeVar("D", bound=Delivery)


@dataclass(frozen=True, slots=True)
class Turns:
    """The events by which one service announces what became of messages that it could not take."""

    parked: type[Delivery]
    replayed: type[Decision]
    discarded: type[Decision]


@cache
def of(service: str) -> Turns:
    """The event classes of a service's topic `<service>.deliveries`."""

    def define(base: type[D], turn: str, what_happened: str) -> type[D]:
        place: dict[str, Any] = {
            "name": f"{service}.delivery.{turn}",
            "topic": f"{service}.deliveries",
            "key": "dead_letter_id",
            "readers": ("gateway",),
            "shown_to": (Party.OPERATIONS,),
        }
        namespace = {"__doc__": what_happened, "__module__": __name__}
        name = f"{service.capitalize()}Delivery{turn.capitalize()}"
        return new_class(name, (base,), place, lambda body: body.update(namespace))

    return Turns(
        define(Delivery, "parked", "A message could not be taken and waits for a person."),
        define(Decision, "replayed", "A parked message was taken after all."),
        define(Decision, "discarded", "A parked message was given up."),
    )


EVENTS = tuple(getattr(of(service), turn) for turn in Turns.__annotations__ for service in SERVICES)
