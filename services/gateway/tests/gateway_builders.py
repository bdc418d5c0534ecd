"""Builders of what parties and services say, and HTTP clients that speak for a party."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from contracts import appointments, clinics, coordination, health, operations, registry, results, scheduling, unions
from contracts.base import Event, Party
from shared import outbox
from shared.outbox import Outgoing

SECRET = "a secret of the tests"
NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
DAY = date(2026, 3, 2)
CLINIC = "02123"
OTHER_CLINIC = "02999"
STATIONS = ["REC", "MEA", "BLD"]


class Clients:
    """Clients of one app; tokens come from the development issuer, as a newcomer's would."""

    def __init__(self, transport: httpx.AsyncBaseTransport, base_url: str = "http://gateway") -> None:
        self._transport = transport
        self._base_url = base_url
        self._open: list[httpx.AsyncClient] = []

    def anonymous(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = httpx.AsyncClient(transport=self._transport, base_url=self._base_url, headers=headers, timeout=60)
        self._open.append(client)
        return client

    async def party(
        self, party: Party, party_id: str, *, sub: str = "an officer", role: str = "officer"
    ) -> httpx.AsyncClient:
        wanted = {"party_class": party.value, "party_id": party_id, "role": role, "sub": sub}
        answer = await self.anonymous(SECRET).post("/dev/tokens", json=wanted)
        answer.raise_for_status()
        return self.anonymous(answer.json()["access_token"])

    async def union(self, unit_id: UUID, **changes: str) -> httpx.AsyncClient:
        return await self.party(Party.UNIONS, str(unit_id), **changes)

    async def clinic(self, clinic_id: str = CLINIC, **changes: str) -> httpx.AsyncClient:
        return await self.party(Party.CLINICS, clinic_id, **changes)

    async def health(self, authority: str = "syt-02", **changes: str) -> httpx.AsyncClient:
        return await self.party(Party.HEALTH, authority, **changes)

    async def operations(self) -> httpx.AsyncClient:
        return await self.party(Party.OPERATIONS, "centre")

    async def close(self) -> None:
        for client in self._open:
            await client.aclose()


def cloudevent(event: Event, **changes: Any) -> dict[str, Any]:
    envelope = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "type": event.entry.type,
        "datacontenttype": "application/json",
        "data": event.model_dump(mode="json"),
    }
    return envelope | changes


async def post(client: httpx.AsyncClient, event: Event | dict[str, Any], **headers: str) -> httpx.Response:
    body = event if isinstance(event, dict) else cloudevent(event)
    return await client.post("/events", json=body, headers={"content-type": "application/cloudevents+json", **headers})


async def post_batch(client: httpx.AsyncClient, events: list[dict[str, Any]], **headers: str) -> httpx.Response:
    return await client.post(
        "/events", json=events, headers={"content-type": "application/cloudevents-batch+json", **headers}
    )


def because(event: Event, cause: str) -> Outgoing:
    """What a service says because of the event with this ref."""
    return outbox.outgoing(event, cause=cause)


def told_by(event: Event, source: str, event_id: str) -> Outgoing:
    """What a party said, as it comes back from Kafka."""
    return outbox.origin(event, source=source, id=event_id, time=NOW, party=source, actor="a")


def a_day(day: date = DAY) -> coordination.DayStarted:
    return coordination.DayStarted(day=day, simulated=True)


def a_simulated_day(day: date = DAY) -> operations.DaySimulated:
    return operations.DaySimulated(day=day)


def an_organisation(
    organisation_id: UUID, parent_id: UUID | None = None, *, valid_from: date = date(2025, 1, 1), kind: str = "CDCS"
) -> registry.OrganisationRegistered:
    return registry.OrganisationRegistered.model_validate(
        {
            "organisation_id": organisation_id,
            "kind": kind,
            "name": "Công đoàn cơ sở",
            "code": "C1",
            "parent_id": parent_id,
            "province_code": "02",
            "valid_from": valid_from,
        }
    )


def a_declaration(organisation_id: UUID, parent_id: UUID | None = None) -> unions.OrganisationDeclared:
    return unions.OrganisationDeclared(
        organisation_id=organisation_id,
        kind="CDCS",
        name="Công đoàn cơ sở",
        code="C1",
        parent_id=parent_id,
        province_code="02",
        valid_from=date(2025, 1, 1),
    )


def a_worker(worker_id: UUID, unit_id: UUID, employer_id: UUID | None = None) -> registry.WorkerRegistered:
    return registry.WorkerRegistered(
        worker_id=worker_id, unit_id=unit_id, employer_id=employer_id, sex="female", born="1990-05"
    )


def an_absence(worker_id: UUID) -> unions.AbsenceReported:
    return unions.AbsenceReported(request_id=uuid4(), worker_id=worker_id, first_day=DAY, last_day=DAY)


