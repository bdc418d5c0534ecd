"""What `registry` says: organisations, lines, and workers as facts without identity."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import BOTH_PARTIES, Event, Health, Party, Pseudonymous, Public, Record
from contracts.fields import HeavyClass, Problem, RosterConflict, WorkerId, WorkingHours
from contracts.organisations import Line, Organisation
from contracts.roster_mapping import ColumnRead, UnitCount


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


class RowAnswer(Record):
    """What became of one roster row: its outcome, every code that applies, and its effect on the register."""

    row: Public[int]
    outcome: Public[Literal["accepted", "accepted_with_warnings", "refused"]]
    codes: Public[list[str]] = []
    related_rows: Public[list[int]] = []
    worker_id: Pseudonymous[UUID | None] = None
    effect: Public[Literal["registered", "changed", "moved", "unchanged", "refused", "duplicate", "review"]]


class RosterRowsAnswered(
    Event,
    name="registry.roster.rows-answered",
    topic="registry.rosters",
    key="roster_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS,),
    retention_days=30,
):
    """The answers to some hundred rows of a roster, for its receipt."""

    roster_id: Public[UUID]
    part: Public[int]
    rows: Public[list[RowAnswer]]


class RosterAssessed(
    Event,
    name="registry.roster.assessed",
    topic="registry.rosters",
    key="roster_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
):
    """A roster was read to its last row: how many of each effect; with `dry_run`, what would have happened.

    `leaving` are workers missing from a complete roster: proposed to have left, for a person to confirm. `sheet` (from
    0, among the visible ones) and `header_row` (from 1) say where it stood, so that the file can be answered by row;
    `fingerprint` names its header, `mapping_version` the unit's own mapping that was applied. `units` are all units
    whose number of members it changes: its own, and those that workers moved away from or to. `counted_elsewhere` are
    rows about people who work here and count in another unit, by the work that they began earlier.
    """

    roster_id: Public[UUID]
    unit_id: Public[UUID]
    dry_run: Public[bool]
    file_outcome: Public[Literal["accepted", "refused"]]
    file_codes: Public[list[str]] = []
    rows: Public[int] = 0
    registered: Public[int] = 0
    changed: Public[int] = 0
    moved: Public[int] = 0
    unchanged: Public[int] = 0
    refused: Public[int] = 0
    duplicates: Public[int] = 0
    review: Public[int] = 0
    counted_elsewhere: Public[int] = 0
    leaving: Pseudonymous[list[UUID]] = []
    members_before: Public[int] = 0
    members_after: Public[int] = 0
    parts: Public[int] = 0
    sheet: Public[int | None] = None
    header_row: Public[int | None] = None
    conflict: Public[RosterConflict | None] = None
    units: Public[list[UnitCount]] = []
    columns: Public[list[ColumnRead]] = []
    fingerprint: Public[str | None] = None
    mapping_version: Public[int | None] = None


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
