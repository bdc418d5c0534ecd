"""What whoever runs a service sees: readiness, metrics, dead letters, and nothing of anybody's data (6 and 7)."""

import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import structlog
from fastapi import FastAPI
from kernel_shop import OrderChanged, Store, an_order
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared import logs, outbox, telemetry
from shared.consuming import Message
from shared.database import Database
from shared.delivery import Delivery
from shared.failpoints import Failpoints
from shared.service import Service
from shared.testing import Topics, arrival_of, running, until

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
OTHER = "00-" + "c" * 32 + "-" + "d" * 16 + "-01"
DECISION = {"who": "ops-1", "why": "the handler was repaired"}


async def test_a_running_service_is_ready_and_counts_what_it_did(
    store: Store, database: Database, kafka: Topics
) -> None:
    await kafka.create("store.orders")
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)) as service:
        await kafka.say(*(an_order() for _ in range(5)))
        await until(database, "SELECT count(*) = 5 FROM orders")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{await service.operations_port()}") as client:
            ready = await client.get("/readyz")
            alive = await client.get("/livez")
            metrics = (await client.get("/metrics")).text

    assert alive.status_code == 200
    assert (ready.status_code, set(ready.json().values())) == (200, {True})
    assert 'events_total{result="handled",type="vn.khamdoan.shop.order.placed.v1"} 5.0' in metrics


async def test_dead_letters_are_decided_upon_over_the_operations_port(
    store: Store, database: Database, kafka: Topics
) -> None:
    order = an_order(poison=True)
    await kafka.create("store.orders")
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)) as service:
        await kafka.say(order, OrderChanged(order_id=order.order_id, amount=2))
        await until(database, "SELECT count(*) = 2 FROM dead_letters")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{await service.operations_port()}") as client:
            first, behind = (await client.get("/dead-letters")).json()
            nameless = await client.post(f"/dead-letters/{first['id']}/replay", json={"who": "", "why": "it is"})
            failed = await client.post(f"/dead-letters/{first['id']}/replay", json=DECISION)
            discarded = await client.post(f"/dead-letters/{first['id']}/discard", json=DECISION | {"rest": "release"})
            again = await client.post(f"/dead-letters/{first['id']}/replay", json=DECISION)
            shown = (await client.get(f"/dead-letters/{first['id']}")).json()

    assert (first["reason"], behind["reason"]) == ("handler_failed", "behind_a_parked_message")
    assert (nameless.status_code, nameless.json()["fields"]) == (422, ["who"])
    assert failed.json()["failed"] == first["id"]
    assert discarded.json()["replayed"] == 1
    assert (again.status_code, again.json()["code"]) == (404, "dead-letter.not-parked")
    assert {"vi", "en"} < again.json().keys()
    assert [act["act"] for act in shown["acts"]] == ["replay_failed", "discarded"]


async def test_what_a_search_finds_is_replayed_over_the_operations_port(
    store: Store, database: Database, kafka: Topics
) -> None:
    broken = [an_order(poison=True) for _ in range(3)]
    async with running(Service("store", kafka.settings(database), consumer=store.consumer)) as service:
        await kafka.say(*broken)
        await until(database, "SELECT count(*) = 3 FROM dead_letters")
        store.repaired = True
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{await service.operations_port()}") as client:
            one = {"key": str(broken[0].order_id)}
            found = (await client.get("/dead-letters", params=one)).json()
            everything = await client.post("/dead-letters/replay", json=DECISION)
            told = await client.post("/dead-letters/replay", json=DECISION | one)
            left = (await client.get("/dead-letters")).json()

    assert everything.json()["code"] == "request.invalid"
    assert [json.loads(line)["letter"] for line in told.text.splitlines()] == [letter["id"] for letter in found]
    assert (len(found), len(left)) == (1, 2)


