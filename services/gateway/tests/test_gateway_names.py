"""Names come from registry and are only passed on: to whom, for whom, and every look is there to be read."""

from typing import Any
from uuid import uuid4

import httpx
from gateway_builders import CLINIC, DAY, Clients, a_day, an_organisation, made
from gateway_uploads import Registry

from contracts import appointments
from contracts.base import Party
from gateway.consumers import make_consumer
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()


async def test_a_clinic_gets_names_for_its_own_bookings_of_these_days_only(
    as_: Clients, database: Database, deliver: Deliver, registry: Registry
) -> None:
    own, foreign = made(), made(clinic_id="02999")
    past, off = made(day=DAY.replace(year=2025)), made()
    gone = appointments.AppointmentCancelled(
        **off.model_dump(include=set(appointments.AppointmentCancelled.model_fields)), reason="refused"
    )
    await deliver(CONSUMER, database, [a_day(), own, foreign, past, off, gone])
    clinic = await as_.clinic()

    async def ask(*appointments: Any) -> httpx.Response:
        ids = [str(item.appointment_id) for item in appointments]
        return await clinic.post("/identities", json={"appointment_ids": ids, "purpose": "tiếp nhận"})

    granted = await ask(own)
    refused = [(await ask(*asked)).json()["code"] for asked in ((own, foreign), (past,), (off,))]

    assert granted.json()[0]["identity"]["full_name"] == "Bí Mật"
    assert granted.headers["cache-control"] == "no-store"
    assert refused == ["identity.not-booked"] * 3
    assert registry.asked == [{"worker_ids": [str(own.worker_id)]}]
    tables = await database.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    kept = [str(await database.pool.fetch(f'SELECT t::text FROM "{row["tablename"]}" AS t')) for row in tables]
    assert not any("Bí Mật" in text for text in kept)


async def test_a_union_gets_the_names_that_registry_lets_it_see(as_: Clients, registry: Registry) -> None:
    union, member = await as_.union(uuid4()), str(uuid4())
    wanted = {"worker_ids": [member], "purpose": "thông báo lịch khám"}

    granted = await union.post("/identities/members", json=wanted)
    refused = [
        (await client.post("/identities/members", json=wanted)).json()["code"]
        for client in (await as_.clinic(), await as_.health(), await as_.operations())
    ]

    assert granted.json()[0]["full_name"] == "Bí Mật"
    assert refused == ["party.class"] * 3


async def test_a_union_finds_its_member_by_the_number_on_a_card(
    as_: Clients, database: Database, deliver: Deliver, registry: Registry
) -> None:
    unit, other = uuid4(), uuid4()
    await deliver(CONSUMER, database, [an_organisation(unit), an_organisation(other)])
    card = {"type": "cccd", "value": "008090000123", "purpose": "người đến không có lịch"}
    union = await as_.union(unit)

    found = await union.post("/identities/lookups", json={**card, "unit_id": str(unit)})
    elsewhere = await union.post("/identities/lookups", json={**card, "unit_id": str(other)})
    clinic = await (await as_.clinic()).post("/identities/lookups", json={**card, "unit_id": str(unit)})

    assert (found.json()[0]["full_name"], found.headers["cache-control"]) == ("Bí Mật", "no-store")
    assert [answer.json()["code"] for answer in (elsewhere, clinic)] == ["party.unit", "party.class"]
    assert registry.asked == [{"unit_id": str(unit), "type": "cccd", "value": "008090000123"}]


async def test_a_worker_reads_who_looked(as_: Clients, registry: Registry) -> None:
    worker = await as_.party(Party.WORKERS, str(uuid4()))

    looks = (await worker.get("/workers/me")).json()["looks"]

    assert [(look["party"], look["purpose"]) for look in looks] == [(f"clinics/{CLINIC}", "tiếp nhận")]
