"""What `scheduling` says of appointments, first to last, and of what was asked or reported about them."""

from datetime import date
from typing import Literal
from uuid import UUID

from contracts.base import Event, Party, Pseudonymous, Public, Record
from contracts.fields import ClinicId, Problem, Site, Station, VisitId, WorkerId

CLINIC_FEED = (Party.UNIONS, Party.CLINICS)


class Appointment(Record):
    """Who is expected where and when: a session's arrival window, local day and minute."""

    appointment_id: VisitId
    health_check_id: Pseudonymous[UUID]
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    session_id: Public[UUID]
    clinic_id: ClinicId
    site: Site
    day: Pseudonymous[date]
    window: Pseudonymous[int]
    start: Pseudonymous[int]
    package: Pseudonymous[str]
    stations: Pseudonymous[list[Station]]


class AppointmentMade(
    Appointment,
    Event,
    name="scheduling.appointment.made",
    topic="scheduling.appointments",
    key="appointment_id",
    readers=("results", "coordination", "gateway"),
    shown_to=CLINIC_FEED,
    retention_days=None,
):
    """A due check has a place, by a plan, a booking, a promotion from the wait-list or a walk-in."""

    by: Public[Literal["plan", "booking", "wait-list", "walk-in", "move"]]
    plan_id: Public[UUID | None] = None


class AppointmentMoved(
    Appointment,
    Event,
    name="scheduling.appointment.moved",
    topic="scheduling.appointments",
    key="appointment_id",
    readers=("results", "coordination", "gateway"),
    shown_to=CLINIC_FEED,
    retention_days=None,
):
    """An appointment has another session or window; the former clinic is told by `from_clinic_id`."""

    from_session_id: Public[UUID]
    from_clinic_id: ClinicId
    reason: Public[str]


class AppointmentCancelled(
    Event,
    name="scheduling.appointment.cancelled",
    topic="scheduling.appointments",
    key="appointment_id",
    readers=("coordination", "gateway"),
    shown_to=CLINIC_FEED,
    retention_days=None,
):
    """An appointment is off; its due check is open again unless the worker left or refused."""

    appointment_id: VisitId
    health_check_id: Pseudonymous[UUID]
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    session_id: Public[UUID]
    clinic_id: ClinicId
    reason: Pseudonymous[Literal["left", "refused", "absence", "session-withdrawn", "permit-revoked", "replaced"]]
    because: Public[Literal["session-cut"] | None] = None


class AppointmentKept(
    Appointment,
    Event,
    name="scheduling.appointment.kept",
    topic="scheduling.appointments",
    key="appointment_id",
    readers=("results", "coordination", "gateway"),
    shown_to=CLINIC_FEED,
    retention_days=None,
):
    """The worker came to the visit."""

    walk_in: Pseudonymous[bool] = False


class AppointmentMissed(
    Event,
    name="scheduling.appointment.missed",
    topic="scheduling.appointments",
    key="appointment_id",
    readers=("coordination", "gateway"),
    shown_to=CLINIC_FEED,
    retention_days=None,
):
    """The worker did not come (or nobody reported within two days); the check waits for a make-up session."""

    appointment_id: VisitId
    health_check_id: Pseudonymous[UUID]
    worker_id: WorkerId
    unit_id: Public[UUID]
    campaign_id: Public[UUID]
    session_id: Public[UUID]
    clinic_id: ClinicId
    day: Pseudonymous[date]
    reason: Pseudonymous[Literal["absent", "unreported"]]


class AttendanceRefused(
    Event,
    name="scheduling.attendance.refused",
    topic="scheduling.requests",
    key="worker_id",
    readers=("gateway",),
    shown_to=(Party.CLINICS,),
):
    """An attendance could not be taken; every problem of it at once."""

    worker_id: WorkerId
    visit_id: VisitId
    clinic_id: ClinicId
    problems: Public[list[Problem]]


class RequestAnswered(
    Event,
    name="scheduling.request.answered",
    topic="scheduling.requests",
    key="worker_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS, Party.WORKERS),
):
    """A request of the union side or of a worker was granted, refused with its reason, or put on the wait-list."""

    worker_id: WorkerId
    request_id: Public[UUID]
    outcome: Public[Literal["granted", "refused", "wait-listed"]]
    appointment_id: Pseudonymous[UUID | None] = None
    problems: Public[list[Problem]] = []
