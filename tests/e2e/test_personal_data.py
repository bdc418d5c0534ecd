"""A whole campaign of persons who exist only here: nothing that names them lies open anywhere in the house."""

from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from e2e_campaign import Campaign
from e2e_canaries import CANARIES, SECRETS, everywhere, shapes, sightings
from e2e_house import House
from e2e_spans import Span

from contracts.unions import RefusalReported
from demo.edge import Edge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]


async def test_a_campaign_leaves_no_name_and_no_number_in_the_open(own_edge: Edge, own_house: House) -> None:
    campaign = await Campaign.begin(own_edge)
    await campaign.organise(members=len(CANARIES))
    await campaign.agree()
    await campaign.send_roster(CANARIES)
    await campaign.send_roster([*CANARIES[1:], CANARIES[2]], dry_run=True)
    await provoke_refusals(campaign)
    await campaign.close_rosters()
    await campaign.offer(seats=len(CANARIES))
    await campaign.start(campaign.period[0])
    await look_at_everybody(campaign)
    await campaign.examine()

    places = [place async for place in everywhere(own_house)]

    assert {kind for kind, *_ in (name.split() for name, _ in places)} == {"log", "span", "metrics", "table", "topic"}
    assert sightings(places) == set()


async def provoke_refusals(campaign: Campaign) -> None:
    """Files and events that name a person where none belongs; a refusal must not repeat what it refuses."""
    http, headers = campaign.edge.http, campaign.portal.headers
    name, cccd = CANARIES[0].name, CANARIES[0].cccd
    await http.post(
        "/rosters", params={"unit_id": name, "reference_date": cccd}, content=name.encode(), headers=headers
    )
    event = campaign.portal._cloud_event(RefusalReported(request_id=uuid4(), worker_id=uuid4(), campaign_id=uuid4()))
    for wrong in ({"data": {**event["data"], "worker_id": name}}, {"subject": name, "id": cccd}, {"type": name}):
        refused = await http.post(
            "/events", json={**event, **wrong}, headers={**headers, "content-type": "application/cloudevents+json"}
        )
        assert refused.status_code in {400, 403, 422}
    for path in (f"/receipts/{cccd}", f"/clinics/{cccd}/feed", f"/nowhere/{name}", f"/campaigns?cursor={name}"):
        assert (await http.get(path, headers=headers)).is_client_error


async def look_at_everybody(campaign: Campaign) -> None:
    """The clinic reads the names of those booked with it, as it needs them."""
    await campaign.until_told()
    booked = await campaign.clinic.caller.pages("/appointments")
    asked = [appointment["appointment_id"] for appointment in booked]
    looked = await campaign.clinic.caller.ask("/identities", {"appointment_ids": asked, "purpose": "tiếp nhận"})
    assert {found["identity"]["full_name"] for found in looked} == {person.name for person in CANARIES}


@pytest.mark.parametrize("secret", SECRETS)
def test_every_shape_of_a_secret_is_found_wherever_it_stands(secret: str) -> None:
    unseen = [
        shape for shape, text in shapes(secret).items() if not sightings([("log", b"before " + text + b" after")])
    ]

    assert unseen == []


async def test_a_name_put_into_each_kind_of_place_is_found(edge: Edge, house: House) -> None:
    name = CANARIES[0].name
    with house.logs[0].open("a") as log:
        log.write(f"{name}\n")
    house.spans.collected.append(Span("results", "planted", "0" * 32, f"name: {name}"))
    producer = AIOKafkaProducer(bootstrap_servers=house.servers.kafka)
    await producer.start()
    try:
        await producer.send_and_wait(f"{house.prefix}gateway.deliveries", b"{}", headers=[("x", name.encode())])
    finally:
        await producer.stop()
    connection = await asyncpg.connect(house.database_url("results"))
    try:
        await connection.execute("CREATE TABLE planted AS SELECT $1::text::bytea AS hidden", name)
    finally:
        await connection.close()

    found = sightings([place async for place in everywhere(house)])

    assert {place.split()[0] for place, *_ in found} == {"log", "span", "topic", "table"}
