"""Events with defaults, so that a test says only what it is about."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

from contracts import appointments, clinics, registry
from results.consumers import consumer
from shared.database import Database
from shared.testing import Deliver

CAMPAIGN = UUID(int=1)
UNIT = UUID(int=2)
CLINIC = "02123"
STATIONS = ["REC", "MEA", "EYE", "ENT", "DEN", "INT", "SUR"]
HEALTHY: dict[str, dict[str, Any]] = {
    "MEA": {"height_cm": 168, "weight_kg": 62, "pulse_per_minute": 70, "systolic_mmhg": 118, "diastolic_mmhg": 76},
    "EYE": {"vision_right": 10, "vision_left": 10, "eye_class": 1},
    "ENT": {"whisper_right_m": 5, "whisper_left_m": 5, "whisper_method_m": 5, "ent_class": 1},
    "DEN": {"caries_count": 0, "chewing_power_pct": 100, "dental_class": 1},
    "INT": {
        "circulatory_class": 1, "respiratory_class": 1, "digestive_class": 1, "renal_urogenital_class": 1,
        "endocrine_class": 1, "musculoskeletal_class": 1, "neurological_class": 1, "psychiatric_class": 1,
    },
    "SUR": {"surgical_class": 1, "dermatological_class": 1},
}  # fmt: skip


def worker(number: int = 1) -> UUID:
    return uuid5(CAMPAIGN, f"worker {number}")


def visit(number: int = 1) -> UUID:
    return uuid5(CAMPAIGN, f"visit {number}")


def a_worker(number: int = 1, **changes: Any) -> registry.WorkerRegistered:
    fields = {"worker_id": worker(number), "unit_id": UNIT, "sex": "male", "born": "1990-05"}
    return registry.WorkerRegistered.model_validate(fields | changes)


def an_appointment(number: int = 1, **changes: Any) -> appointments.AppointmentMade:
    fields = {
        "appointment_id": visit(number), "health_check_id": uuid5(CAMPAIGN, f"check {number}"),
        "worker_id": worker(number), "unit_id": UNIT, "campaign_id": CAMPAIGN, "session_id": UUID(int=9),
        "clinic_id": CLINIC, "site": "00700", "day": date(2026, 8, 3), "window": 0, "start": 420, "package": "BASE",
        "stations": STATIONS, "by": "plan",
    }  # fmt: skip
    return appointments.AppointmentMade.model_validate(fields | changes)


def a_section(station: str, number: int = 1, hour: int = 8, **findings: Any) -> clinics.SectionRecorded:
    return clinics.SectionRecorded.model_validate({
        "visit_id": visit(number), "clinic_id": CLINIC, "station": station, "examiner_licence": "001234/HNO-GPHN",
        "recorded_at": datetime(2026, 8, 3, hour, tzinfo=UTC), "findings": HEALTHY.get(station, {}) | findings,
    })  # fmt: skip


def all_sections(number: int = 1, **findings: Any) -> list[clinics.SectionRecorded]:
    mine = {station: {k: v for k, v in findings.items() if k in fields} for station, fields in HEALTHY.items()}
    return [a_section(station, number, **mine[station]) for station in HEALTHY]


def a_conclusion(number: int = 1, **changes: Any) -> clinics.ExaminationConcluded:
    fields = {
        "visit_id": visit(number), "clinic_id": CLINIC, "concluded_on": date(2026, 8, 7),
        "doctor_licence": "000777/HG-GPHN", "final_class": 1,
    }  # fmt: skip
    return clinics.ExaminationConcluded.model_validate(fields | changes)


def an_amendment(number: int = 1, **changes: Any) -> clinics.ExaminationAmended:
    fields = {
        "visit_id": visit(number), "clinic_id": CLINIC, "amended_on": date(2026, 8, 20),
        "doctor_licence": "000777/HG-GPHN", "final_class": 3, "reason": "đọc lại phim",
    }  # fmt: skip
    return clinics.ExaminationAmended.model_validate(fields | changes)


async def examined(database: Database, deliver: Deliver, number: int = 1, **findings: Any) -> Any:
    await deliver(consumer, database, [a_worker(number), an_appointment(number)])
    return await deliver(consumer, database, all_sections(number, **findings))


def of(kind: type[Any], events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]
