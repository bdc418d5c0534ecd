"""What `coordination` says: the business day, what both parties signed, and what was promised and kept."""

from datetime import date
from typing import Literal
from uuid import UUID

from contracts.base import BOTH_PARTIES, Event, Party, Pseudonymous, Public, Record
from contracts.fields import Funding, Percent, Problem, UnitTarget

EVERYBODY = (Party.UNIONS, Party.HEALTH, Party.CLINICS)
Subject = Literal["programme", "campaign", "plan", "closing"]


class DayStarted(
    Event,
    name="coordination.day.started",
    topic="coordination.days",
    key="calendar",
    readers=("registry", "scheduling", "results", "coordination", "gateway"),
    shown_to=EVERYBODY,
):
    """A local business date began (Asia/Ho_Chi_Minh): deadlines, sweeps and alerts act on it."""

    day: Public[date]
    calendar: Public[str] = "VN"
    simulated: Public[bool] = False


class DayRefused(
    Event,
    name="coordination.day.refused",
    topic="coordination.days",
    key="calendar",
    readers=("gateway",),
    shown_to=(Party.OPERATIONS,),
):
    """Time was not moved: production keeps to the clock, and days only go forward."""

    day: Public[date]
    calendar: Public[str] = "VN"
    problems: Public[list[Problem]]


class DayCounted(
    Event,
    name="coordination.day.counted",
    topic="coordination.days",
    key="calendar",
    readers=("gateway",),
    shown_to=(Party.OPERATIONS,),
):
    """Coordination did a business day's work: coverage, alerts and closings as of this day are said."""

    day: Public[date]
    calendar: Public[str] = "VN"


