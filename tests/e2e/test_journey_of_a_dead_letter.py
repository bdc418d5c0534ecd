"""A broken record inside the house: it waits for a person, what comes behind it waits too, and all others flow."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from e2e_campaign import PROVINCE, Campaign
from e2e_house import Command, House

from contracts.unions import OrganisationDeclared
from demo import days
from demo.edge import Edge, EdgeError

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]


async def test_a_broken_record_waits_for_a_person_while_others_flow(
    edge: Edge, house: House, khamdoan: Command
) -> None:
    campaign = await Campaign.begin(edge)
    await campaign.organise(members=1)
    broken, sound = declaration(campaign), declaration(campaign)
    await put_broken_record(house, broken)

    (behind,) = await campaign.portal.say([broken])
    with pytest.raises(EdgeError, match="parked"):
        await campaign.portal.answered([behind])
    await campaign.portal.answered(await campaign.portal.say([sound]))

    poison, waiting = letters_of(khamdoan, "registry")
    assert (poison["state"], waiting["reason"]) == ("parked", "behind_a_parked_message")
    assert "name" in poison["payload"]["‹missing›"]
    by_key = khamdoan("dead-letters", "list", "--service", "registry", "--key", broken.aggregate_id)
    assert [line.split()[0] for line in by_key.splitlines()] == [poison["id"], waiting["id"]]
    out_of_order = ("dead-letters", "replay", waiting["id"], "--alone", "--why", "a try", "--service", "registry")
    assert "dead-letter.not-first" in khamdoan(*out_of_order, status=1)
    of_its_type = ("dead-letters", "replay", "--type", "organisation.declared", "--service", "registry")
    assert poison["id"] in khamdoan(*of_its_type, "--why", "a try", "--per-second", "100", status=1)
    refused = khamdoan("dead-letters", "replay", poison["id"], "--service", "registry", "--why", "a try", status=1)
    assert poison["id"] in refused
    for service in ("registry", "gateway"):
        first, _behind = await both_parked(khamdoan, service)
        khamdoan("dead-letters", "discard", first, "--service", service, "--who", "An", "--why", "no declaration")
        assert parked(khamdoan, service) == []
    await campaign.portal.answered([behind])
    shown = json.loads(khamdoan("dead-letters", "show", poison["id"], "--service", "registry"))
    assert [(act["act"], act["who"]) for act in shown["acts"]][-1] == ("discarded", "An")
    assert shown.keys().isdisjoint({"key", "value", "headers"})


async def test_a_receipts_tree_can_be_printed(edge: Edge, khamdoan: Command) -> None:
    campaign = await Campaign.begin(edge)
    await campaign.organise(members=1)
    (receipt,) = await campaign.portal.say([declaration(campaign)])
    await campaign.portal.answered([receipt])

    printed = khamdoan("trace", receipt)

    assert "unions.organisation.declared.v1" in printed
    assert "  registry.organisation.registered.v1" in printed
    assert "/zipkin/traces/" in printed


def declaration(campaign: Campaign) -> OrganisationDeclared:
    """A commune union that nobody has heard of."""
    return OrganisationDeclared(
        organisation_id=uuid4(), kind="CD_XA", name="Công đoàn xã", code="T", parent_id=campaign.root_id,
        province_code=PROVINCE, valid_from=campaign.today,
    )  # fmt: skip


async def put_broken_record(house: House, declared: OrganisationDeclared) -> None:
    """A declaration without most of its fields, as no service of the house would send it."""
    headers = {
        "ce_specversion": "1.0", "ce_type": declared.entry.type, "ce_source": "unions/somebody", "ce_id": str(uuid4()),
        "ce_time": datetime.now(UTC).isoformat(), "content-type": "application/json",
    }  # fmt: skip
    producer = AIOKafkaProducer(bootstrap_servers=house.servers.kafka)
    await producer.start()
    try:
        await producer.send_and_wait(
            f"{house.prefix}{declared.entry.topic}",
            json.dumps({"organisation_id": declared.aggregate_id}).encode(),
            key=declared.aggregate_id.encode(),
            headers=[(name, value.encode()) for name, value in headers.items()],
        )
    finally:
        await producer.stop()


async def both_parked(khamdoan: Command, service: str) -> list[str]:
    """The broken record and what came behind it, once the service has parked both: each reads on its own."""

    async def are_there() -> bool:
        return len(parked(khamdoan, service)) == 2

    await days.until(are_there, f"the letters of {service}")
    return parked(khamdoan, service)


def letters_of(khamdoan: Command, service: str) -> list[dict[str, Any]]:
    """The parked letters of a service, each as it is shown."""
    return [
        json.loads(khamdoan("dead-letters", "show", letter, "--service", service))
        for letter in parked(khamdoan, service)
    ]


def parked(khamdoan: Command, service: str) -> list[str]:
    """The parked letters of a service, by the command that lists them."""
    listed = [line.split()[0] for line in khamdoan("dead-letters", "list", "--service", service).splitlines()]
    return [letter for letter in listed if letter != "Không"]
