"""What `results` says: restricted findings and classes, and the safe outcomes that others may act on."""

from datetime import date
from typing import Literal
from uuid import UUID

from contracts.base import BOTH_PARTIES, Event, Health, Party, Pseudonymous, Public, Record
from contracts.fields import ClinicId, HealthClass, Problem, Station, VisitId, WorkerId

CLINIC_ONLY = (Party.CLINICS, Party.WORKERS)


class IndexClass(Record):
    """One of the thirteen indices of QĐ 1613: its class, and what led to it."""

    index: Health[str]
    value: Health[int | None]
    criteria: Health[list[str]] = []
    tolerance: Health[str | None] = None


class ClassProposed(
    Event,
    name="results.class.proposed",
    topic="results.examinations",
    key="visit_id",
    readers=("gateway",),
    shown_to=CLINIC_ONLY,
    retention_days=None,
):
    """All desks of a visit reported, or one corrected: the class that the rules propose, with its explanation.

    `proposed` is null with `why_not` where an index is missing; the tumour index always is until the concluding doctor
    speaks, so `if_no_tumour` tells the class if none is found. `answers` names every record that went into it.
    """

    visit_id: VisitId
    clinic_id: ClinicId
    proposed: Health[HealthClass | None]
    why_not: Health[str | None] = None
    if_no_tumour: Health[HealthClass | None] = None
    indices: Health[list[IndexClass]]
    rule_set: Public[str]
    explanation_vi: Health[list[str]]
    explanation_en: Health[list[str]]
    warnings: Health[list[Problem]] = []
    escalations: Health[list[Problem]] = []
    answers: Pseudonymous[list[str]] = []


class FindingEscalated(
    Event,
    name="results.finding.escalated",
    topic="results.examinations",
    key="visit_id",
    readers=("gateway",),
    shown_to=CLINIC_ONLY,
    retention_days=None,
):
    """A desk or laboratory found what cannot wait for the conclusion: the clinic acts before the worker goes home.

    Told once per finding and visit, as soon as it is known, however many desks have not reported yet.
    """

    visit_id: VisitId
    clinic_id: ClinicId
    station: Pseudonymous[Station]
    rule_set: Public[str]
    escalations: Health[list[Problem]]


class RecordRefused(
    Event,
    name="results.record.refused",
    topic="results.refusals",
    key="visit_id",
    readers=("gateway",),
    shown_to=(Party.CLINICS,),
):
    """A section, laboratory report, conclusion or amendment could not be taken; every problem of it at once."""

    visit_id: VisitId
    clinic_id: ClinicId
    problems: Public[list[Problem]]


class Conclusion(Record):
    """The official result of a visit in one version."""

    visit_id: VisitId
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    clinic_id: ClinicId
    version: Pseudonymous[int]
    concluded_on: Pseudonymous[date]
    proposed_class: Health[HealthClass | None]
    final_class: Health[HealthClass]
    override_reason: Health[str | None] = None
    diseases: Health[list[str]] = []
    restrictions: Health[list[str]] = []
    rule_set: Public[str]
    answers: Pseudonymous[list[str]] = []


class ExaminationConcluded(
    Conclusion,
    Event,
    name="results.examination.concluded",
    topic="results.examinations",
    key="visit_id",
    readers=("gateway",),
    shown_to=CLINIC_ONLY,
    retention_days=None,
):
    """The concluding doctor signed; the record is immutable from now on."""


class ExaminationAmended(
    Conclusion,
    Event,
    name="results.examination.amended",
    topic="results.examinations",
    key="visit_id",
    readers=("gateway",),
    shown_to=CLINIC_ONLY,
    retention_days=None,
):
    """A new version of a signed conclusion, linked to the one before by its number."""

    reason: Health[str]


class VisitConcluded(
    Event,
    name="results.visit.concluded",
    topic="results.visits",
    key="visit_id",
    readers=("scheduling", "coordination", "gateway"),
    shown_to=(Party.UNIONS, Party.CLINICS, Party.EMPLOYERS),
    retention_days=None,
):
    """That a check was concluded, and until when it counts; nothing of what was found."""

    visit_id: VisitId
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    concluded_on: Pseudonymous[date]
    valid_until: Pseudonymous[date]
    version: Pseudonymous[int]


class FitnessStated(
    Event,
    name="results.fitness.stated",
    topic="results.fitness",
    key="visit_id",
    readers=("gateway",),
    shown_to=(Party.EMPLOYERS, Party.WORKERS),
    retention_days=None,
):
    """Class and work restrictions as the employer may know them (Luật ATVSLĐ art 27), and for suppressed totals."""

    visit_id: VisitId
    worker_id: WorkerId
    unit_id: Public[UUID]
    employer_id: Public[UUID | None] = None
    campaign_id: Public[UUID]
    final_class: Health[HealthClass]
    restrictions: Health[list[str]] = []
    version: Pseudonymous[int]


class FollowUpOpened(
    Event,
    name="results.follow-up.opened",
    topic="results.follow-ups",
    key="follow_up_id",
    readers=("coordination", "gateway"),
    shown_to=CLINIC_ONLY,
    retention_days=None,
):
    """A finding asks for more: a retest, referral, treatment, job review or suspected occupational disease.

    `legal_source` is that of its clock, where the law sets one; `rule_set` the version of the rules that asked for it.
    """

    follow_up_id: Pseudonymous[UUID]
    visit_id: VisitId
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    clinic_id: ClinicId
    kind: Health[Literal["retest", "referral", "treatment", "job_review", "occupational_disease_suspected"]]
    reason: Health[str]
    due_on: Pseudonymous[date]
    text_vi: Health[str | None] = None
    text_en: Health[str | None] = None
    legal_source: Public[str | None] = None
    rule_set: Public[str | None] = None


class FollowUpClosed(
    Event,
    name="results.follow-up.closed",
    topic="results.follow-ups",
    key="follow_up_id",
    readers=("coordination", "gateway"),
    shown_to=CLINIC_ONLY,
    retention_days=None,
):
    """A follow-up came to an end; the union sees the share of closed loops, never the case."""

    follow_up_id: Pseudonymous[UUID]
    visit_id: VisitId
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    closed_on: Pseudonymous[date]
    outcome: Health[str]


class ClusterDetected(
    Event,
    name="results.cluster.detected",
    topic="results.clusters",
    key="cluster_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """At least ten like findings among one unit's workers: an alert to both parties that names nobody."""

    cluster_id: Public[UUID]
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    kind: Public[str]
    at_least: Public[int]