def a_campaign(campaign_id: UUID, scope: list[UUID], units: list[UUID] | None = None) -> coordination.CampaignOpened:
    return coordination.CampaignOpened(
        campaign_id=campaign_id,
        programme_id=uuid4(),
        title="Khám sức khỏe định kỳ",
        period_from=date(2026, 1, 1),
        period_to=date(2026, 6, 30),
        rosters_due=date(2026, 1, 31),
        scope_unit_ids=scope,
        unit_ids=units or scope,
        tree_as_of=DAY,
        coverage_pct=90,
    )


def a_session(session_id: UUID, campaign_id: UUID, clinic_id: str = CLINIC, **changes: Any) -> scheduling.SessionListed:
    values: dict[str, Any] = {
        "session_id": session_id, "clinic_id": clinic_id, "campaign_id": campaign_id, "site": "00691", "day": DAY,
        "status": "confirmed", "seats": 40,
    }  # fmt: skip
    return scheduling.SessionListed(**(values | changes))


def an_appointment(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "appointment_id": uuid4(), "health_check_id": uuid4(), "worker_id": uuid4(), "unit_id": uuid4(),
        "campaign_id": uuid4(), "session_id": uuid4(), "clinic_id": CLINIC, "site": "00691", "day": DAY, "window": 0,
        "start": 420, "package": "PERIODIC", "stations": STATIONS,
    }  # fmt: skip
    return values | changes


def made(**changes: Any) -> appointments.AppointmentMade:
    return appointments.AppointmentMade(**an_appointment(**changes), by="plan")


def a_due_check(**changes: Any) -> scheduling.HealthCheckBecameDue:
    values: dict[str, Any] = {
        "health_check_id": uuid4(), "worker_id": uuid4(), "unit_id": uuid4(), "campaign_id": uuid4(),
        "package": "PERIODIC", "stations": STATIONS, "interval_months": 12, "due_on": DAY, "priority": 3,
        "grounds": [{"rule": "periodic", "version": "1", "legal_source": "Luật ATVSLĐ điều 21",
                     "text_vi": "Khám định kỳ", "text_en": "Periodic check"}],
    }  # fmt: skip
    return scheduling.HealthCheckBecameDue(**(values | changes))


def an_attendance(visit_id: UUID, session_id: UUID, **changes: Any) -> clinics.AttendanceRecorded:
    values: dict[str, Any] = {
        "visit_id": visit_id, "session_id": session_id, "worker_id": uuid4(), "clinic_id": CLINIC, "day": DAY,
        "status": "present",
    }  # fmt: skip
    return clinics.AttendanceRecorded(**(values | changes))


def a_section(visit_id: UUID, clinic_id: str = CLINIC, station: Any = "MEA") -> clinics.SectionRecorded:
    return clinics.SectionRecorded(
        visit_id=visit_id,
        clinic_id=clinic_id,
        station=station,
        recorded_at=NOW,
        examiner_licence="000123/HG-CCHN",
        findings={"height_cm": 165, "weight_kg": 60.5},
    )


def an_offer(session_id: UUID, campaign_id: UUID, clinic_id: str = CLINIC) -> clinics.SessionOffered:
    return clinics.SessionOffered.model_validate(
        {
            "session_id": session_id,
            "clinic_id": clinic_id,
            "campaign_id": campaign_id,
            "site": "00691",
            "day": DAY,
            "open_cost": 100,
            "windows": [{"start": 420, "total": 20, "capacity": {"MEA": 20}}],
        }
    )


def a_permit(clinic_id: str = CLINIC) -> health.PermitGranted:
    return health.PermitGranted(
        permit_id=uuid4(), clinic_id=clinic_id, sites=["00691"], valid_from=DAY, valid_to=DAY, licensed_stations=["MEA"]
    )


def a_proposal(visit_id: UUID, answers: list[str], clinic_id: str = CLINIC) -> results.ClassProposed:
    return results.ClassProposed(
        visit_id=visit_id,
        clinic_id=clinic_id,
        proposed=2,
        indices=[],
        rule_set="qd1613",
        explanation_vi=["Loại II do thể lực"],
        explanation_en=["Class II by physique"],
        answers=answers,
    )


def fit(
    worker_id: UUID, unit_id: UUID, campaign_id: UUID, final_class: int = 2, **changes: Any
) -> results.FitnessStated:
    values: dict[str, Any] = {
        "visit_id": uuid4(), "worker_id": worker_id, "unit_id": unit_id, "campaign_id": campaign_id,
        "final_class": final_class, "restrictions": [], "version": 1,
    }  # fmt: skip
    return results.FitnessStated(**(values | changes))