class ApprovalRecorded(
    Event,
    name="coordination.approval.recorded",
    topic="coordination.approvals",
    key="subject_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A party's proposal or approval counts; `missing` are the parties whose word is still open."""

    subject: Public[Subject]
    subject_id: Public[UUID]
    party: Public[Literal["unions", "health"]]
    missing: Public[list[Literal["unions", "health"]]]


class ApprovalRefused(
    Event,
    name="coordination.approval.refused",
    topic="coordination.approvals",
    key="subject_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
):
    """A proposal or approval does not count: the same party or person twice, an unknown subject, another digest."""

    subject: Public[Subject]
    subject_id: Public[UUID]
    problems: Public[list[Problem]]


class ProgrammeSigned(
    Event,
    name="coordination.programme.signed",
    topic="coordination.programmes",
    key="programme_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """Both parties signed a programme."""

    programme_id: Public[UUID]
    title: Public[str]
    valid_from: Public[date]
    valid_to: Public[date]


class CampaignOpened(
    Event,
    name="coordination.campaign.opened",
    topic="coordination.campaigns",
    key="campaign_id",
    readers=("scheduling", "gateway"),
    shown_to=EVERYBODY,
    retention_days=None,
):
    """Both parties approved a campaign: `unit_ids` are the grassroots units in scope by the tree of that day."""

    campaign_id: Public[UUID]
    programme_id: Public[UUID]
    title: Public[str]
    period_from: Public[date]
    period_to: Public[date]
    rosters_due: Public[date]
    scope_unit_ids: Public[list[UUID]]
    unit_ids: Public[list[UUID]]
    tree_as_of: Public[date]
    coverage_pct: Percent
    unit_targets: Public[list[UnitTarget]] = []
    funding: Public[list[Funding]] = []


class UnitDenominator(Record):
    """A unit's frozen denominator: how many of its workers were due."""

    unit_id: Public[UUID]
    workers: Public[int]
    due: Public[int]


class ScopeFrozen(
    Event,
    name="coordination.scope.frozen",
    topic="coordination.campaigns",
    key="campaign_id",
    readers=("scheduling", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """Who counts is fixed: every unit's denominator, by the tree of a day; whoever comes later is counted apart."""

    campaign_id: Public[UUID]
    on_day: Public[date]
    tree_as_of: Public[date | None] = None
    units: Public[list[UnitDenominator]]
    missing_unit_ids: Public[list[UUID]] = []


class PlanApproved(
    Event,
    name="coordination.plan.approved",
    topic="coordination.plans",
    key="plan_id",
    readers=("scheduling", "gateway"),
    shown_to=EVERYBODY,
    retention_days=None,
):
    """Both parties approved a plan, by different people; scheduling publishes it."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]


class PlanDeclined(
    Event,
    name="coordination.plan.declined",
    topic="coordination.plans",
    key="plan_id",
    readers=("scheduling", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """One of the two parties will not have a plan; scheduling gives it up, and may be asked for another."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]
    party: Public[Literal["unions", "health"]]


class Figures(Record):
    """People by final state; `in_scope` = examined + no_show + refused + deferred + left + pending.

    `visits` (lượt) counts attendances, never mixed with people (người); `late_joiners` stand apart from the scope.
    """

    in_scope: Public[int] = 0
    examined: Public[int] = 0
    no_show: Public[int] = 0
    refused: Public[int] = 0
    deferred: Public[int] = 0
    left: Public[int] = 0
    pending: Public[int] = 0
    visits: Public[int] = 0
    late_joiners: Public[int] = 0
    late_joiners_examined: Public[int] = 0


class CoverageChanged(
    Event,
    name="coordination.coverage.changed",
    topic="coordination.coverage",
    key="unit_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A unit's coverage as of a day, its own people and all units below it counted, against its target."""

    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    as_of: Public[date]
    tree_as_of: Public[date]
    target_pct: Percent
    figures: Public[Figures]


class AlertRaised(
    Event,
    name="coordination.alert.raised",
    topic="coordination.alerts",
    key="campaign_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
):
    """The campaign is behind plan, a unit missed its roster day, or a cluster was seen."""

    campaign_id: Public[UUID]
    unit_id: Public[UUID | None] = None
    kind: Public[Literal["behind-plan", "roster-missing", "cluster", "follow-up-overdue"]]
    on_day: Public[date]
    text_vi: Public[str]
    text_en: Public[str]


class JoinedCheck(Record):
    """A check that counts with another one of the same person."""

    health_check_id: Pseudonymous[UUID]
    joined_to: Pseudonymous[UUID]


class ClosingProposed(
    Event,
    name="coordination.closing.proposed",
    topic="coordination.campaigns",
    key="campaign_id",
    readers=("scheduling", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """The period is over and every person has a final state: the digest that both parties are to sign.

    `joined` are the checks that were counted with another, as merged people were known when this was said; None where
    it does not say.
    """

    campaign_id: Public[UUID]
    on_day: Public[date]
    tree_as_of: Public[date | None] = None
    figures: Public[Figures]
    digest: Public[str]
    joined: Public[list[JoinedCheck] | None] = None


class CampaignClosed(
    Event,
    name="coordination.campaign.closed",
    topic="coordination.campaigns",
    key="campaign_id",
    readers=("scheduling", "gateway"),
    shown_to=EVERYBODY,
    retention_days=None,
):
    """Both parties signed the coverage; `digest` can be recomputed from the events, `signature` is Ed25519 over it."""

    campaign_id: Public[UUID]
    on_day: Public[date]
    tree_as_of: Public[date | None] = None
    figures: Public[Figures]
    digest: Public[str]
    signature: Public[str]
    public_key: Public[str]


class ClosingSupplemented(
    Event,
    name="coordination.closing.supplemented",
    topic="coordination.campaigns",
    key="campaign_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """Conclusions came after a closing was signed: so many of its scope were examined all the same.

    What was signed stays as it is; `digest` names it, and `examined_late` replaces what an earlier supplement said.
    """

    campaign_id: Public[UUID]
    on_day: Public[date]
    digest: Public[str]
    examined_late: Public[int]
