"""What clinic systems say: the sessions they offer, who came, what each desk and the laboratory found, conclusions."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Event, Health, Party, Pseudonymous, Public, Record
from contracts.fields import ClinicId, HealthClass, ImaginedSession, Site, Station, VisitId, Window, WorkerId

RECORD_ANSWERS = ("results.class.proposed.v1", "results.record.refused.v1", "results.examination.concluded.v1",
                  "results.examination.amended.v1")  # fmt: skip


class SessionOffered(
    Event,
    name="clinics.session.offered",
    topic="clinics.sessions",
    key="session_id",
    readers=("scheduling", "gateway"),
    shown_to=(Party.UNIONS, Party.HEALTH, Party.CLINICS),
    answered_by=("scheduling.session.listed.v1", "scheduling.session.refused.v1"),
    retention_days=None,
):
    """A clinic offers one team-day at a site: windows with capacity per station, and what opening it costs."""

    session_id: Public[UUID]
    clinic_id: ClinicId
    campaign_id: Public[UUID]
    site: Site
    day: Public[date]
    bnn: Public[bool] = False
    open_cost: Public[Annotated[int, Field(ge=0)]]
    windows: Public[Annotated[list[Window], Field(min_length=1)]]


class SessionWithdrawn(
    Event,
    name="clinics.session.withdrawn",
    topic="clinics.sessions",
    key="session_id",
    readers=("scheduling", "gateway"),
    shown_to=(Party.UNIONS, Party.HEALTH, Party.CLINICS),
    answered_by=("scheduling.session.listed.v1", "scheduling.session.refused.v1"),
    retention_days=None,
):
    """A clinic takes a session back; its appointments are freed and found anew."""

    session_id: Public[UUID]
    clinic_id: ClinicId
    reason: Public[str] = ""


class WhatIfAsked(
    Event,
    name="clinics.what-if.asked",
    topic="clinics.sessions",
    key="request_id",
    readers=("scheduling", "gateway"),
    shown_to=(Party.CLINICS,),
    answered_by=("scheduling.clinic-what-if.answered.v1",),
):
    """A clinic asks what other windows, days or sessions of its own would bring; nothing is published by it."""

    request_id: Public[UUID]
    clinic_id: ClinicId
    campaign_id: Public[UUID]
    sessions: Public[Annotated[list[ImaginedSession], Field(min_length=1, max_length=200)]]


class AttendanceRecorded(
    Event,
    name="clinics.attendance.recorded",
    topic="clinics.attendances",
    key="visit_id",
    readers=("scheduling", "gateway"),
    answered_by=(
        "scheduling.appointment.kept.v1",
        "scheduling.appointment.missed.v1",
        "scheduling.appointment.cancelled.v1",
        "scheduling.attendance.refused.v1",
    ),
):
    """At the reception desk a worker came, did not come, or refused; a walk-in comes with a visit id of its own."""

    visit_id: VisitId
    session_id: Public[UUID]
    worker_id: WorkerId
    clinic_id: ClinicId
    day: Pseudonymous[date]
    status: Pseudonymous[Literal["present", "absent", "refused"]]
    walk_in: Pseudonymous[bool] = False


class SectionRecorded(
    Event,
    name="clinics.section.recorded",
    topic="clinics.examinations",
    key="visit_id",
    readers=("results", "gateway"),
    answered_by=RECORD_ANSWERS,
):
    """One desk's findings of a visit; desks work in any order and offline, so nothing relies on the sequence.

    `findings` holds the fields of the station's section (docs/sections.md); `not_done` says why a desk was skipped.
    """

    visit_id: VisitId
    clinic_id: ClinicId
    station: Pseudonymous[Station]
    recorded_at: Pseudonymous[datetime]
    examiner_licence: Pseudonymous[str]
    findings: Health[dict[str, Any]] = {}
    not_done: Health[str | None] = None


class LaboratoryRow(Record):
    """One index of a laboratory report with the laboratory's own reference range (XML4 columns)."""

    index: Health[str]
    value: Health[str]
    unit: Health[str] = ""
    low: Health[float | None] = None
    high: Health[float | None] = None


class LaboratoryReported(
    Event,
    name="clinics.laboratory.reported",
    topic="clinics.examinations",
    key="visit_id",
    readers=("results", "gateway"),
    answered_by=RECORD_ANSWERS,
):
    """The laboratory's or imaging's results of a visit, days after the desks."""

    visit_id: VisitId
    clinic_id: ClinicId
    station: Pseudonymous[Station]
    reported_at: Pseudonymous[datetime]
    rows: Health[list[LaboratoryRow]]


class ExaminationConcluded(
    Event,
    name="clinics.examination.concluded",
    topic="clinics.examinations",
    key="visit_id",
    readers=("results", "gateway"),
    answered_by=("results.examination.concluded.v1", "results.record.refused.v1"),
):
    """The concluding doctor (người kết luận) states the class; only this makes it official (TT 32/2023 art 37)."""

    visit_id: VisitId
    clinic_id: ClinicId
    concluded_on: Pseudonymous[date]
    doctor_licence: Pseudonymous[str]
    final_class: Health[HealthClass]
    tumour_class: Health[HealthClass] = 1
    diseases: Health[list[str]] = []
    restrictions: Health[list[str]] = []
    override_reason: Health[str | None] = None


class ExaminationAmended(
    Event,
    name="clinics.examination.amended",
    topic="clinics.examinations",
    key="visit_id",
    readers=("results", "gateway"),
    answered_by=("results.examination.amended.v1", "results.record.refused.v1"),
):
    """A signed conclusion is corrected by a new version, never overwritten."""

    visit_id: VisitId
    clinic_id: ClinicId
    amended_on: Pseudonymous[date]
    doctor_licence: Pseudonymous[str]
    final_class: Health[HealthClass]
    diseases: Health[list[str]] = []
    restrictions: Health[list[str]] = []
    reason: Health[str]


class FollowUpClosed(
    Event,
    name="clinics.follow-up.closed",
    topic="clinics.follow-ups",
    key="follow_up_id",
    readers=("results", "gateway"),
    answered_by=("results.follow-up.closed.v1", "results.record.refused.v1"),
):
    """What a follow-up came to: the loop is closed.

    Of a suspected occupational disease `diagnosis` says whether it is one; a confirmed one is treated and assessed.
    """

    follow_up_id: Pseudonymous[UUID]
    visit_id: VisitId
    clinic_id: ClinicId
    closed_on: Pseudonymous[date]
    outcome: Health[str]
    diagnosis: Health[Literal["confirmed", "excluded"] | None] = None
