"""What trade union portals say: programmes, organisations, rosters, approvals and requests of their members."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import BOTH_PARTIES, Event, Party, Pseudonymous, Public
from contracts.fields import Booking, Funding, Move, Percent, Question, Refusal, Site, UnitTarget, WorkerId
from contracts.organisations import FormerPlace, OrganisationKind, Reach

APPROVAL_ANSWERS = ("coordination.approval.recorded.v1", "coordination.approval.refused.v1")
REQUEST_ANSWERS = ("scheduling.request.answered.v1",)
DECLINE_ANSWERS = ("coordination.plan.declined.v1", "coordination.approval.refused.v1")


class ProgrammeProposed(
    Event,
    name="unions.programme.proposed",
    topic="unions.programmes",
    key="programme_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=APPROVAL_ANSWERS,
    retention_days=None,
):
    """The union side signs its part of a multi-year cooperation programme (quy chế phối hợp)."""

    programme_id: Public[UUID]
    title: Public[str]
    union_unit_id: Public[UUID]
    authority_id: Public[str]
    valid_from: Public[date]
    valid_to: Public[date]


class CampaignProposed(
    Event,
    name="unions.campaign.proposed",
    topic="unions.campaigns",
    key="campaign_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=APPROVAL_ANSWERS,
    retention_days=None,
):
    """The union side proposes a campaign: scope, period, targets and funding; the health side approves or not."""

    campaign_id: Public[UUID]
    programme_id: Public[UUID]
    title: Public[str]
    scope_unit_ids: Public[list[UUID]]
    period_from: Public[date]
    period_to: Public[date]
    rosters_due: Public[date]
    coverage_pct: Percent
    unit_targets: Public[list[UnitTarget]] = []
    funding: Public[list[Funding]] = []


class OrganisationDeclared(
    Event,
    name="unions.organisation.declared",
    topic="unions.organisations",
    key="organisation_id",
    readers=("registry", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=(
        "registry.organisation.registered.v1",
        "registry.organisation.changed.v1",
        "registry.declaration.unchanged.v1",
        "registry.declaration.refused.v1",
    ),
    retention_days=None,
):
    """A union unit, employer or park exists from a date, under a parent; a later date re-parents it with history.

    Codes of places are those since 2025-07-01; `former_place` is how its papers name it by the ones before, which is
    kept with their version and held against today's.
    """

    organisation_id: Public[UUID]
    kind: Public[OrganisationKind]
    name: Public[str]
    code: Public[str]
    parent_id: Public[UUID | None] = None
    province_code: Public[str]
    commune_code: Public[str | None] = None
    code_system: Public[Literal["2025-07-01"]] = "2025-07-01"
    former_place: Public[FormerPlace | None] = None
    tax_code: Public[str | None] = None
    valid_from: Public[date]


class LineDeclared(
    Event,
    name="unions.line.declared",
    topic="unions.lines",
    key="line_id",
    readers=("registry", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=(
        "registry.line.registered.v1",
        "registry.line.changed.v1",
        "registry.declaration.unchanged.v1",
        "registry.declaration.refused.v1",
    ),
    retention_days=None,
):
    """A crew that works by one calendar: its shifts, headcount, how many may be away at once, and how far it travels.

    `shifts` is a repeating pattern of days from `shifts_from`: `[start, end]` minutes of the shift that begins that
    day, or null for a rest day.
    """

    line_id: Public[UUID]
    unit_id: Public[UUID]
    employer_id: Public[UUID | None] = None
    name: Public[str]
    site: Site
    shifts_from: Public[date]
    shifts: Public[Annotated[list[tuple[int, int] | None], Field(min_length=1)]]
    headcount: Public[Annotated[int, Field(ge=1)]]
    max_absent_pct: Percent
    reaches: Public[list[Reach]]


class RosterClosed(
    Event,
    name="unions.roster.closed",
    topic="unions.rosters",
    key="unit_id",
    readers=("registry", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=("registry.roster.closed.v1", "registry.declaration.refused.v1"),
    retention_days=7,
):
    """A union unit states that its rosters for a campaign are complete."""

    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    roster_ids: Public[list[UUID]]


class LeavingConfirmed(
    Event,
    name="unions.leaving.confirmed",
    topic="unions.rosters",
    key="unit_id",
    readers=("registry", "gateway"),
    answered_by=("registry.leaving.recorded.v1", "registry.declaration.refused.v1"),
    retention_days=7,
):
    """A person of the unit confirms that these workers, absent from a complete roster, have left.

    `employer_id` ends their work for that employer alone; whoever works elsewhere as well counts there from then on.
    """

    unit_id: Public[UUID]
    employer_id: Public[UUID | None] = None
    worker_ids: Pseudonymous[list[UUID]]
    left_on: Public[date]


class PlanApproved(
    Event,
    name="unions.plan.approved",
    topic="unions.plans",
    key="plan_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=APPROVAL_ANSWERS,
    retention_days=None,
):
    """The union side agrees to a plan."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]


class PlanDeclined(
    Event,
    name="unions.plan.declined",
    topic="unions.plans",
    key="plan_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=DECLINE_ANSWERS,
    retention_days=None,
):
    """The union side will not have a plan: a waiting one is withdrawn, one being computed is cancelled."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]


class WhatIfAsked(
    Question,
    Event,
    name="unions.what-if.asked",
    topic="unions.plans",
    key="request_id",
    readers=("scheduling", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=("scheduling.what-if.answered.v1",),
):
    """The union side asks what other capacity, ceilings, dates or sessions would bring; nothing is published by it."""


class ClosingApproved(
    Event,
    name="unions.closing.approved",
    topic="unions.campaigns",
    key="campaign_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=APPROVAL_ANSWERS,
    retention_days=None,
):
    """The union side signs the coverage that the digest stands for."""

    campaign_id: Public[UUID]
    digest: Public[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]]


class AbsenceReported(
    Event,
    name="unions.absence.reported",
    topic="unions.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker will be away on some days; appointments on them are freed and found anew."""

    request_id: Public[UUID]
    worker_id: WorkerId
    first_day: Pseudonymous[date]
    last_day: Pseudonymous[date]


class MoveRequested(
    Move,
    Event,
    name="unions.move.requested",
    topic="unions.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker asks for another time: a session, or any later one where none is named."""


class RefusalReported(
    Refusal,
    Event,
    name="unions.refusal.reported",
    topic="unions.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker refuses the check in confidence; the employer sees only that no visit took place."""


class RefusalWithdrawn(
    Refusal,
    Event,
    name="unions.refusal.withdrawn",
    topic="unions.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker who had refused will come after all: the check is due again, as the law asks for it today."""


class BookingRequested(
    Booking,
    Event,
    name="unions.booking.requested",
    topic="unions.requests",
    key="worker_id",
    readers=("scheduling", "gateway"),
    answered_by=REQUEST_ANSWERS,
):
    """A worker's due check is to be booked directly in a session, in a window or the first free one."""


class IdentityReviewDecided(
    Event,
    name="unions.identity-review.decided",
    topic="unions.identity-reviews",
    key="review_id",
    readers=("registry", "gateway"),
    shown_to=(Party.UNIONS,),
    answered_by=("registry.identity-review.settled.v1", "registry.declaration.refused.v1"),
    retention_days=None,
):
    """A registrar above both units says whether two workers are one person; `undo` takes the last such word back.

    `ground` is what it rests on; there is no free text, which might name somebody.
    """

    review_id: Public[UUID]
    decision: Public[Literal["same", "different", "undo"]]
    ground: Public[Literal["documents-seen", "employer-confirmed", "worker-confirmed", "entry-error"]]
