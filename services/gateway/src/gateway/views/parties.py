"""For both parties, and for clinics as far as it concerns them: what was agreed, planned and reached."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Json, computed_field

from contracts.coordination import Figures
from contracts.fields import Window
from contracts.organisations import FormerPlace
from gateway.views.base import View


class PlanUnderWay(View):
    """A plan that is being computed, and whose."""

    plan_id: UUID
    campaign_id: UUID | None


class Day(View):
    """The business date, null before the first day; the days whose work is done; the plans being computed."""

    day: date | None
    swept: date | None
    counted: date | None
    planning: Json[list[PlanUnderWay]]


class OrganisationView(View):
    """A node of the tree as of a day; `depth` counts from where the tree was asked for.

    Codes of places are of `code_system`; `former_place` has those of before, with their own.
    """

    organisation_id: UUID
    kind: str
    name: str
    code: str
    parent_id: UUID | None
    province_code: str
    commune_code: str | None
    code_system: str
    former_place: Json[FormerPlace] | None
    valid_from: date
    depth: int


class ReportView(View):
    """A workplace monitoring report: what it found on which line or job, and how many workers it changed at once."""

    report_id: UUID
    version: int
    measured_on: date
    valid_from: date
    measured_by: str | None
    places: Json[list[dict[str, Any]]]
    workers: int


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
    """A campaign: what was agreed, frozen and signed; `due` people are in the frozen scope.

    `examined_late` of them were examined by conclusions that came after the signed figures.
    """

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
    examined_late: int | None
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
    """A plan as proposed, and what it came to; `reason` of one that was given up."""

    plan_id: UUID
    campaign_id: UUID
    state: str
    approved_by: list[str]
    published_appointments: int | None
    dropped: int | None
    reason: str | None
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
    """A campaign's totals as of a day: `sums_up` when every person in scope has exactly one state."""

    campaign_id: UUID
    as_of: date | None
    tree_as_of: date | None
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
