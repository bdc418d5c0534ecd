"""What arrives at scheduling, with defaults: a small campaign of one unit in one commune in spring 2027."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from contracts.appointments import Appointment
from contracts.clinics import AttendanceRecorded, SessionOffered, SessionWithdrawn
from contracts.coordination import CampaignOpened, DayStarted, PlanApproved, ScopeFrozen, UnitDenominator
from contracts.fields import Window
from contracts.health import PermitGranted
from contracts.organisations import Reach
from contracts.registry import LineRegistered, OrganisationRegistered, RosterClosed, WorkerLeft, WorkerRegistered
from contracts.results import VisitConcluded
from contracts.unions import AbsenceReported, BookingRequested, MoveRequested, RefusalReported, RefusalWithdrawn

CAMPAIGN = UUID("c0000000-0000-4000-8000-000000000001")
UNIT = UUID("a0000000-0000-4000-8000-000000000001")
LINE = UUID("b0000000-0000-4000-8000-000000000001")
CLINIC = "08123"
SITE = "00691"
TODAY = date(2027, 3, 8)
EXAM_DAY = date(2027, 3, 16)
LATER = date(2027, 3, 17)
STATIONS = ("REC", "MEA", "BLD", "URI", "XRY", "EYE", "ENT", "DEN", "INT", "SUR", "GYN")
OFFICE_WEEK: list[tuple[int, int] | None] = [(450, 990)] * 5 + [None] * 2


def a_worker_id(number: int) -> UUID:
    return uuid5(UNIT, str(number))


def a_check_id(worker_id: UUID, campaign_id: UUID = CAMPAIGN) -> UUID:
    return uuid5(campaign_id, str(worker_id))


def a_campaign(**fields: Any) -> CampaignOpened:
    defaults: dict[str, Any] = {
        "campaign_id": CAMPAIGN,
        "programme_id": uuid4(),
        "title": "Chiến dịch thử",
        "period_from": date(2027, 3, 1),
        "period_to": date(2027, 6, 30),
        "rosters_due": date(2027, 3, 5),
        "scope_unit_ids": [UNIT],
        "unit_ids": [UNIT],
        "tree_as_of": date(2027, 3, 1),
        "coverage_pct": 95,
    }
    return CampaignOpened(**{**defaults, **fields})


def a_unit(**fields: Any) -> OrganisationRegistered:
    defaults: dict[str, Any] = {
        "organisation_id": UNIT,
        "kind": "CDCS",
        "name": "CĐCS thử",
        "code": "T1",
        "province_code": "08",
        "commune_code": SITE,
        "valid_from": date(2026, 1, 1),
    }
    return OrganisationRegistered(**{**defaults, **fields})


def a_line(**fields: Any) -> LineRegistered:
    """Office hours from a Monday; so many may be away that it rarely matters."""
    defaults: dict[str, Any] = {
        "line_id": LINE,
        "unit_id": UNIT,
        "name": "Tổ 1",
        "site": SITE,
        "shifts_from": date(2027, 3, 1),
        "shifts": OFFICE_WEEK,
        "headcount": 1000,
        "max_absent_pct": 100,
        "reaches": [Reach(site=SITE, minutes=10)],
    }
    return LineRegistered(**{**defaults, **fields})


def a_worker(number: int, **fields: Any) -> WorkerRegistered:
    defaults: dict[str, Any] = {
        "worker_id": a_worker_id(number),
        "unit_id": UNIT,
        "line_id": LINE,
        "sex": "male",
        "born": "1990-05",
        "employed_since": date(2020, 1, 1),
        "last_health_check": date(2026, 3, 20),
    }
    return WorkerRegistered(**{**defaults, **fields})


def workers(count: int, **fields: Any) -> list[WorkerRegistered]:
    return [a_worker(number, **fields) for number in range(count)]


def rosters_closed(workers_ever: int, **fields: Any) -> RosterClosed:
    defaults: dict[str, Any] = {"unit_id": UNIT, "campaign_id": CAMPAIGN, "workers": workers_ever}
    return RosterClosed(**{**defaults, "workers_ever": workers_ever, **fields})


def scope_frozen(on_day: date = TODAY) -> ScopeFrozen:
    return ScopeFrozen(campaign_id=CAMPAIGN, on_day=on_day, units=[UnitDenominator(unit_id=UNIT, workers=1, due=1)])


def day_started(day: date = TODAY) -> DayStarted:
    return DayStarted(day=day, simulated=True)


def a_window(start: int = 480, total: int = 10, **capacity: int) -> Window:
    return Window(start=start, total=total, capacity={**dict.fromkeys(STATIONS, 100), **capacity})


def a_session(day: date = EXAM_DAY, windows: Iterable[Window] = (), **fields: Any) -> SessionOffered:
    defaults: dict[str, Any] = {
        "session_id": uuid5(CAMPAIGN, str(day)),
        "clinic_id": CLINIC,
        "campaign_id": CAMPAIGN,
        "site": SITE,
        "day": day,
        "open_cost": 6000,
        "windows": list(windows) or [a_window(480), a_window(510)],
    }
    return SessionOffered(**{**defaults, **fields})


def a_permit(**fields: Any) -> PermitGranted:
    defaults: dict[str, Any] = {
        "permit_id": uuid5(CAMPAIGN, "permit"),
        "clinic_id": CLINIC,
        "sites": [SITE],
        "valid_from": date(2027, 1, 1),
        "valid_to": date(2027, 12, 31),
        "licensed_stations": [s for s in STATIONS if s != "REC"],
    }
    return PermitGranted(**{**defaults, **fields})


def session_withdrawn(session: SessionOffered) -> SessionWithdrawn:
    return SessionWithdrawn(session_id=session.session_id, clinic_id=session.clinic_id)


def booking(number: int, session: SessionOffered, **fields: Any) -> BookingRequested:
    return BookingRequested(request_id=uuid4(), worker_id=a_worker_id(number), session_id=session.session_id, **fields)


def a_move(number: int, appointment: Appointment, session: SessionOffered | None = None) -> MoveRequested:
    target = session.session_id if session else None
    return MoveRequested(
        request_id=uuid4(),
        worker_id=a_worker_id(number),
        appointment_id=appointment.appointment_id,
        session_id=target,
    )


def an_absence(number: int, first_day: date, days: int = 1) -> AbsenceReported:
    last = first_day + timedelta(days=days - 1)
    return AbsenceReported(request_id=uuid4(), worker_id=a_worker_id(number), first_day=first_day, last_day=last)


def a_refusal(number: int) -> RefusalReported:
    return RefusalReported(request_id=uuid4(), worker_id=a_worker_id(number), campaign_id=CAMPAIGN)


def a_refusal_withdrawn(number: int) -> RefusalWithdrawn:
    return RefusalWithdrawn(request_id=uuid4(), worker_id=a_worker_id(number), campaign_id=CAMPAIGN)


def worker_left(number: int, left_on: date = TODAY) -> WorkerLeft:
    return WorkerLeft(worker_id=a_worker_id(number), unit_id=UNIT, left_on=left_on)


def attendance(appointment: Appointment, status: str = "present", **fields: Any) -> AttendanceRecorded:
    defaults: dict[str, Any] = {
        "visit_id": appointment.appointment_id,
        "session_id": appointment.session_id,
        "worker_id": appointment.worker_id,
        "clinic_id": appointment.clinic_id,
        "day": appointment.day,
        "status": status,
    }
    return AttendanceRecorded(**{**defaults, **fields})


def a_walk_in(number: int, session: SessionOffered) -> AttendanceRecorded:
    return AttendanceRecorded(
        visit_id=uuid4(),
        session_id=session.session_id,
        worker_id=a_worker_id(number),
        clinic_id=session.clinic_id,
        day=session.day,
        status="present",
        walk_in=True,
    )


def concluded(number: int, on_day: date) -> VisitConcluded:
    return VisitConcluded(
        visit_id=uuid5(a_worker_id(number), str(on_day)), worker_id=a_worker_id(number), unit_id=UNIT,
        campaign_id=CAMPAIGN, version=1, concluded_on=on_day, valid_until=on_day + timedelta(days=365),
    )  # fmt: skip


def plan_approved(plan_id: UUID) -> PlanApproved:
    return PlanApproved(plan_id=plan_id, campaign_id=CAMPAIGN)
