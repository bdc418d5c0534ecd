"""How events come in: one by one, in binary mode and in batches; validated, stored once, answered with receipts."""

import asyncio
from json import loads
from uuid import UUID, uuid4

from gateway_builders import (
    Clients,
    a_declaration,
    a_section,
    a_simulated_day,
    cloudevent,
    post,
    post_batch,
)

from gateway import catalogue
from shared.database import Database


async def _said(database: Database) -> int:
    return int(await database.pool.fetchval("SELECT count(*) FROM outbox"))


async def test_one_event_is_stored_with_its_receipt_before_it_is_accepted(as_: Clients, database: Database) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    event = cloudevent(a_declaration(unit))

    answer = await post(union, event)

    assert answer.status_code == 202
    ref = f"unions/{unit}#{event['id']}"
    assert UUID(answer.json()["receipt_id"]) == catalogue.key_of(ref)
    assert (await union.get(answer.headers["location"])).json()["state"] == "accepted"
    row = await database.pool.fetchrow("SELECT topic, key, headers FROM outbox")
    assert row is not None
    assert (row["topic"], row["key"]) == ("unions.organisations", str(unit))
    headers = loads(row["headers"])
    assert (headers["ce_party"], headers["ce_source"]) == (f"unions/{unit}", f"unions/{unit}")


async def test_binary_mode_says_the_same_as_structured_mode(as_: Clients, database: Database) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    event = cloudevent(a_declaration(unit))
    attributes = {f"ce-{name}": event[name] for name in ("specversion", "id", "type")}

    binary = await union.post("/events", json=event["data"], headers=attributes)
    structured = await post(union, event)

    assert binary.status_code == structured.status_code == 202
    assert structured.json() == binary.json() | {"status": "repeated"}
    assert await _said(database) == 1


async def test_a_batch_takes_what_is_valid_and_reports_every_problem_of_the_rest(
    as_: Clients, database: Database
) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    good, bad = cloudevent(a_declaration(unit)), cloudevent(a_declaration(uuid4()), id="7")
    bad["data"] |= {"kind": "GUILD", "valid_from": "soon"}

    answer = await post_batch(union, [good, bad, "no event"])

    assert answer.status_code == 202
    body = answer.json()
    assert (body["accepted"], body["refused"]) == (1, 2)
    problems = {(item["code"], item["field"]) for item in body["outcomes"][1]["problems"]}
    assert problems == {("event.id", "id"), ("field.choice", "data.kind"), ("field.format", "data.valid_from")}
    assert "GUILD" not in answer.text
    assert await _said(database) == 1


async def test_a_batch_of_which_nothing_can_be_taken_is_refused(as_: Clients) -> None:
    union = await as_.union(uuid4())

    answer = await post_batch(union, [{"specversion": "1.0"}])

    assert answer.status_code == 422
    assert answer.json()["refused"] == 1


async def test_an_invalid_event_gets_all_its_problems_at_once_in_both_languages(as_: Clients) -> None:
    union = await as_.union(uuid4())
    event = cloudevent(a_declaration(uuid4()))
    del event["data"]["name"], event["data"]["province_code"]

    vietnamese = await post(union, event)
    english = await post(union, event, **{"accept-language": "en-GB,en;q=0.9,vi;q=0.1"})

    assert vietnamese.status_code == 422
    assert vietnamese.headers["content-type"] == "application/problem+json"
    body = vietnamese.json()
    assert body["code"] == "event.invalid"
    assert {item["field"] for item in body["problems"]} == {"data.name", "data.province_code"}
    assert (body["title"], english.json()["title"]) == (body["title_vi"], body["title_en"])


async def test_the_same_event_again_gets_the_same_receipt_and_has_no_second_effect(
    as_: Clients, database: Database
) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    event = cloudevent(a_declaration(unit))

    first, again = await post(union, event), await post(union, event)

    assert again.status_code == 202
    assert again.json()["receipt_id"] == first.json()["receipt_id"]
    assert again.json()["status"] == "repeated"
    assert await _said(database) == 1


