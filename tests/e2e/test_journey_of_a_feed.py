"""A clinic reads one log in four ways, and speaks in two: over HTTP and on its own Kafka topics."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import icalendar
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from e2e_campaign import Campaign
from e2e_house import House

from contracts.clinics import AttendanceRecorded, SessionWithdrawn
from contracts.unions import BookingRequested
from demo.edge import Edge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]

Entry = tuple[str, str, str, str]


async def booked_campaign(edge: Edge, members: int) -> Campaign:
    """A campaign whose people are all booked in its one session; the clinic's feed has told so."""
    campaign = await Campaign.prepared(edge, members)
    session_id = await campaign.offer(seats=members)
    wishes = [
        BookingRequested(request_id=uuid4(), worker_id=worker, session_id=session_id)
        for worker in await campaign.workers()
    ]
    await campaign.portal.answered(await campaign.portal.say(wishes))
    await entries_until(campaign, "scheduling.appointment.made", members)
    return campaign


async def entries_until(campaign: Campaign, name: str, number: int) -> list[dict[str, Any]]:
    """The feed from its beginning, once it holds so many entries of a type."""
    path, entries = f"/clinics/{campaign.clinic.clinic_id}/feed", list[dict[str, Any]]()
    for _ in range(30):
        page = await campaign.clinic.caller.get(path, after=len(entries), wait=10, limit=3)
        entries += page["entries"]
        if sum(entry["type"] == f"vn.khamdoan.{name}.v1" for entry in entries) >= number and not page["entries"]:
            return entries
        if len(entries) == page["last"] and sum(e["type"] == f"vn.khamdoan.{name}.v1" for e in entries) >= number:
            return entries
    raise AssertionError(f"fewer than {number} {name} in the feed")


def entry_of(told: Mapping[str, Any]) -> Entry:
    """What is the same in every form of the feed."""
    return told["source"], told["id"], told["type"], json.dumps(told["data"], sort_keys=True)


async def test_a_clinic_reads_the_same_entries_by_cursor_stream_calendar_and_kafka(edge: Edge, house: House) -> None:
    campaign = await booked_campaign(edge, members=4)

    by_cursor = await entries_until(campaign, "scheduling.appointment.made", 4)
    streamed = await stream(campaign, behind=2, until=len(by_cursor))
    on_kafka = await read_topic(house, f"edge.out.clinics.{campaign.clinic.clinic_id}", number=len(by_cursor))
    calendar = await campaign.edge.http.get(
        f"/clinics/{campaign.clinic.clinic_id}/calendar.ics", headers=campaign.clinic.caller.headers
    )

    assert [entry["sequence"] for entry in by_cursor] == list(range(1, len(by_cursor) + 1))
    assert [number for number, _ in streamed] == [entry["sequence"] for entry in by_cursor[2:]]
    assert [entry for _, entry in streamed] == [entry_of(entry) for entry in by_cursor[2:]]
    assert on_kafka == [entry_of(entry) for entry in by_cursor]
    assert people_in(calendar.text) == Counter(
        entry["data"]["session_id"] for entry in by_cursor if entry["type"].endswith("appointment.made.v1")
    )


async def stream(campaign: Campaign, *, behind: int, until: int) -> list[tuple[int, Entry]]:
    """Server-sent events behind a number, up to another."""
    path, headers = f"/clinics/{campaign.clinic.clinic_id}/feed/stream", campaign.clinic.caller.headers
    found, number = list[tuple[int, Entry]](), 0
    async with campaign.edge.http.stream("GET", path, headers={**headers, "last-event-id": str(behind)}) as answer:
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name == "id":
                number = int(value)
            elif name == "data":
                found.append((number, entry_of(json.loads(value))))
            if line == "" and number == until:
                break
    return sorted(found)


async def read_topic(house: House, topic: str, number: int) -> list[Entry]:
    """The first records of a party's topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=house.servers.kafka, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(house.prefix + topic, 0)])
    await consumer.start()
    try:
        found = [await consumer.getone() for _ in range(number)]
    finally:
        await consumer.stop()
    return [
        entry_of({
            **{name.removeprefix("ce_"): value.decode() for name, value in record.headers},
            "data": json.loads(record.value),
        })
        for record in found
    ]  # fmt: skip


def people_in(calendar: str) -> Counter[str]:
    """How many people an iCalendar expects, by session."""
    found = Counter[str]()
    for event in icalendar.Calendar.from_ical(calendar).walk("VEVENT"):
        uid = str(event["uid"]).removesuffix("@khamdoan")
        if len(uid) > len(str(uuid4())):
            found[uid[: len(str(uuid4()))]] += int(str(event["summary"]).split()[-2])
    return found


async def test_what_a_clinic_posts_to_kafka_goes_through_the_checks_of_http(edge: Edge, house: House) -> None:
    campaign = await booked_campaign(edge, members=1)
    stranger = await booked_campaign(edge, members=1)
    (made,) = [
        entry["data"]
        for entry in await entries_until(campaign, "scheduling.appointment.made", 1)
        if entry["type"].endswith("appointment.made.v1")
    ]
    await campaign.start(await campaign.exam_day())
    came = AttendanceRecorded(
        visit_id=made["appointment_id"], session_id=made["session_id"], worker_id=made["worker_id"],
        clinic_id=campaign.clinic.clinic_id, day=made["day"], status="present",
    )  # fmt: skip
    others = SessionWithdrawn(session_id=stranger.session_ids[0], clinic_id=stranger.clinic.clinic_id)
    own_id, others_id = uuid4(), uuid4()

    await post(house, campaign, cloud_event(others_id, others.entry.type, others.model_dump(mode="json")))
    await post(house, campaign, cloud_event(own_id, came.entry.type, came.model_dump(mode="json")))

    entries = await entries_until(campaign, "scheduling.appointment.kept", 1)
    (refusal,) = [entry["data"] for entry in entries if entry["type"].endswith("gateway.record.refused.v1")]
    assert (refusal["id"], refusal["code"]) == (str(others_id), "party.clinic")
    receipt = uuid5(NAMESPACE_URL, f"{campaign.clinic.caller.party}#{own_id}")
    await campaign.clinic.caller.answered([str(receipt)])
    sessions = await stranger.authority.pages("/sessions", campaign_id=stranger.campaign_id)
    assert [session["status"] for session in sessions] == ["confirmed"]


def cloud_event(event_id: object, event_type: str, data: dict[str, Any]) -> bytes:
    """A structured CloudEvent."""
    envelope = {"specversion": "1.0", "id": str(event_id), "type": event_type, "time": datetime.now(UTC).isoformat()}
    return json.dumps({**envelope, "data": data}).encode()


async def post(house: House, campaign: Campaign, event: bytes) -> None:
    """Put a record on the clinic's own topic."""
    producer = AIOKafkaProducer(bootstrap_servers=house.servers.kafka)
    await producer.start()
    try:
        await producer.send_and_wait(f"{house.prefix}edge.in.clinics.{campaign.clinic.clinic_id}", event)
    finally:
        await producer.stop()
