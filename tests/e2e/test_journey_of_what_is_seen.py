"""Each party sees what its purpose needs: asked of every route of the edge, after people have been examined."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from e2e_campaign import Campaign, PunctualClinic

from contracts.clinics import ExaminationConcluded
from demo.edge import Caller, Edge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]

MARKS = ("Z87.891", "kính râm khi hàn hồ quang", "viêm phế quản mạn zq")
"""A diagnosis, a work restriction and a description that nothing else contains."""
DIAGNOSIS, RESTRICTION, DESCRIPTION = MARKS
CLINICAL_FIELDS = {
    "findings", "diseases", "final_class", "tumour_class", "proposed", "proposed_class", "if_no_tumour", "indices",
    "override_reason", "restrictions", "xray_description",
}  # fmt: skip


class ThoroughClinic(PunctualClinic):
    """A clinic whose doctor finds what can be recognised anywhere."""

    async def conclude(self, day: date) -> list[str]:
        """Class IV for everybody, with a diagnosis, a restriction and a reason in words."""
        visits = [UUID(proposal["visit_id"]) for proposal in await self._proposals()]
        self.signed |= set(visits)
        return await self.caller.say([
            ExaminationConcluded(
                visit_id=visit_id, clinic_id=self.clinic_id, concluded_on=day, doctor_licence="000777/TQ-GPHN",
                final_class=4, diseases=[DIAGNOSIS], restrictions=[RESTRICTION], override_reason=DESCRIPTION,
            )
            for visit_id in visits
        ])  # fmt: skip


async def test_a_clinics_look_at_a_name_is_told_to_the_worker(edge: Edge) -> None:
    campaign = await examined(edge)
    clinic = campaign.clinic.caller
    appointments = await clinic.pages("/appointments")
    asked = {"appointment_ids": [appointments[0]["appointment_id"]], "purpose": "tiếp nhận tại bàn đăng ký"}

    (booked,) = await clinic.ask("/identities", asked)

    assert booked["identity"]["full_name"] == "Nguyễn Văn Dũng"
    record = await (await edge.party("workers", booked["worker_id"], "the worker")).get("/workers/me")
    assert [(look["party"], look["purpose"]) for look in record["looks"]] == [(clinic.party, asked["purpose"])]
    assert DIAGNOSIS in json.dumps(record, ensure_ascii=False)


async def test_nobody_but_clinic_and_worker_reads_what_was_found(edge: Edge) -> None:
    campaign = await examined(edge)
    known = await ids_of(campaign)
    employer = await edge.party("employers", str(campaign.employer_id), "a personnel officer")
    unit = await edge.party("unions", str(campaign.unit_id), "officer of the unit")

    for caller in (campaign.portal, unit, campaign.authority, campaign.operations):
        assert found_in([text async for text in read_everything(edge, caller, known)]) == set()
    by_employer = "".join([text async for text in read_everything(edge, employer, known)])
    assert [mark for mark in MARKS if mark in by_employer] == [RESTRICTION]
    by_clinic = "".join([text async for text in read_everything(edge, campaign.clinic.caller, known)])
    assert DIAGNOSIS in by_clinic
    (stated,) = await employer.pages(f"/employers/{campaign.employer_id}/fitness")
    assert set(stated) == {"worker_id", "campaign_id", "concluded_on", "final_class", "restrictions"}


async def test_another_provinces_union_sees_nothing_of_a_unit(edge: Edge) -> None:
    campaign, other = await examined(edge), await Campaign.begin(edge)
    await other.organise(members=1)
    known = await ids_of(campaign)
    persons = {known["worker_id"], known["visit_id"], str(campaign.unit_id)}

    own = [text async for text in read_everything(edge, campaign.portal, known)]
    read = [text async for text in read_everything(edge, other.portal, known)]

    assert {person for person in persons if any(person in text for text in own)} == persons
    assert {person for person in persons if any(person in text for text in read)} == set()


async def examined(edge: Edge) -> Campaign:
    """A campaign with one examined worker, whose diagnosis and restriction can be recognised anywhere."""
    campaign = await Campaign.prepared(edge, members=1, clinic=ThoroughClinic)
    await campaign.offer(seats=1)
    await campaign.start(campaign.period[0])
    await campaign.examine()
    return campaign


async def ids_of(campaign: Campaign) -> dict[str, str]:
    """A value for every parameter that a route may ask for."""
    (appointment,) = await campaign.portal.pages("/appointments", campaign_id=campaign.campaign_id)
    receipts = await campaign.portal.pages("/receipts")
    (plan,) = await campaign.portal.get(f"/campaigns/{campaign.campaign_id}/plans")
    return {
        "worker_id": appointment["worker_id"], "visit_id": appointment["appointment_id"],
        "unit_id": str(campaign.unit_id), "employer_id": str(campaign.employer_id),
        "campaign_id": str(campaign.campaign_id), "clinic_id": campaign.clinic.clinic_id,
        "roster_id": str(campaign.roster_ids[0]), "receipt_id": receipts[0]["receipt_id"],
        "plan_id": plan["plan_id"],
    }  # fmt: skip


async def read_everything(edge: Edge, caller: Caller, known: dict[str, str]) -> AsyncIterator[str]:
    """What the edge answers to this caller on every route that reads, with and without its parameters."""
    routes = (await edge.http.get("/openapi.json")).json()["paths"]
    for path, methods in routes.items():
        if "get" not in methods or path.endswith("/stream"):
            continue
        names = re.findall(r"{(\w+)}", path)
        asked = [p["name"] for p in methods["get"].get("parameters", ()) if p["in"] == "query" and p["name"] in known]
        for query in ({}, {name: known[name] for name in asked}):
            answer = await edge.http.get(
                path.format(**{name: known[name] for name in names}), params=query, headers=caller.headers
            )
            assert answer.status_code in {200, 400, 403, 404, 422}, f"{path}: {answer.status_code}"
            if answer.status_code == 200:
                yield answer.text


def found_in(answers: list[str]) -> set[str]:
    """Clinical values and fields with a value that stand in any answer."""
    assert answers
    found = {mark for mark in MARKS for text in answers if mark in text}
    return found | {name for text in answers if text[:1] in "[{" for name in clinical_fields(json.loads(text))}


def clinical_fields(document: Any) -> Iterator[str]:
    """Names of clinical fields that hold something, at any depth."""
    if isinstance(document, list):
        for item in document:
            yield from clinical_fields(item)
    elif isinstance(document, dict):
        for name, value in document.items():
            if name in CLINICAL_FIELDS and value not in (None, [], {}):
                yield name
            yield from clinical_fields(value)
