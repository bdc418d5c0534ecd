"""What one word leads to can be followed: as a tree of events, and as one trace through the services."""

from uuid import uuid4

import pytest
from e2e_campaign import Campaign, people
from e2e_house import House

from contracts.unions import BookingRequested
from demo.edge import Edge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]


async def test_all_that_a_roster_led_to_is_one_tree(edge: Edge) -> None:
    campaign = await Campaign.begin(edge)
    await campaign.organise(members=3)
    await campaign.agree()

    receipt = await campaign.send_roster(people(3))

    links = await campaign.operations.get(f"/receipts/{receipt}/trace")
    types = [link["type"].removeprefix("vn.khamdoan.").removesuffix(".v1") for link in links]
    assert types[0] == "unions.roster.submitted"
    assert types.count("registry.worker.registered") == 3
    assert {"registry.roster.rows-answered", "registry.roster.assessed"} <= set(types)
    assert_is_one_tree(links)


def assert_is_one_tree(links: list[dict[str, object]]) -> None:
    """One root, and every other event is caused by one that stands nearer to it."""
    depths = {link["ref"]: link["depth"] for link in links}
    assert [link["ref"] for link in links if link["cause"] not in depths] == [links[0]["ref"]]
    assert all(depths[link["cause"]] < link["depth"] for link in links[1:])  # type: ignore[index, operator]


async def test_a_direct_booking_is_one_trace_from_the_portal_to_the_clinics_feed(edge: Edge, house: House) -> None:
    campaign = await Campaign.prepared(edge, members=1)
    session_id = await campaign.offer(seats=1)
    (worker_id,) = await campaign.workers()

    booking = BookingRequested(request_id=uuid4(), worker_id=worker_id, session_id=session_id)
    (receipt,) = await campaign.portal.say([booking])
    await campaign.portal.answered([receipt])
    entry = await entry_of_the_feed(campaign, "scheduling.appointment.made")

    links = {link["ref"]: link for link in await campaign.operations.get(f"/receipts/{receipt}/trace")}
    made = links[f"{entry['source']}#{entry['id']}"]
    trace_id = made["trace_id"]
    assert {link["trace_id"] for link in links.values()} == {trace_id}
    way = {
        ("gateway", "POST /events"),
        ("gateway", "gateway publish"),
        ("scheduling", "scheduling process"),
        ("scheduling", "scheduling publish"),
        ("gateway", "gateway process"),
    }
    assert house.spans.until_told(trace_id, way) >= way


async def entry_of_the_feed(campaign: Campaign, name: str) -> dict[str, str]:
    """The first entry of a type in the clinic's feed, waiting for it if need be."""
    path, after = f"/clinics/{campaign.clinic.clinic_id}/feed", 0
    for _ in range(20):
        page = await campaign.clinic.caller.get(path, after=after, wait=10)
        for entry in page["entries"]:
            if entry["type"] == f"vn.khamdoan.{name}.v1":
                return dict(entry)
        after = page["next"]
    raise AssertionError(f"no {name} in the feed")
