"""What `scheduling` says of plans: proposed, explained, published or given up, and what others would bring."""

from datetime import date
from typing import Literal
from uuid import UUID

from contracts.base import BOTH_PARTIES, Event, Party, Pseudonymous, Public, Record
from contracts.fields import ClinicId, Percent, Problem, WorkerId

PlanKind = Public[Literal["initial", "make-up", "repair"]]
"""A first plan, one for whoever has no place yet, or one for whoever lost theirs."""


class Limit(Record):
    """What holds a plan back: a station whose places ran out in sessions, or a line whose absence ceiling is reached.

    `station` "total" counts arrivals in all; `price` is what one more place or absent person is worth (in cost units of
    about 1,000 VND); `would_serve` counts those left out for whom one more place there is the nearest change.
    """

    kind: Public[Literal["station", "line"]]
    session_id: Public[UUID | None] = None
    station: Public[str | None] = None
    line_id: Public[UUID | None] = None
    full_windows: Public[int] = 0
    windows: Public[int] = 0
    price: Public[float]
    would_serve: Public[int] = 0
    text_vi: Public[str]
    text_en: Public[str]


class Lever(Record):
    """A change that was tried by planning anew: what it `saves` (in cost units), how many more it serves.

    `more_places`: one in each window from `first_day` to `last_day`, at all `stations`; `higher_ceiling`: `away` of a
    line at a time; a `permit` for a session; `without` a session (then `saves` is below 0); a session `for_nothing`.
    `sessions`: team-days fewer; `at_most`: no plan under the change saves more.
    """

    kind: Public[str]
    session_id: Public[UUID | None] = None
    line_id: Public[UUID | None] = None
    stations: Public[list[str]] = []
    first_day: Public[date | None] = None
    last_day: Public[date | None] = None
    away: Public[int | None] = None
    saves: Public[int]
    serves: Public[int] = 0
    sessions: Public[int] = 0
    at_most: Public[int | None] = None
    text_vi: Public[str]
    text_en: Public[str]


class PlanAsked(
    Event,
    name="scheduling.plan.asked",
    topic="scheduling.plans",
    key="plan_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
):
    """A plan is to be computed: from now on it can be declined, until it is proposed or given up it is under way."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]
    kind: PlanKind
    on_day: Public[date]


class PlanProposed(
    Event,
    name="scheduling.plan.proposed",
    topic="scheduling.plans",
    key="plan_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A plan was computed and waits for both parties: its size, cost, bound and why some have no place.

    A `repair` follows a change that cost people their places. `expires_on` is the day from which it no longer waits.
    `held` names rules that appointments break which no plan may change, being over or too near.
    """

    plan_id: Public[UUID]
    campaign_id: Public[UUID]
    kind: PlanKind
    on_day: Public[date]
    demand: Public[int]
    appointments: Public[int]
    unassigned: Public[dict[str, int]]
    sessions_used: Public[int]
    cost: Public[int]
    lower_bound: Public[int]
    inputs_digest: Public[str]
    explanation_vi: Public[list[str]] = []
    explanation_en: Public[list[str]] = []
    cost_parts: Public[dict[str, int]] = {}
    unassigned_by_priority: Public[dict[str, int]] = {}
    limits: Public[list[Limit]] = []
    levers: Public[list[Lever]] = []
    held: Public[list[Problem]] = []
    expires_on: Public[date | None] = None


class SessionCase(Record):
    """Why a plan opens a session or not; `gain` is what its places are worth beyond the opening cost.

    As all else stands: what its people would cost more `elsewhere`, at least, `stranded` of them finding no place; or
    what those for whom a session that is not opened is cheaper would save by it, at most.
    """

    session_id: Public[UUID]
    clinic_id: ClinicId
    verdict: Public[str]
    visits: Public[int]
    filled_pct: Percent
    open_cost: Public[int]
    gain: Public[float | None] = None
    elsewhere: Public[int | None] = None
    stranded: Public[int | None] = None
    would_save: Public[int | None] = None
    text_vi: Public[str]
    text_en: Public[str]


class Lack(Record):
    """Something that a window lacks for somebody: its kind, and which station or timing."""

    kind: Public[str]
    what: Public[str] = ""


