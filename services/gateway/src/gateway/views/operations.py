"""For operations: counts, no persons."""

from datetime import date

from gateway.views.base import View


class ServiceStatistics(View):
    """What a service said, was told, and could not take, as far as it has passed the gateway."""

    service: str
    published: int
    addressed: int
    parked: int
    replayed: int
    discarded: int


class Statistics(View):
    """Counts of events by type and service, and of receipts by state."""

    day: date | None
    events: int
    services: list[ServiceStatistics]
    types: dict[str, int]
    receipts: dict[str, int]
