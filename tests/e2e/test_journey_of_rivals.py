"""Many who want the same thing at once, through the whole house: nobody gets what another has."""

import asyncio
from random import Random
from uuid import UUID, uuid4

import pytest
from e2e_campaign import Campaign

from contracts.unions import BookingRequested, OrganisationDeclared, RefusalReported
from demo.edge import Caller, Edge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]

BOOKERS, SEATS, GIVEN_UP, SAMPLE = 1_000, 100, 10, 25


async def test_a_thousand_bookers_on_a_hundred_seats_give_exactly_a_hundred(edge: Edge) -> None:
    campaign = await Campaign.prepared(edge, members=BOOKERS)
    session_id = await campaign.offer(SEATS, windows=4)
    workers = await campaign.workers()
    assert len(workers) == BOOKERS
    portals = [
        await edge.party("unions", str(unit), "an officer")
        for unit in (campaign.root_id, campaign.commune_union_id, campaign.unit_id)
    ]

    receipts = await book_all(portals, workers, session_id)
    made = await follow_the_feed(campaign, made_by={"booking": SEATS})

    granted = sorted(made["booking"])
    too_late = [receipt for worker, receipt in receipts.items() if str(worker) not in made["booking"]]
    for receipt in Random(7).sample(too_late, SAMPLE):
        (answer,) = (await campaign.portal.get(f"/receipts/{receipt}"))["answers"]
        assert answer["data"]["outcome"] == "wait-listed"
        assert [problem["code"] for problem in answer["data"]["problems"]] == ["session.full"]

    refusals = [
        RefusalReported(request_id=uuid4(), worker_id=UUID(worker), campaign_id=campaign.campaign_id)
        for worker in granted[:GIVEN_UP]
    ]
    await campaign.portal.answered(await campaign.portal.say(refusals))

    after = await follow_the_feed(campaign, made_by={"booking": SEATS, "wait-list": GIVEN_UP})
    assert after["wait-list"].isdisjoint(granted)


async def book_all(portals: list[Caller], workers: list[UUID], session_id: UUID) -> dict[UUID, str]:
    """Every worker asks for the session in a request of their own, all at once; the answered receipts by worker."""

    async def book(number: int, worker: UUID) -> str:
        wish = BookingRequested(request_id=uuid4(), worker_id=worker, session_id=session_id)
        return (await portals[number % len(portals)].say([wish]))[0]

    receipts = await asyncio.gather(*(book(number, worker) for number, worker in enumerate(workers)))
    await portals[0].answered(receipts)
    return dict(zip(workers, receipts, strict=True))


async def follow_the_feed(campaign: Campaign, made_by: dict[str, int]) -> dict[str, set[str]]:
    """Read the clinic's feed from its beginning until so many were made by each, and everybody has a seat of their own.

    Appointments have no common order: who gets a seat may be told before whoever gave it up.
    """
    path, after = f"/clinics/{campaign.clinic.clinic_id}/feed", 0
    made: dict[str, set[str]] = {by: set() for by in made_by}
    live: set[str] = set()
    for _ in range(60):
        page = await campaign.clinic.caller.get(path, after=after, wait=10)
        for entry in page["entries"]:
            data = entry["data"]
            if entry["type"].endswith("appointment.made.v1"):
                live.add(data["appointment_id"])
                made[data["by"]].add(data["worker_id"])
            elif entry["type"].endswith("appointment.cancelled.v1"):
                live.remove(data["appointment_id"])
        after = page["next"]
        if {by: len(workers) for by, workers in made.items()} == made_by and len(live) == SEATS:
            return made
    raise AssertionError(({by: len(workers) for by, workers in made.items()}, len(live)))


async def test_one_idempotency_key_has_one_effect_however_often_it_is_posted(edge: Edge) -> None:
    campaign = await Campaign.begin(edge)
    unit_id = uuid4()
    declared = OrganisationDeclared(
        organisation_id=unit_id, kind="LDLD_TINH", name="LĐLĐ tỉnh", code="T", province_code="08",
        valid_from=campaign.today,
    )  # fmt: skip
    portal = await edge.party("unions", str(unit_id), "an officer")
    body = portal._cloud_event(declared)  # the same event id every time, as a client that repeats itself would
    headers = portal.headers | {"idempotency-key": str(uuid4()), "content-type": "application/cloudevents+json"}

    responses = await asyncio.gather(*(edge.http.post("/events", json=body, headers=headers) for _ in range(50)))

    assert {response.status_code for response in responses} == {202}
    (receipt,) = {response.json()["receipt_id"] for response in responses}
    assert sum("idempotency-replayed" in response.headers for response in responses) == 49
    await portal.answered([receipt])
    links = await portal.get(f"/receipts/{receipt}/trace")
    assert [link["type"] for link in links].count("vn.khamdoan.registry.organisation.registered.v1") == 1
    assert len(links) == 2
    other = await edge.http.post("/events", json={**body, "id": str(uuid4())}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.reused")
