"""For the union: attendance and due dates of its own; of results only suppressed groups."""

from datetime import date
from uuid import UUID

from pydantic import Json

from contracts.scheduling import Ground
from gateway.views.base import View


class HealthCheckView(View):
    """A due check and why it is due; whether it took place, never what was found."""

    health_check_id: UUID
    worker_id: UUID
    unit_id: UUID
    campaign_id: UUID
    package: str
    stations: list[str]
    interval_months: int
    due_on: date
    legal_deadline: date | None
    priority: int
    late_joiner: bool
    state: str
    grounds: Json[list[Ground]]


class AppointmentView(View):
    """Who is expected where and when, and whether they came."""

    appointment_id: UUID
    health_check_id: UUID
    worker_id: UUID
    unit_id: UUID
    campaign_id: UUID
    session_id: UUID
    clinic_id: str
    site: str
    day: date
    window: int
    start: int
    package: str
    stations: list[str]
    state: str


class ClassMix(View):
    """How many people per group of health classes; null groups are suppressed, `released` false means too early."""

    unit_id: UUID
    campaign_id: UUID
    released: bool
    as_of: date | None = None
    tree_as_of: date | None = None
    people: int | None = None
    groups: dict[str, int] | None = None


class ClosedLoops(View):
    """The share of closed follow-ups in percent to the nearest ten; null where it is suppressed."""

    campaign_id: UUID
    unit_id: UUID
    as_of: date
    tree_as_of: date
    closed_pct: int | None
