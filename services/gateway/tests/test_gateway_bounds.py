"""What is valid by its contract and yet too large, too long or too far away for any service is refused at the edge."""

from datetime import timedelta, timezone
from json import dumps
from typing import Any
from uuid import uuid4

import pytest
from gateway_builders import CLINIC, Clients, a_declaration, a_section, a_simulated_day, an_offer, cloudevent, post

from contracts.base import Event
from shared.clock import utc_now
from shared.database import Database


@pytest.mark.parametrize(
    ("event", "change", "field"),
    [
        (a_section(uuid4()), {"recorded_at": "0001-01-01T00:00:00+14:00"}, "data.recorded_at"),
        (a_section(uuid4()), {"recorded_at": "9999-12-31T23:59:59-12:00"}, "data.recorded_at"),
        (an_offer(uuid4(), uuid4()), {"open_cost": 2**31}, "data.open_cost"),
        (
            an_offer(uuid4(), uuid4()),
            {"windows": [{"start": 0, "total": 10**30, "capacity": {}}]},
            "data.windows.0.total",
        ),
        (an_offer(uuid4(), uuid4()), {"day": "9999-12-31"}, "data.day"),
    ],
)
async def test_a_number_or_day_that_no_service_can_keep_is_refused(
    as_: Clients, database: Database, event: Event, change: dict[str, Any], field: str
) -> None:
    said = cloudevent(event)
    said["data"] |= change

    answer = await post(await as_.clinic(CLINIC), said)

    assert [(item["code"], item["field"]) for item in answer.json()["problems"]] == [("field.range", field)]
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_finding_that_is_no_number_is_refused_rather_than_lost(as_: Clients, database: Database) -> None:
    said = dumps(cloudevent(a_section(uuid4())))
    answers = {}

    for spelt in ("NaN", "Infinity", "1e999"):
        body = said.replace("60.5", spelt).encode()
        headers = {"content-type": "application/cloudevents+json"}
        answer = (await (await as_.clinic(CLINIC)).post("/events", content=body, headers=headers)).json()
        answers[spelt] = (answer["code"], [item["field"] for item in answer.get("problems", [])])

    assert answers == {
        "NaN": ("body.unreadable", []),
        "Infinity": ("body.unreadable", []),
        "1e999": ("event.invalid", ["data.findings.weight_kg"]),
    }
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_key_or_an_event_of_endless_length_is_refused(as_: Clients) -> None:
    unit = uuid4()
    day, declared = cloudevent(a_simulated_day()), cloudevent(a_declaration(unit))
    day["data"]["calendar"] = "x" * 201
    declared["data"]["name"] = "x" * 800_000

    by_key = await post(await as_.operations(), day)
    by_size = await post(await as_.union(unit), declared)

    assert [item["code"] for item in by_key.json()["problems"]] == ["field.length"]
    assert [item["code"] for item in by_size.json()["problems"]] == ["field.length"]


async def test_a_batch_is_a_batch_however_its_media_type_is_spelt(as_: Clients) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    batch = dumps([cloudevent(a_declaration(unit)), cloudevent(a_declaration(unit))])

    answer = await union.post("/events", content=batch, headers={"content-type": "Application/CloudEvents-Batch+JSON"})

    assert answer.json()["accepted"] == 2


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_a_time_that_no_clock_shows_is_refused(as_: Clients, time: str) -> None:
    unit = uuid4()

    answer = await post(await as_.union(unit), cloudevent(a_declaration(unit), time=time))

    assert [(item["code"], item["field"]) for item in answer.json()["problems"]] == [("field.format", "time")]


async def test_a_time_of_a_clock_that_was_never_set_is_refused(as_: Clients) -> None:
    unit = uuid4()

    answer = await post(await as_.union(unit), cloudevent(a_declaration(unit), time="1970-01-01T00:00:07Z"))

    assert [(item["code"], item["field"]) for item in answer.json()["problems"]] == [("field.range", "time")]


@pytest.mark.parametrize(("ahead", "codes"), [(timedelta(hours=23), []), (timedelta(hours=25), ["event.ahead"])])
async def test_a_clock_may_be_hours_ahead_and_not_days(as_: Clients, ahead: timedelta, codes: list[str]) -> None:
    unit = uuid4()
    time = (utc_now() + ahead).astimezone(timezone(timedelta(hours=7)))

    answer = await post(await as_.union(unit), cloudevent(a_declaration(unit), time=time.isoformat()))

    assert answer.status_code == (422 if codes else 202)
    assert [item["code"] for item in answer.json().get("problems", [])] == codes