async def test_an_id_that_was_used_for_other_content_is_refused(as_: Clients, database: Database) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    event = cloudevent(a_declaration(unit))
    await post(union, event)

    answer = await post(union, event | {"data": event["data"] | {"name": "Tên khác"}})

    assert (answer.status_code, answer.json()["code"]) == (409, "event.reused")
    assert await _said(database) == 1


async def test_an_event_that_stands_twice_in_a_batch_is_taken_once(as_: Clients, database: Database) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    event = cloudevent(a_declaration(unit))

    answer = await post_batch(union, [event, event])

    assert (answer.json()["accepted"], answer.json()["repeated"]) == (1, 1)
    assert await _said(database) == 1


async def test_fifty_requests_at_once_with_one_key_have_one_effect_and_one_answer(
    as_: Clients, database: Database
) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    event = cloudevent(a_declaration(unit))

    answers = await asyncio.gather(*(post(union, event, **{"idempotency-key": "k1"}) for _ in range(50)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert await _said(database) == 1


async def test_fifty_requests_at_once_with_one_event_have_one_effect(as_: Clients, database: Database) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    event = cloudevent(a_declaration(unit))

    answers = await asyncio.gather(*(post(union, event) for _ in range(50)))

    assert sorted(answer.json()["status"] for answer in answers) == ["accepted"] + ["repeated"] * 49
    assert await _said(database) == 1


async def test_a_key_that_was_used_for_another_body_is_refused(as_: Clients) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    await post(union, a_declaration(unit), **{"idempotency-key": "k1"})

    answer = await post(union, a_declaration(unit), **{"idempotency-key": "k1"})

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency.reused")


async def test_one_partys_key_is_not_anothers(as_: Clients) -> None:
    one, other = uuid4(), uuid4()
    await post(await as_.union(one), a_declaration(one), **{"idempotency-key": "k1"})

    answer = await post(await as_.union(other), a_declaration(other), **{"idempotency-key": "k1"})

    assert answer.status_code == 202


async def test_events_of_one_aggregate_leave_in_the_order_of_the_batch(as_: Clients, database: Database) -> None:
    clinic, visit = await as_.clinic(), uuid4()
    events = [cloudevent(a_section(visit, station=station)) for station in ("MEA", "EYE", "ENT", "DEN")]

    await post_batch(clinic, events)

    rows = await database.pool.fetch("SELECT sequence, headers FROM outbox ORDER BY position")
    assert [row["sequence"] for row in rows] == [1, 2, 3, 4]
    assert [event["id"] in row["headers"] for event, row in zip(events, rows, strict=True)] == [True] * 4


async def test_what_is_no_cloudevent_is_refused_with_the_reason(as_: Clients) -> None:
    client = await as_.operations()
    structured = "application/cloudevents+json"
    batch = "application/cloudevents-batch+json"
    cases = {
        ("text/plain", b"x"): "body.media-type",
        ("application/json", b"{}"): "body.media-type",
        (structured, b"{"): "body.unreadable",
        (batch, b"[]"): "batch.empty",
        (batch, b"[" + b"{}," * 1_000 + b"{}]"): "batch.too-long",
        (structured, b" " * 5_000_001): "body.too-large",
        (structured, b'{"data": "\\ud800"}'): "body.unreadable",
    }

    codes = {
        case: (await client.post("/events", content=case[1], headers={"content-type": case[0]})).json()["code"]
        for case in cases
    }

    assert codes == cases


async def test_a_letter_that_postgresql_cannot_keep_is_refused_at_the_edge(as_: Clients) -> None:
    unit = uuid4()
    event = cloudevent(a_declaration(unit))
    event["data"]["name"] = "a\0b"

    answer = await post(await as_.union(unit), event)

    assert (answer.status_code, answer.json()["code"]) == (422, "event.invalid")


async def test_only_the_gateway_itself_says_that_a_roster_was_submitted(as_: Clients) -> None:
    event = cloudevent(a_simulated_day(), type="vn.khamdoan.unions.roster-chunk.sealed.v1")

    answer = await post(await as_.union(uuid4()), event)

    assert answer.json()["code"] == "event.type"
