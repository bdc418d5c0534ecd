"""Every event class of the house: one file per owner; rosters, monitoring, appointments and plans have their own."""

from collections.abc import Iterator
from types import ModuleType

from contracts import (
    appointments,
    clinics,
    coordination,
    deliveries,
    health,
    monitoring,
    operations,
    plans,
    registry,
    results,
    rosters,
    scheduling,
    unions,
    workers,
)
from contracts.base import Event

PARTIES = ("unions", "health", "clinics", "workers", "operations")
SERVICES = deliveries.SERVICES
_OWNERS = (
    unions, health, clinics, workers, operations, registry, rosters, monitoring, scheduling, appointments, plans,
    results, coordination,
)  # fmt: skip


def _classes_of(owner: ModuleType) -> Iterator[type[Event]]:
    for value in vars(owner).values():
        if isinstance(value, type) and issubclass(value, Event) and value.__module__ == owner.__name__:
            yield value


EVENTS: tuple[type[Event], ...] = (*(c for owner in _OWNERS for c in _classes_of(owner)), *deliveries.EVENTS)
BY_TYPE: dict[str, type[Event]] = {event.entry.type: event for event in EVENTS}


def written_by(owner: str) -> tuple[type[Event], ...]:
    """The event classes that a service or party class says."""
    return tuple(event for event in EVENTS if event.entry.writer == owner)


def read_by(service: str) -> tuple[type[Event], ...]:
    """The event classes that a service listens to."""
    return tuple(event for event in EVENTS if service in event.entry.readers)