@pytest.fixture
def json_logs() -> Iterator[None]:
    """Logs as a process writes them, for one test."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.set_up("store", "INFO")
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(spans: InMemorySpanExporter) -> telemetry.Telemetry:
    """A tracer that keeps its spans in memory."""
    tracer = telemetry.Telemetry("store")
    tracer.provider = TracerProvider()
    tracer.provider.add_span_processor(SimpleSpanProcessor(spans))
    return tracer


async def test_a_batch_makes_one_span_per_distinct_trace_and_effects_continue_it(
    store: Store, database: Database, traces: telemetry.Telemetry, spans: InMemorySpanExporter
) -> None:
    said = [outbox.outgoing(an_order(), trace=trace) for trace in (TRACE, TRACE, OTHER)]

    outcome = await Delivery(store.consumer, database, telemetry=traces).deliver(
        [arrival_of(event, offset) for offset, event in enumerate(said)]
    )

    finished = spans.get_finished_spans()
    assert {f"{span.context.trace_id:032x}" for span in finished if span.context} == {"a" * 32, "c" * 32}
    assert len(finished) == 2
    assert {(row.trace or "")[3:35] for row in outcome.said} == {"a" * 32, "c" * 32}
    assert all((row.trace or "")[36:52] not in ("b" * 16, "d" * 16) for row in outcome.said)


async def test_no_key_and_no_value_stands_in_spans_metrics_or_logs(
    store: Store,
    database: Database,
    traces: telemetry.Telemetry,
    spans: InMemorySpanExporter,
    capsys: pytest.CaptureFixture[str],
    json_logs: None,
) -> None:
    canary, key = 770_077_007, uuid4()
    delivery = Delivery(store.consumer, database, telemetry=traces)

    await delivery.deliver(
        [
            arrival_of(outbox.outgoing(an_order(canary, order_id=key, poison=True), trace=TRACE), 0),
            arrival_of(OrderChanged(order_id=key, amount=canary), 1),
        ]
    )

    out = capsys.readouterr()
    told = out.out + out.err + delivery.metrics.text().decode()
    told += "".join(span.to_json() for span in spans.get_finished_spans())
    assert json.loads(out.out.splitlines()[0])["event"] == "batch tried again"
    assert str(canary) not in told
    assert str(key) not in told


async def test_what_a_route_says_continues_the_trace_of_its_caller(
    traces: telemetry.Telemetry, spans: InMemorySpanExporter
) -> None:
    app = FastAPI()
    said: list[outbox.Outgoing] = []

    @app.post("/orders/{order_id}")
    async def place(order_id: UUID) -> None:
        said.append(outbox.outgoing(an_order(order_id=order_id)))

    key = uuid4()
    transport = httpx.ASGITransport(app=telemetry.TracedApp(app, traces))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        await client.post(f"/orders/{key}", headers={"traceparent": TRACE})

    (span,) = spans.get_finished_spans()
    assert span.name == "POST /orders/{order_id}"
    assert said[0].headers["traceparent"][3:35] == "a" * 32
    assert str(key) not in span.to_json()


async def test_what_several_causes_led_to_shares_a_trace_of_its_own_that_is_linked_to_theirs(
    database: Database, traces: telemetry.Telemetry, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "get_tracer", traces.provider and traces.provider.get_tracer)
    cause: Message[Any] = Message(an_order(), arrival_of(outbox.outgoing(an_order(), trace=TRACE), 0))
    said = [outbox.because_of([cause, "shop#another"], an_order()) for _ in range(3)]

    async with database.transaction() as tx:
        await outbox.append(tx, said)

    (span,) = spans.get_finished_spans()
    assert {item.headers["traceparent"][3:35] for item in said} == {f"{span.context.trace_id:032x}"}
    assert [f"{link.context.trace_id:032x}" for link in span.links] == ["a" * 32]
    assert span.parent is None


def test_failpoints_are_refused_in_production() -> None:
    with pytest.raises(ValueError, match="production"):
        Failpoints("before_commit", environment="production")
