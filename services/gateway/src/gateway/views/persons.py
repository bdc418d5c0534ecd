"""For employer, clinic and worker: each what its purpose needs of a person, and no field beyond."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Json

from contracts.results import IndexClass
from gateway.views.base import View
from gateway.views.union import AppointmentView


class EmployerAppointment(View):
    """When a worker is away for the check, and whether the visit took place; never why not."""

    appointment_id: UUID
    worker_id: UUID
    campaign_id: UUID
    site: str
    day: date
    start: int
    attended: bool | None


class EmployerFitness(View):
    """What an employer may know of an examined worker."""

    worker_id: UUID
    campaign_id: UUID
    concluded_on: date | None
    final_class: int
    restrictions: list[str]


class Proposal(View):
    """The class that the rules propose for a visit, explained; only the doctor's conclusion makes it official."""

    visit_id: UUID
    clinic_id: str
    proposed: int | None
    why_not: str | None
    if_no_tumour: int | None = None
    indices: list[IndexClass]
    rule_set: str
    explanation_vi: list[str]
    explanation_en: list[str]
    warnings: list[dict[str, Any]]
    escalations: list[dict[str, Any]]


class EscalationView(View):
    """A finding that cannot wait, and since when the clinic was told."""

    code: str
    station: str
    told_at: datetime
    message_vi: str
    message_en: str


class FollowUpView(View):
    """A follow-up of the clinic's own visits."""

    follow_up_id: UUID
    visit_id: UUID
    worker_id: UUID
    campaign_id: UUID
    kind: str | None
    reason: str | None
    due_on: date | None
    closed_on: date | None
    outcome: str | None
    text_vi: str | None
    text_en: str | None
    legal_source: str | None


class WorkerRecord(View):
    """All that is known here about one worker, and who looked at their identity.

    `also` are records that were merged with this one: what was recorded for them stands here as well.
    """

    worker_id: UUID
    also: list[UUID] = []
    health_checks: list[dict[str, Any]]
    appointments: list[AppointmentView]
    visits: list[dict[str, Any]]
    examinations: list[Json[dict[str, Any]]]
    fitness: list[dict[str, Any]]
    follow_ups: list[FollowUpView]
    looks: list[dict[str, Any]] | None
