"""What `scheduling` says: what is due, what sessions count, appointments (`appointments.py`), plans (`plans.py`)."""

from datetime import date
from typing import Literal
from uuid import UUID

from contracts.base import BOTH_PARTIES, Event, Party, Pseudonymous, Public, Record
from contracts.fields import ClinicId, Problem, Site, Station, WorkerId


class Ground(Record):
    """Why a check is due: the rule's id and version and its legal source, in both languages."""

    rule: Public[str]
    version: Public[str]
    legal_source: Public[str]
    text_vi: Public[str]
    text_en: Public[str]


class HealthCheckBecameDue(
    Event,
    name="scheduling.health-check.became-due",
    topic="scheduling.health-checks",
    key="health_check_id",
    readers=("coordination", "gateway"),
    shown_to=(Party.UNIONS,),
    retention_days=None,
):
    """A worker's check falls due in a campaign, with package, deadline and grounds.

    A `late_joiner` became known after the unit's rosters were closed and is counted apart from the frozen scope.
    """

    health_check_id: Pseudonymous[UUID]
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    package: Pseudonymous[str]
    stations: Pseudonymous[list[Station]]
    interval_months: Pseudonymous[int]
    due_on: Pseudonymous[date]
    legal_deadline: Pseudonymous[date | None] = None
    priority: Pseudonymous[Literal[1, 2, 3, 4]]
    late_joiner: Public[bool] = False
    grounds: Pseudonymous[list[Ground]]


class HealthCheckWithdrawn(
    Event,
    name="scheduling.health-check.withdrawn",
    topic="scheduling.health-checks",
    key="health_check_id",
    readers=("coordination", "gateway"),
    shown_to=(Party.UNIONS,),
    retention_days=None,
):
    """A due check ends without a visit: the worker left or refused."""

    health_check_id: Pseudonymous[UUID]
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    reason: Pseudonymous[Literal["left", "refused"]]
    on_day: Pseudonymous[date]


class HealthCheckDeferred(
    Event,
    name="scheduling.health-check.deferred",
    topic="scheduling.health-checks",
    key="health_check_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS,),
    retention_days=None,
):
    """No plan found a place for a due check; the reason is true of the plan (kd-plan/1, rule R7)."""

    health_check_id: Pseudonymous[UUID]
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    plan_id: Public[UUID]
    reason: Public[str]


class HealthCheckJoined(
    Event,
    name="scheduling.health-check.joined",
    topic="scheduling.health-checks",
    key="health_check_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS,),
    retention_days=None,
):
    """Two workers are one person, who is examined once in a campaign: this check counts with the one it is joined to.

    An appointment that it had is cancelled as *replaced*.
    """

    health_check_id: Pseudonymous[UUID]
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    joined_to: Pseudonymous[UUID]


class HealthCheckSeparated(
    Event,
    name="scheduling.health-check.separated",
    topic="scheduling.health-checks",
    key="health_check_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS,),
    retention_days=None,
):
    """A check that was joined to another counts by itself again."""

    health_check_id: Pseudonymous[UUID]
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]


class DemandDeclared(
    Event,
    name="scheduling.demand.declared",
    topic="scheduling.demands",
    key="unit_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """All due checks of a unit with closed rosters are derived: `due` of its `workers`, not counting late joiners."""

    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    workers: Public[int]
    due: Public[int]


class SessionListed(
    Event,
    name="scheduling.session.listed",
    topic="scheduling.sessions",
    key="session_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS, Party.HEALTH, Party.CLINICS),
    retention_days=None,
):
    """A session stands in the calendar: `planned` until a permit covers it, then `confirmed`, or `withdrawn`."""

    session_id: Public[UUID]
    clinic_id: ClinicId
    campaign_id: Public[UUID]
    site: Site
    day: Public[date]
    status: Public[Literal["planned", "confirmed", "withdrawn"]]
    permit_id: Public[UUID | None] = None
    seats: Public[int]
    booked: Public[int] = 0


class SessionRefused(
    Event,
    name="scheduling.session.refused",
    topic="scheduling.sessions",
    key="session_id",
    readers=("gateway",),
    shown_to=(Party.CLINICS, Party.HEALTH),
):
    """An offered or withdrawn session could not be taken; every problem of it at once."""

    session_id: Public[UUID]
    clinic_id: ClinicId
    problems: Public[list[Problem]]


class MakeUpSessionProposed(
    Event,
    name="scheduling.make-up-session.proposed",
    topic="scheduling.sessions",
    key="campaign_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS, Party.HEALTH, Party.CLINICS),
    retention_days=None,
):
    """So many people around a site have no place that a session of their own is worth its opening.

    Clinics may offer one (khám vét): `stations` tells how many people need each desk; a visit by `latest` keeps every
    legal deadline that can still be kept.
    """

    campaign_id: Public[UUID]
    site: Site
    on_day: Public[date]
    people: Public[int]
    urgent: Public[int] = 0
    stations: Public[dict[Station, int]]
    bnn: Public[bool] = False
    latest: Public[date | None] = None


class PermitNoted(
    Event,
    name="scheduling.permit.noted",
    topic="scheduling.permits",
    key="clinic_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS, Party.HEALTH, Party.CLINICS),
    retention_days=None,
):
    """A permit or its end was noted, and how many listed sessions it confirmed or unconfirmed."""

    clinic_id: ClinicId
    permit_id: Public[UUID]
    confirmed: Public[int] = 0
    unconfirmed: Public[int] = 0


class DaySwept(
    Event,
    name="scheduling.day.swept",
    topic="scheduling.days",
    key="calendar",
    readers=("gateway",),
    shown_to=(Party.OPERATIONS,),
):
    """Scheduling did a business day's work: unreported visits are missed, and these plans are being computed.

    `campaign_ids` are the campaigns of the plans in `planning`, in the same order.
    """

    day: Public[date]
    calendar: Public[str] = "VN"
    missed: Public[int] = 0
    planning: Public[list[UUID]] = []
    campaign_ids: Public[list[UUID]] = []