class PlaceCase(Record):
    """Why somebody has this window, or none: then the reason, and the nearest change that would serve them.

    Of the windows allowed so many would be cheaper but are full, beyond the line's ceiling, or in sessions that are not
    opened. The cheapest full one would save `saves`; those who sit there would lose `others_lose` at least.
    `remedy_lacks` is all that the window of the nearest change lacks, the weightiest, `remedy`, first.
    """

    health_check_id: Pseudonymous[UUID]
    worker_id: WorkerId
    unit_id: Public[UUID]
    session_id: Public[UUID | None] = None
    window: Pseudonymous[int | None] = None
    cost: Public[int | None] = None
    options: Public[int | None] = None
    cheaper_but_full: Public[int | None] = None
    cheaper_for_line: Public[int | None] = None
    cheaper_unopened: Public[int | None] = None
    saves: Public[int | None] = None
    others_lose: Public[int | None] = None
    reason: Pseudonymous[str | None] = None
    remedy: Pseudonymous[str | None] = None
    remedy_session_id: Public[UUID | None] = None
    remedy_window: Pseudonymous[int | None] = None
    remedy_station: Pseudonymous[str | None] = None
    remedy_lacks: Pseudonymous[list[Lack]] = []
    remedy_day: Pseudonymous[date | None] = None
    text_vi: Pseudonymous[str]
    text_en: Pseudonymous[str]


class PlanExplained(
    Event,
    name="scheduling.plan.explained",
    topic="scheduling.plan-cases",
    key="plan_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS, Party.HEALTH, Party.CLINICS),
):
    """The cases behind a proposed plan, in parts: every session, and everybody whom it places, moves or leaves out."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]
    part: Public[int]
    parts: Public[int]
    sessions: Public[list[SessionCase]] = []
    people: Pseudonymous[list[PlaceCase]] = []


class PlanPublished(
    Event,
    name="scheduling.plan.published",
    topic="scheduling.plans",
    key="plan_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """An approved plan became appointments; `dropped` could not be kept, because the world moved meanwhile."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]
    appointments: Public[int]
    dropped: Public[int] = 0


class PlanAbandoned(
    Event,
    name="scheduling.plan.abandoned",
    topic="scheduling.plans",
    key="plan_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A plan that was asked for or proposed will not be published: it could not be computed, or its campaign closes."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]
    reason: Public[Literal["failed", "campaign-closed"]]


class PlanWithdrawn(
    Event,
    name="scheduling.plan.withdrawn",
    topic="scheduling.plans",
    key="plan_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A plan no longer waits: a party declined it, or nobody approved it in time. The next one may follow."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]
    reason: Public[Literal["declined", "expired"]]


class Outcome(Record):
    """One side of a comparison, computed by the same engine on the same day.

    `lower_bound` is of plans that leave whoever keeps a place there where they are, so the other side may cost less.
    `held` names rules that appointments break which no plan may change.
    """

    demand: Public[int]
    appointments: Public[int]
    unassigned: Public[dict[str, int]]
    unassigned_by_priority: Public[dict[str, int]]
    sessions_used: Public[int]
    moved: Public[int]
    cost: Public[int]
    cost_parts: Public[dict[str, int]]
    lower_bound: Public[int]
    held: Public[list[Problem]] = []


class WhatIfAnswered(
    Event,
    name="scheduling.what-if.answered",
    topic="scheduling.plans",
    key="request_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
):
    """What the imagined changes would bring, beside the plan in force, unpublished; or why it cannot be told."""

    request_id: Public[UUID]
    campaign_id: Public[UUID]
    on_day: Public[date | None] = None
    in_force: Public[Outcome | None] = None
    imagined: Public[Outcome | None] = None
    text_vi: Public[list[str]] = []
    text_en: Public[list[str]] = []
    problems: Public[list[Problem]] = []


class OwnSession(Record):
    """How many people would come to a clinic's own session; `seats` is 0 where it has no permit or is not held."""

    session_id: Public[UUID]
    day: Public[date]
    seats: Public[int]
    visits: Public[int]


class OwnOutcome(Record):
    """One side of a clinic's comparison: the campaign's totals, and of sessions those of the clinic alone."""

    demand: Public[int]
    appointments: Public[int]
    moved: Public[int]
    sessions: Public[list[OwnSession]]


class ClinicWhatIfAnswered(
    Event,
    name="scheduling.clinic-what-if.answered",
    topic="scheduling.plans",
    key="request_id",
    readers=("gateway",),
    shown_to=(Party.CLINICS,),
):
    """What a clinic's imagined sessions would bring it, beside the plan in force; or why it cannot be told."""

    request_id: Public[UUID]
    clinic_id: ClinicId
    campaign_id: Public[UUID]
    on_day: Public[date | None] = None
    in_force: Public[OwnOutcome | None] = None
    imagined: Public[OwnOutcome | None] = None
    text_vi: Public[list[str]] = []
    text_en: Public[list[str]] = []
    problems: Public[list[Problem]] = []
