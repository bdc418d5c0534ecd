"""The gateway as a service on a real Kafka: what is said comes back, feeds go out, and it stands without a broker."""

import asyncio
import subprocess
import sys
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from gateway_builders import (
    CLINIC,
    SECRET,
    Clients,
    a_declaration,
    a_section,
    an_organisation,
    because,
    cloudevent,
    made,
    post,
    post_batch,
)
from pydantic_core import to_json

from gateway.app import make_app, make_service
from gateway.edge import Edge
from gateway.settings import Settings
from shared.database import Database
from shared.service import Service
from shared.testing import Topics, running, until

pytestmark = pytest.mark.stack


def _service(database: Database, kafka: Topics, **changes: Any) -> Service:
    values = kafka.settings(database).model_dump() | {"khamdoan_dev_secret": SECRET, "gateway_port": 0} | changes
    return make_service(Settings(**values))


async def _clients(service: Service) -> Clients:
    return Clients(httpx.AsyncHTTPTransport(), f"http://127.0.0.1:{await service._http.bound_port()}")


async def test_a_receipt_closes_without_any_sleep_when_the_service_answers(database: Database, kafka: Topics) -> None:
    async with running(_service(database, kafka)) as service:
        clients = await _clients(service)
        unit = uuid4()
        union = await clients.union(unit)
        sent = cloudevent(a_declaration(unit))
        receipt = (await post(union, sent)).json()["receipt_id"]

        stored = (await union.post("/receipts/status", json={"ids": [receipt], "until": "stored", "wait": 20})).json()
        await kafka.say(because(an_organisation(unit), f"unions/{unit}#{sent['id']}"))
        answered = (await union.get(f"/receipts/{receipt}", params={"wait": 20})).json()
        trace = (await union.get(f"/receipts/{receipt}/trace")).json()

        assert (stored["done"], stored["counts"]) == (True, {"stored": 1})
        assert answered["state"] == "answered"
        assert [link["depth"] for link in trace] == [0, 1]
        await clients.close()


async def test_a_stream_brings_what_is_new_behind_the_last_event_that_was_seen(
    database: Database, kafka: Topics
) -> None:
    async with running(_service(database, kafka)) as service:
        clients = await _clients(service)
        clinic = await clients.clinic()
        await kafka.say(*(because(made(), "x#1") for _ in range(2)))
        await clinic.get(f"/clinics/{CLINIC}/feed", params={"after": 1, "wait": 20})
        stream = clinic.stream("GET", f"/clinics/{CLINIC}/feed/stream", headers={"last-event-id": "1"})

        async with stream as response:
            ids = (line.removeprefix("id: ") async for line in response.aiter_lines() if line.startswith("id: "))
            first = await anext(ids)
            await kafka.say(because(made(), "x#2"))
            second = await anext(ids)

        assert (first, second) == ("2", "3")
        await clients.close()


async def test_operations_see_what_passed_and_nobody_else_does(database: Database, kafka: Topics) -> None:
    async with running(_service(database, kafka)) as service:
        clients = await _clients(service)
        unit = uuid4()
        receipt = (await post(await clients.union(unit), a_declaration(unit))).json()["receipt_id"]
        centre = await clients.operations()
        await centre.get(f"/receipts/{receipt}", params={"wait": 0})
        await centre.post("/receipts/status", json={"ids": [receipt], "until": "stored", "wait": 20})

        seen = (await centre.get("/statistics")).json()
        others = [
            (await client.get("/statistics")).status_code for client in (await clients.health(), await clients.clinic())
        ]

        declared = "vn.khamdoan.unions.organisation.declared.v1"
        assert (seen["events"], seen["types"], seen["receipts"]) == (1, {declared: 1}, {"stored": 1})
        addressed = {service["service"]: service["addressed"] for service in seen["services"]}
        assert (addressed["registry"], addressed["gateway"], addressed["results"]) == (1, 1, 0)
        assert others == [403, 403]
        await clients.close()


async def test_a_clinic_reads_and_says_everything_over_kafka_alone(database: Database, kafka: Topics) -> None:
    party = f"clinics.{CLINIC}"
    good, bad = cloudevent(a_section(uuid4())), cloudevent(a_section(uuid4(), "02999"))
    async with running(_service(database, kafka)):
        await kafka.say(*(because(made(), "x#1") for _ in range(3)))
        await until(database, "SELECT coalesce(bool_and(on_kafka), false) FROM feeds")
        await kafka.say_raw(f"edge.in.{party}", [(None, to_json(event), []) for event in (bad, good)])

        told = await kafka.hear(f"edge.out.{party}", 4)
        (said,) = await kafka.hear("clinics.examinations", 1)

    assert [record.headers["ce_sequence"] for record in told] == ["1", "2", "3", "4"]
    assert [record.headers["ce_type"].split(".")[-2] for record in told] == ["made", "made", "made", "refused"]
    assert (said.headers["ce_id"], said.headers["ce_party"]) == (good["id"], f"clinics/{CLINIC}")


async def test_without_a_broker_the_gateway_is_ready_and_stores_what_it_is_told(
    database: Database, kafka: Topics
) -> None:
    away = {"kafka_bootstrap_servers": "127.0.0.1:9", "edge_topics": False, "shutdown_seconds": 2.0}
    service = _service(database, kafka, **away)
    async with _starting(service) as clients:
        clinic = await clients.clinic()

        answer = await post_batch(clinic, [cloudevent(a_section(uuid4())) for _ in range(10)])

        assert answer.json()["accepted"] == 10
        assert all((await service.ready()).values())
    assert await database.pool.fetchval("SELECT count(*) FROM outbox") == 10


class _starting:  # noqa: N801 - reads as a sentence
    """A service that never finishes to start, because it waits for Kafka, while it serves HTTP."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __aenter__(self) -> Clients:
        self._task = asyncio.create_task(self._service.run(as_process=False))
        self._clients = await _clients(self._service)
        return self._clients

    async def __aexit__(self, *_: object) -> None:
        await self._clients.close()
        self._service.stop.set()
        await self._task


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        (
            {"KHAMDOAN_ENVIRONMENT": "production", "KHAMDOAN_DEV_SECRET": "s"},
            "development issuer must not run in production",
        ),
        ({"KHAMDOAN_ENVIRONMENT": "production"}, "No token issuer"),
    ],
)
def test_the_process_ends_with_one_sentence_where_it_must_not_run(environment: dict[str, str], sentence: str) -> None:
    named = {"DATABASE_URL": "postgresql://x/y", "KAFKA_BOOTSTRAP_SERVERS": "x:1", **environment}

    ended = subprocess.run(
        [sys.executable, "-m", "gateway"], env=named, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.TooManyConnectionsError(),
        asyncpg.CannotConnectNowError(),
        asyncpg.InternalClientError(),  # what a pool says of a connection whose server was killed at a wrong moment
        asyncpg.ReadOnlySQLTransactionError(),
        asyncpg.DeadlockDetectedError(),
        TimeoutError(),
    ],
)
async def test_a_database_that_cannot_be_asked_just_now_is_told_as_such(edge: Edge, error: Exception) -> None:
    app = make_app(edge)

    @app.get("/in-vain")
    async def ask_in_vain() -> None:
        raise error

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        answer = await client.get("/in-vain")

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "database.away", "2")
