"""What is asked is heard: parameters that a route does not know are refused, and the door leads to all routes."""

import re
from uuid import UUID, uuid4

import pytest
from gateway_builders import CLINIC, Clients, a_declaration, an_offer, cloudevent, post, post_batch

from gateway.problems import CODES
from shared.database import Database

CSV = "Họ và tên,Ngày sinh,Giới tính\nNguyễn Văn An,01/02/1990,Nam\n".encode()


async def test_a_misspelt_dry_run_is_refused_and_has_no_effect(as_: Clients, database: Database) -> None:
    unit = uuid4()
    union = await as_.union(unit)
    asked = {"unit_id": str(unit), "reference_date": "2026-03-02", "dryrun": "true"}

    answer = await union.post("/rosters", params=asked, content=CSV)

    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert [(item["code"], item["field"]) for item in answer.json()["problems"]] == [("field.unknown", "query.dryrun")]
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_all_that_a_query_says_wrongly_is_said_at_once(as_: Clients) -> None:
    union = await as_.union(uuid4())
    asked = f"unit_id={uuid4()}&unit_id={uuid4()}&reference_date=2026-03-02&complet=true&colour=red"

    answer = await union.post(f"/rosters?{asked}", content=CSV)

    assert [(item["code"], item["field"]) for item in answer.json()["problems"]] == [
        ("field.unknown", "query.complet"), ("field.unknown", "query.colour"), ("field.repeated", "query.unit_id"),
    ]  # fmt: skip


async def test_fields_that_no_contract_has_are_named_to_whoever_sent_them(as_: Clients) -> None:
    unit, clinic = uuid4(), await as_.clinic(CLINIC)
    declared, offered = cloudevent(a_declaration(unit)), cloudevent(an_offer(uuid4(), uuid4()))
    declared["data"]["parant_id"] = str(uuid4())
    offered["data"]["windows"][0]["totl"] = 5

    lone = (await post(await as_.union(unit), declared)).json()
    batch = (await post_batch(clinic, [offered, cloudevent(an_offer(uuid4(), uuid4()))])).json()

    assert (lone["status"], lone["ignored"]) == ("accepted", ["data.parant_id"])
    assert [outcome.get("ignored") for outcome in batch["outcomes"]] == [["data.windows.0.totl"], None]


async def test_whoever_only_reads_may_ask_more_than_is_known(as_: Clients) -> None:
    union = await as_.union(uuid4())

    assert (await union.get("/receipts?state=stored&colour=red")).status_code == 200


async def test_the_head_of_whatever_can_be_read_can_be_asked_for(as_: Clients) -> None:
    union = await as_.union(uuid4())

    head, whole = await union.head("/receipts?limit=1"), await union.get("/receipts?limit=1")

    assert (head.status_code, head.content) == (200, b"")
    assert [head.headers[name] for name in ("etag", "content-type")] == [
        whole.headers[name] for name in ("etag", "content-type")
    ]


async def test_a_path_that_is_nearly_right_is_not_found_and_sends_no_token_elsewhere(as_: Clients) -> None:
    answer = await (await as_.union(uuid4())).get("/receipts/", headers={"Host": "elsewhere.example"})

    assert answer.status_code == 404
    assert answer.json()["code"] == "not-found"
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/events", "POST"), ("DELETE", "/receipts", "GET"), ("HEAD", f"/receipts/{UUID(int=1)}/stream", "GET")],
)
async def test_another_method_is_refused_with_the_one_that_is_right(
    as_: Clients, method: str, path: str, allowed: str
) -> None:
    answer = await (await as_.union(uuid4())).request(method, path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-02", "9999-12-31"])
async def test_a_roster_of_a_day_that_no_service_reckons_with_is_refused_at_the_edge(as_: Clients, day: str) -> None:
    unit = uuid4()
    union = await as_.union(unit)

    answer = await union.post("/rosters", params={"unit_id": str(unit), "reference_date": day}, content=CSV)

    found = [(item["code"], item["field"]) for item in answer.json()["problems"]]
    assert found == [("field.range", "query.reference_date")]


async def test_the_door_shows_every_route_and_every_code_without_anybody_elses_scripts(as_: Clients) -> None:
    client = as_.anonymous()

    door, page = await client.get("/"), await client.get("/docs")
    paths = (await client.get("/openapi.json")).json()["paths"]

    assert door.status_code == page.status_code == 200
    assert door.text == page.text
    assert [path for path in paths if f" {path}</code>" not in page.text] == []
    assert [code for code in CODES if f"<td>{code}" not in page.text] == []
    assert not re.search(r"<script|https?://", page.text)
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
