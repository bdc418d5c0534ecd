"""A clinic's feed: one log, numbered without gaps, read by number, as a stream, as a calendar and from Kafka."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from functools import partial
from uuid import uuid4

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from asyncpg import DivisionByZeroError
from gateway_builders import (
    CLINIC,
    DAY,
    OTHER_CLINIC,
    Clients,
    a_day,
    a_proposal,
    a_section,
    a_session,
    an_appointment,
    cloudevent,
    made,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from pydantic_core import to_json

from contracts import appointments
from gateway import edge_topics, feeds
from gateway.consumers import make_consumer
from gateway.edge import Edge
from gateway.feeds import Entry
from gateway.feeds_http import _stream
from shared.clock import utc_now
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()


def an_entry(party: str, data: str = "{}") -> Entry:
    return Entry(party, "scheduling", str(uuid4()), "vn.khamdoan.scheduling.session.listed.v1", utc_now(), data)


async def test_a_clinic_reads_what_it_is_told_by_number_and_from_any_number_again(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    await deliver(CONSUMER, database, [made() for _ in range(5)] + [made(clinic_id=OTHER_CLINIC)])
    clinic = await as_.clinic()

    whole = (await clinic.get(f"/clinics/{CLINIC}/feed")).json()
    first = (await clinic.get(f"/clinics/{CLINIC}/feed", params={"limit": 2})).json()
    rest = (await clinic.get(f"/clinics/{CLINIC}/feed", params={"after": first["next"]})).json()

    assert [entry["sequence"] for entry in whole["entries"]] == [1, 2, 3, 4, 5]
    assert first["entries"] + rest["entries"] == whole["entries"]
    assert (whole["next"], whole["last"]) == (5, 5)
    assert {entry["data"]["clinic_id"] for entry in whole["entries"]} == {CLINIC}


async def test_numbers_have_no_gap_and_no_repeat_however_many_append_at_once(database: Database) -> None:
    parties = [f"clinics/{number:05d}" for number in range(4)]

    async def append(number: int) -> None:
        async with database.transaction() as tx:
            await feeds.append(tx, [an_entry(party) for party in parties[number % 3 :] for _ in range(3)])
            if number % 5 == 0:
                await tx.execute("SELECT pg_sleep(0.01)")

    async def append_and_break() -> None:
        async with database.transaction() as tx:
            await feeds.append(tx, [an_entry(party) for party in parties])
            await tx.execute("SELECT 1 / 0")

    async def append_and_fail() -> None:
        with pytest.raises(DivisionByZeroError):
            await append_and_break()

    await asyncio.gather(*(append(number) for number in range(40)), *(append_and_fail() for _ in range(10)))

    for party in parties:
        entries = await feeds.read(database.pool, party, 0, limit=5_000)
        assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
        assert await feeds.last(database.pool, party) == len(entries) > 0


async def test_the_clinic_that_a_worker_was_moved_from_learns_only_that(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    moved = appointments.AppointmentMoved(
        **an_appointment(clinic_id=OTHER_CLINIC), from_session_id=uuid4(), from_clinic_id=CLINIC, reason="absence"
    )

    await deliver(CONSUMER, database, [moved])

    (old,) = (await (await as_.clinic(CLINIC)).get(f"/clinics/{CLINIC}/feed")).json()["entries"]
    (new,) = (await (await as_.clinic(OTHER_CLINIC)).get(f"/clinics/{OTHER_CLINIC}/feed")).json()["entries"]
    assert set(old["data"]) == {"appointment_id", "from_session_id", "from_clinic_id", "reason"}
    assert new["data"]["worker_id"] == str(moved.worker_id)


async def test_the_feed_announces_a_proposal_and_carries_no_finding(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    visit = uuid4()

    await deliver(CONSUMER, database, [a_proposal(visit, [])])

    clinic = await as_.clinic()
    (entry,) = (await clinic.get(f"/clinics/{CLINIC}/feed")).json()["entries"]
    assert set(entry["data"]) == {"visit_id", "clinic_id", "rule_set"}
    assert (await clinic.get(f"/visits/{visit}/proposal")).json()["proposed"] == 2


async def test_a_reader_that_waits_is_woken_by_what_commits(as_: Clients, database: Database, deliver: Deliver) -> None:
    clinic = await as_.clinic()
    waiting = asyncio.create_task(clinic.get(f"/clinics/{CLINIC}/feed", params={"wait": 20}))
    await asyncio.sleep(0)

    await deliver(CONSUMER, database, [made()])

    assert len((await waiting).json()["entries"]) == 1


async def test_a_stream_goes_on_behind_the_last_event_id(edge: Edge, database: Database, deliver: Deliver) -> None:
    await deliver(CONSUMER, database, [made(), made()])
    stream = _stream(edge, f"clinics/{CLINIC}", 1)

    second = await anext(stream)
    third = asyncio.ensure_future(anext(stream))
    await deliver(CONSUMER, database, [made()])

    assert [second.id, (await third).id] == ["2", "3"]
    await stream.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("of_it", ["feed", "feed/stream", "calendar.ics"])
async def test_a_clinic_reads_no_other_clinics_feed(as_: Clients, of_it: str) -> None:
    answer = await (await as_.clinic("02999")).get(f"/clinics/{CLINIC}/{of_it}")

    assert answer.json()["code"] == "party.clinic"


async def test_the_calendar_counts_people_and_names_nobody(as_: Clients, database: Database, deliver: Deliver) -> None:
    campaign, session = uuid4(), uuid4()
    booked = [made(session_id=session, campaign_id=campaign) for _ in range(3)]
    past = a_session(uuid4(), campaign, day=DAY - timedelta(days=1))

    await deliver(CONSUMER, database, [a_day(), a_session(session, campaign, booked=3), past, *booked])

    clinic = await as_.clinic()
    answer = await clinic.get(f"/clinics/{CLINIC}/calendar.ics")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert {str(event["summary"]) for event in events} == {"Đoàn khám lưu động: 3/40 chỗ", "Khám sức khỏe: 3 người"}
    (window,) = [event for event in events if "người" in str(event["summary"])]
    assert window["dtstart"].dt == datetime.combine(DAY, time(), UTC)  # seven o'clock in Vietnam
    assert not any(str(item.worker_id) in answer.text for item in booked)
    unchanged = await clinic.get(f"/clinics/{CLINIC}/calendar.ics", headers={"if-none-match": answer.headers["etag"]})
    assert unchanged.status_code == 304


async def test_a_partys_own_topic_has_the_numbers_of_its_feed_from_the_first(database: Database) -> None:
    party = f"clinics/{CLINIC}"
    async with database.transaction() as tx:
        await feeds.append(tx, [an_entry(party) for _ in range(3)])
    async with database.transaction() as tx:
        await feeds.put_on_kafka(tx, party)
    async with database.transaction() as tx:
        await feeds.append(tx, [an_entry(party) for _ in range(2)])

    rows = await database.pool.fetch("SELECT topic, key, sequence FROM outbox ORDER BY position")

    assert [tuple(row) for row in rows] == [(f"edge.out.clinics.{CLINIC}", party, number) for number in range(1, 6)]
    assert await feeds.not_on_kafka(database.pool) == []


def a_record(offset: int, value: bytes, **headers: str) -> ConsumerRecord:
    sent = [(name, text.encode()) for name, text in headers.items()]
    return ConsumerRecord("edge.in.x", 0, offset, 0, 0, None, value, None, 0, len(value), sent)


async def test_what_comes_in_from_kafka_passes_the_same_checks_and_is_taken_once(
    as_: Clients, edge: Edge, database: Database
) -> None:
    good, foreign = cloudevent(a_section(uuid4())), cloudevent(a_section(uuid4(), OTHER_CLINIC))
    binary = cloudevent(a_section(uuid4()))
    attributes = {f"ce_{name}": binary[name] for name in ("specversion", "id", "type")}
    records = [
        a_record(0, to_json(good)),
        a_record(1, b"\xff\x00 no event"),
        a_record(2, to_json(foreign)),
        a_record(3, to_json(binary["data"]), **attributes),
    ]
    partition = TopicPartition(f"edge.in.clinics.{CLINIC}", 0)
    take = partial(edge_topics.take, edge, database, partition)

    await take(records)
    await take(records[2:])

    clinic = await as_.clinic()
    said = (await clinic.get("/receipts")).json()["items"]
    assert {receipt["ref"] for receipt in said} == {f"clinics/{CLINIC}#{event['id']}" for event in (good, binary)}
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 2
    entries = (await clinic.get(f"/clinics/{CLINIC}/feed")).json()["entries"]
    assert [(entry["data"]["record"][-1], entry["data"]["code"]) for entry in entries] == [
        ("1", "event.envelope"),
        ("2", "party.clinic"),
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.binary(max_size=60),
    headers=st.dictionaries(st.sampled_from(["ce_type", "content-type", "ce_id"]), st.text()),
)
async def test_no_record_can_stop_the_bridge(
    edge: Edge, database: Database, value: bytes, headers: dict[str, str]
) -> None:
    partition = TopicPartition(f"edge.in.clinics.{uuid4().hex[:5].upper()}", 0)

    await edge_topics.take(edge, database, partition, [a_record(7, value, **headers)])

    next_offset = "SELECT next_offset FROM bridged WHERE topic = $1"
    assert await database.pool.fetchval(next_offset, partition.topic) == 8


def test_a_topic_names_its_party() -> None:
    cases = {
        "edge.in.clinics.02123": "clinics/02123",
        "edge.in.health.syt.02": "health/syt.02",
        "edge.out.clinics.02123": None,
        "edge.in.clinics": None,
    }

    assert {topic: edge_topics.party_of(topic) for topic in cases} == cases
