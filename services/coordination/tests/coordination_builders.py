"""Events with defaults, so that a test says only what it is about."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4, uuid5

from contracts import appointments, coordination, health, operations, registry, results, scheduling, unions
from contracts.base import Event
from coordination.consumers import make_consumer
from coordination.settings import Settings
from shared import outbox
from shared.database import Database
from shared.outbox import Outgoing
from shared.testing import Deliver

CONSUMER = make_consumer(Settings(database_url="", kafka_bootstrap_servers="", days="simulated"))
PROVINCE = UUID("00000000-0000-4000-8000-000000000001")
PROGRAMME = UUID("00000000-0000-4000-8000-000000000002")
CAMPAIGN = UUID("00000000-0000-4000-8000-000000000003")
UNION = "unions/00000000-0000-4000-8000-000000000001"
AUTHORITY = "health/syt-08"


def said_by(party: str, event: Event, actor: str = "") -> Outgoing:
    return outbox.origin(
        event, source=party, id=uuid4(), time=datetime(2026, 7, 1, tzinfo=UTC), party=party,
        actor=actor or f"somebody of {party}",
    )  # fmt: skip


def a_unit(number: int, parent: UUID | None = PROVINCE, kind: str = "CDCS") -> registry.OrganisationRegistered:
    return registry.OrganisationRegistered(
        organisation_id=unit(number), kind=kind, name=f"Công đoàn cơ sở {number}", code=f"{number:04d}",
        parent_id=parent, province_code="08", valid_from=date(2026, 1, 1),
    )  # type: ignore[arg-type]  # fmt: skip


def unit(number: int) -> UUID:
    return uuid5(PROVINCE, str(number))


def the_province() -> registry.OrganisationRegistered:
    return registry.OrganisationRegistered(
        organisation_id=PROVINCE, kind="LDLD_TINH", name="LĐLĐ tỉnh", code="08", province_code="08",
        valid_from=date(2026, 1, 1),
    )  # fmt: skip


def a_programme(**changes: object) -> unions.ProgrammeProposed:
    fields: dict[str, object] = {
        "programme_id": PROGRAMME, "title": "Quy chế phối hợp 2026–2030", "union_unit_id": PROVINCE,
        "authority_id": "syt-08", "valid_from": date(2026, 1, 1), "valid_to": date(2030, 12, 31),
    }  # fmt: skip
    return unions.ProgrammeProposed.model_validate(fields | changes)


def a_campaign(**changes: object) -> unions.CampaignProposed:
    fields: dict[str, object] = {
        "campaign_id": CAMPAIGN, "programme_id": PROGRAMME, "title": "Khám sức khỏe nửa cuối năm 2026",
        "scope_unit_ids": [PROVINCE], "period_from": date(2026, 7, 1), "period_to": date(2026, 12, 31),
        "rosters_due": date(2026, 6, 25), "coverage_pct": 90,
    }  # fmt: skip
    return unions.CampaignProposed.model_validate(fields | changes)


def opening() -> list[list[Outgoing | Event]]:
    """Batches that sign the programme and open the campaign over whatever units are known."""
    return [
        [said_by(UNION, a_programme())],
        [said_by(AUTHORITY, health.ProgrammeApproved(programme_id=PROGRAMME))],
        [said_by(UNION, a_campaign())],
        [said_by(AUTHORITY, health.CampaignApproved(campaign_id=CAMPAIGN))],
    ]


async def open_campaign(database: Database, deliver: Deliver, units: int = 2) -> None:
    """An open campaign over a province of so many grassroots unions."""
    await deliver(CONSUMER, database, [the_province(), *(a_unit(n) for n in range(1, units + 1))])
    for batch in opening():
        await deliver(CONSUMER, database, batch)


async def freeze(database: Database, deliver: Deliver, people: int) -> None:
    """A campaign whose denominator is so many people, all of unit 1."""
    await open_campaign(database, deliver, units=1)
    await deliver(CONSUMER, database, [*(a_due_check(n) for n in range(people)), demand(1, people)])


def worker(number: int) -> UUID:
    return uuid5(CAMPAIGN, f"worker {number}")


def a_due_check(number: int, in_unit: int = 1, **changes: object) -> scheduling.HealthCheckBecameDue:
    fields: dict[str, object] = {
        "health_check_id": uuid5(CAMPAIGN, str(worker(number))), "worker_id": worker(number), "unit_id": unit(in_unit),
        "campaign_id": CAMPAIGN, "package": "BASE", "stations": ["MEA"], "interval_months": 12,
        "due_on": date(2026, 9, 1), "priority": 2, "grounds": [],
    }  # fmt: skip
    return scheduling.HealthCheckBecameDue.model_validate(fields | changes)


def demand(in_unit: int, due: int) -> scheduling.DemandDeclared:
    return scheduling.DemandDeclared(unit_id=unit(in_unit), campaign_id=CAMPAIGN, workers=due + 5, due=due)


def rosters_closed(in_unit: int) -> registry.RosterClosed:
    return registry.RosterClosed(unit_id=unit(in_unit), campaign_id=CAMPAIGN, workers=5, workers_ever=5)


def _appointment(number: int, in_unit: int, day: date) -> dict[str, object]:
    return {
        "appointment_id": uuid4(), "health_check_id": uuid5(CAMPAIGN, str(worker(number))),
        "worker_id": worker(number), "unit_id": unit(in_unit), "campaign_id": CAMPAIGN, "session_id": uuid4(),
        "clinic_id": "02123", "site": "00700", "day": day, "window": 0, "start": 420, "package": "BASE",
        "stations": ["MEA"],
    }  # fmt: skip


def an_appointment(number: int, in_unit: int = 1, day: date = date(2026, 8, 3)) -> appointments.AppointmentMade:
    return appointments.AppointmentMade.model_validate(_appointment(number, in_unit, day) | {"by": "plan"})


def a_cancellation(appointment: appointments.AppointmentMade) -> appointments.AppointmentCancelled:
    return appointments.AppointmentCancelled.model_validate(appointment.model_dump() | {"reason": "absence"})


def a_visit(number: int, in_unit: int = 1, day: date = date(2026, 8, 3)) -> appointments.AppointmentKept:
    return appointments.AppointmentKept.model_validate(_appointment(number, in_unit, day))


def a_miss(number: int, in_unit: int = 1, day: date = date(2026, 8, 3)) -> appointments.AppointmentMissed:
    return appointments.AppointmentMissed.model_validate(_appointment(number, in_unit, day) | {"reason": "absent"})


def an_end(number: int, reason: str, in_unit: int = 1) -> scheduling.HealthCheckWithdrawn:
    return scheduling.HealthCheckWithdrawn.model_validate(
        _appointment(number, in_unit, date(2026, 8, 3)) | {"reason": reason, "on_day": date(2026, 8, 3)}
    )


def a_conclusion(number: int, in_unit: int = 1, version: int = 1) -> results.VisitConcluded:
    return results.VisitConcluded(
        visit_id=uuid4(), worker_id=worker(number), unit_id=unit(in_unit), campaign_id=CAMPAIGN,
        concluded_on=date(2026, 8, 7),         valid_until=date(2027, 8, 7), version=version,
    )  # fmt: skip


def day_started(day: date) -> coordination.DayStarted:
    return coordination.DayStarted(day=day, simulated=True)


def day_asked(day: date) -> Outgoing:
    return said_by("operations/trial", operations.DaySimulated(day=day))
