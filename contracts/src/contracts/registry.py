"""What `registry` says: organisations, lines, and workers as facts without identity."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import BOTH_PARTIES, Event, Health, Party, Pseudonymous, Public, Record
from contracts.fields import HeavyClass, Problem, WorkerId, WorkingHours
from contracts.organisations import Line, Organisation


class OrganisationRegistered(
    Organisation,
    Event,
    name="registry.organisation.registered",
    topic="registry.organisations",
    key="organisation_id",
    readers=("scheduling", "coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A union unit, employer or park entered the register."""


class OrganisationChanged(
    Organisation,
    Event,
    name="registry.organisation.changed",
    topic="registry.organisations",
    key="organisation_id",
    readers=("scheduling", "coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """An organisation's name, code or parent is another from `valid_from` on; what was before stays history."""


class LineRegistered(
    Line,
    Event,
    name="registry.line.registered",
    topic="registry.lines",
    key="line_id",
    readers=("scheduling", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A line entered the register; scheduling plans around its shifts."""


class LineChanged(
    Line,
    Event,
    name="registry.line.changed",
    topic="registry.lines",
    key="line_id",
    readers=("scheduling", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A line's shifts, headcount, ceiling or reach changed."""


class DeclarationUnchanged(
    Event,
    name="registry.declaration.unchanged",
    topic="registry.declarations",
    key="subject_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
):
    """A declaration said what the register already knew."""

    subject_id: Public[UUID]


class DeclarationRefused(
    Event,
    name="registry.declaration.refused",
    topic="registry.declarations",
    key="subject_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
):
    """A declaration could not be taken; every problem of it at once."""

    subject_id: Public[UUID]
    problems: Public[list[Problem]]


class Exposure(Record):
    """A hazard the worker is exposed to, by its code in the exam packages, since a day where it is known."""

    hazard: Pseudonymous[str]
    since: Pseudonymous[date | None] = None


class Employment(Record):
    """Work that somebody has beside the work they count by: where it is, and its usual hours."""

    unit_id: Public[UUID]
    employer_id: Public[UUID | None] = None
    host_id: Public[UUID | None] = None
    line_id: Public[UUID | None] = None
    shift: Pseudonymous[WorkingHours | None] = None
    employed_since: Pseudonymous[date | None] = None


class WorkerFacts(Record):
    """What scheduling and results need of a worker: facts and duties, never identity.

    `born` is `YYYY`, `YYYY-MM` only: the day stays in the vault; where it is doubtful the stricter rule is taken.
    `as_of` is the business day from which the facts hold, so that a reader can know them as of an exam day.
    `unit_id`, employer, host, line and shift are those of the employment that the worker counts by; whoever works
    elsewhere as well has the others in `employments`, and the hazards and the hardest class of work of them all.
    """

    worker_id: WorkerId
    unit_id: Public[UUID]
    employer_id: Public[UUID | None] = None
    host_id: Public[UUID | None] = None
    line_id: Public[UUID | None] = None
    shift: Pseudonymous[WorkingHours | None] = None
    employments: Pseudonymous[list[Employment]] = []
    sex: Pseudonymous[Literal["male", "female", "other"]]
    born: Pseudonymous[Annotated[str, Field(pattern=r"^\d{4}(-\d{2})?$")]]
    disabled: Health[bool] = False
    heavy_class: Pseudonymous[HeavyClass | None] = None
    exposures: Pseudonymous[list[Exposure]] = []
    employed_since: Pseudonymous[date | None] = None
    last_health_check: Pseudonymous[date | None] = None
    as_of: Public[date | None] = None
    roster_id: Public[UUID | None] = None
    row: Public[int | None] = None


class WorkerRegistered(
    WorkerFacts,
    Event,
    name="registry.worker.registered",
    topic="registry.workers",
    key="worker_id",
    readers=("scheduling", "results", "gateway"),
    retention_days=None,
):
    """A person entered the register as a worker of a union unit."""


class WorkerChanged(
    WorkerFacts,
    Event,
    name="registry.worker.changed",
    topic="registry.workers",
    key="worker_id",
    readers=("scheduling", "results", "gateway"),
    retention_days=None,
):
    """A fact about a worker is another now: unit, line, job, exposure, duty."""


class WorkerLeft(
    Event,
    name="registry.worker.left",
    topic="registry.workers",
    key="worker_id",
    readers=("scheduling", "gateway"),
    retention_days=None,
):
    """A worker left the unit; open checks of theirs end as *left*."""

    worker_id: WorkerId
    unit_id: Public[UUID]
    left_on: Pseudonymous[date]


class WorkerMerged(
    Event,
    name="registry.worker.merged",
    topic="registry.persons",
    key="worker_id",
    readers=("scheduling", "results", "coordination", "gateway"),
    retention_days=None,
):
    """Two workers turned out to be one person: `person_id` stands for `worker_id` from now on.

    Both stay on record, so that an undo restores what was; readers count and show a person once. Of a worker's merges
    and undoings the highest `version` holds, in whatever order they come.
    """

    worker_id: WorkerId
    person_id: WorkerId
    version: Public[int]

    @property
    def stand_in(self) -> UUID:
        """Who stands for the worker from this turn on."""
        return self.person_id


class WorkerMergeUndone(
    Event,
    name="registry.worker.merge-undone",
    topic="registry.persons",
    key="worker_id",
    readers=("scheduling", "results", "coordination", "gateway"),
    retention_days=None,
):
    """A worker stands for themself again; `person_id` is who stood for them before."""

    worker_id: WorkerId
    person_id: WorkerId
    version: Public[int]

    @property
    def stand_in(self) -> UUID:
        """Who stands for the worker from this turn on."""
        return self.worker_id


class WorkerErased(
    Event,
    name="registry.worker.erased",
    topic="registry.erasures",
    key="worker_id",
    readers=("registry", "gateway"),
    retention_days=None,
):
    """Who a worker is was destroyed; this topic is the list that a registry restored from a backup applies again."""

    worker_id: WorkerId
    erased_at: Public[datetime]


class IdentityReviewSettled(
    Event,
    name="registry.identity-review.settled",
    topic="registry.declarations",
    key="review_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS,),
):
    """A registrar's word on two workers took effect; where they are one person now, `person_id` stands for both."""

    review_id: Public[UUID]
    decision: Public[Literal["same", "different", "undo"]]
    person_id: Pseudonymous[UUID | None] = None


class LeavingRecorded(
    Event,
    name="registry.leaving.recorded",
    topic="registry.rosters",
    key="unit_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
):
    """A confirmation of leavers took effect: how many left now, how many had left before or are unknown."""

    unit_id: Public[UUID]
    left: Public[int]
    already_left: Public[int] = 0
    unknown: Public[int] = 0


class RosterClosed(
    Event,
    name="registry.roster.closed",
    topic="registry.rosters",
    key="unit_id",
    readers=("scheduling", "coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A unit's rosters for a campaign are closed: `workers` belong to it now, `workers_ever` have ever belonged.

    `workers_ever` only grows, so a reader that has seen as many distinct workers of the unit has seen them all.
    """

    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    workers: Public[int]
    workers_ever: Public[int]
