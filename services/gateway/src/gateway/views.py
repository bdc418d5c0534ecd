"""What each class of party may see, per purpose: output models that have no field for anything else."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Json, computed_field

from contracts.coordination import Figures
from contracts.fields import Window
from contracts.results import IndexClass
from contracts.scheduling import Ground


class View(BaseModel):
    """An output model: what it does not name is dropped, whatever the row holds."""

    model_config = ConfigDict(extra="ignore", from_attributes=True)


class ReceiptLine(View):
    """A receipt in a list."""

    receipt_id: UUID
    ref: str
    type: str
    subject: str
    state: str
    accepted_at: datetime


class Receipt(ReceiptLine):
    """A receipt with the events that answer it and the services that could not take it."""

    stored_at: datetime | None
    answered_at: datetime | None
    answers: Json[list[dict[str, Any]]] | None
    deliveries: Json[list[dict[str, Any]]] | None


class Link(View):
    """An event in a causation chain."""

    ref: str
    cause: str | None
    type: str
    at: datetime
    trace_id: str | None
    depth: int
    parked_by: str | None
    parked_because: str | None


class RosterView(View):
    """A roster; its assessment is what registry said of it."""

    roster_id: UUID
    unit_id: UUID
    campaign_id: UUID | None
    assessment: Json[dict[str, Any]] | None


class RosterRow(View):
    """What became of one row of a roster; codes, never the cells."""

    row: int
    outcome: str
    codes: list[str]
    related_rows: list[int]
    worker_id: UUID | None
    effect: str


class Day(View):
    """The business date, null before the first day; the days whose work is done; the plans being computed."""

    day: date | None
    swept: date | None
    counted: date | None
    planning: list[UUID]


class OrganisationView(View):
    """A node of the tree as of a day; `depth` counts from where the tree was asked for."""

    organisation_id: UUID
    kind: str
    name: str
    code: str
    parent_id: UUID | None
    province_code: str
    commune_code: str | None
    code_system: str
    valid_from: date
    depth: int


class LineView(View):
    """A crew and its calendar."""

    line_id: UUID
    unit_id: UUID
    employer_id: UUID | None
    name: str
    site: str
    shifts_from: date
    shifts: Json[list[tuple[int, int] | None]]
    headcount: int
    max_absent_pct: int
    reaches: Json[list[dict[str, Any]]]


class CampaignLine(View):
    """A campaign in a list."""

    campaign_id: UUID
    programme_id: UUID
    title: str
    state: str
    period_from: date
    period_to: date


class ApprovalView(View):
    """Whose word counts, and whose was open then."""

    subject: str
    party: str
    missing: list[str]
    at: datetime


class CampaignView(CampaignLine):
    """A campaign: what was agreed, frozen and signed; `due` people are in the frozen scope."""

    rosters_due: date
    coverage_pct: int
    scope_unit_ids: list[UUID]
    units: int
    tree_as_of: date | None
    unit_targets: Json[list[dict[str, Any]]]
    funding: Json[list[dict[str, Any]]]
    frozen_on: date | None
    missing_unit_ids: list[UUID] | None
    due: int | None
    units_with_demand: int
    closing_on: date | None
    closing_figures: Json[Figures] | None
    digest: str | None
    signature: str | None
    public_key: str | None
    approvals: list[ApprovalView]


class Denominator(View):
    """A unit's frozen denominator."""

    unit_id: UUID
    workers: int
    due: int


class PlanView(View):
    """A plan as proposed, and what it came to."""

    plan_id: UUID
    campaign_id: UUID
    state: str
    approved_by: list[str]
    published_appointments: int | None
    dropped: int | None
    summary: Json[dict[str, Any]]


class CoverageView(View):
    """A unit's figures as of a day, all units below it counted."""

    unit_id: UUID
    campaign_id: UUID
    as_of: date
    tree_as_of: date
    target_pct: int
    figures: Json[Figures]


class CoverageTree(View):
    """A unit's figures and those of the units directly below it."""

    unit: CoverageView | None
    children: list[CoverageView]
    history: list[CoverageView] = []


class Agreement(View):
    """A figure as coordination states it beside what the gateway counted by itself from the events."""

    stated: int
    counted: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.stated == self.counted


class Reconciliation(View):
    """A campaign's totals: `sums_up` when every person in scope has exactly one state."""

    campaign_id: UUID
    figures: Figures
    sums_up: bool
    in_scope: Agreement
    examined: Agreement
    visits: Agreement


class SessionView(View):
    """An exam session: where, when, with how many seats, and whether a permit confirms it."""

    session_id: UUID
    clinic_id: str
    campaign_id: UUID
    site: str
    day: date
    status: str
    permit_id: UUID | None
    seats: int
    booked: int
    windows: Json[list[Window]] | None


class PermitView(View):
    """A mobile permit as it stands."""

    permit_id: UUID
    clinic_id: str
    sites: list[str]
    valid_from: date
    valid_to: date
    licensed_stations: list[str]
    bnn: bool


class AlertView(View):
    """An alert; it names nobody."""

    alert_id: UUID
    campaign_id: UUID
    unit_id: UUID | None
    kind: str
    on_day: date
    text_vi: str
    text_en: str


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
    people: int | None = None
    groups: dict[str, int] | None = None


class ClosedLoops(View):
    """The share of closed follow-ups in percent to the nearest ten; null where it is suppressed."""

    campaign_id: UUID
    unit_id: UUID
    closed_pct: int | None


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


class Identity(View):
    """Who is booked: passed on from registry, never kept here."""

    appointment_id: UUID
    worker_id: UUID
    identity: dict[str, Any]


class WorkerRecord(View):
    """All that is known here about one worker, and who looked at their identity."""

    worker_id: UUID
    health_checks: list[dict[str, Any]]
    appointments: list[AppointmentView]
    visits: list[dict[str, Any]]
    examinations: list[Json[dict[str, Any]]]
    fitness: list[dict[str, Any]]
    follow_ups: list[FollowUpView]
    looks: list[dict[str, Any]] | None


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
