"""Spans on their way from OTLP to Zipkin."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from khamdoan import artefacts, java, otlp_bridge, places, ports
from khamdoan.processes import Nursery
from khamdoan.zipkin import Zipkin

CAUSE = SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=True)


@pytest.fixture
def zipkin(tmp_path: Path) -> Iterator[Zipkin]:
    """Zipkin and the bridge, running."""
    where = places.of(tmp_path)
    jre = java.find()
    port = ports.free(set())
    jar = artefacts.fetch(where.cache, where.postgres_programs, jre).zipkin_jar
    server = Zipkin(jre, jar, port, ports.free({port}))
    nursery = Nursery(tmp_path)
    children = [nursery.spawn(server.program()), nursery.spawn(server.bridge_program())]
    children[0].wait_until(lambda _: server.ready())
    children[1].wait_until(lambda _: server.bridge_ready())
    yield server
    for child in children:
        child.stop()


def say_a_span(exporter_endpoint: str) -> str:
    """A consumer's span, linked to its cause, sent as a service would; returns its trace id."""
    provider = TracerProvider(resource=Resource({"service.name": "scheduling", "service.version": "0.1.0"}))
    exporter = OTLPSpanExporter(f"{exporter_endpoint}/v1/traces", compression=None)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("shared.telemetry")
    link = Link(CAUSE, {"messaging.batch": 7})
    with tracer.start_as_current_span("book", kind=SpanKind.CONSUMER, links=[link]) as span:
        span.set_attribute("messaging.destination.name", "scheduling.appointments")
        span.add_event("waited", {"seconds": 2})
        span.set_status(Status(StatusCode.ERROR, "full"))
    provider.shutdown()
    return f"{span.get_span_context().trace_id:032x}"


@pytest.mark.slow
def test_a_span_sent_by_otlp_is_found_by_zipkins_api_with_its_links_as_tags(
    zipkin: Zipkin, wait_until: Callable[..., None]
) -> None:
    trace_id = say_a_span(zipkin.otlp_endpoint)

    wait_until(lambda: find(zipkin, trace_id) != [])

    [span] = find(zipkin, trace_id)
    assert span["name"] == "book"
    assert span["kind"] == "CONSUMER"
    assert span["localEndpoint"]["serviceName"] == "scheduling"
    assert span["remoteEndpoint"]["serviceName"] == "scheduling.appointments"
    assert span["tags"]["otel.link.0"] == f"{0xABC:032x}/{0xDEF:016x}"
    assert span["tags"]["otel.link.0.messaging.batch"] == "7"
    assert span["tags"]["error"] == "full"
    assert [note["value"] for note in span["annotations"]] == ['waited {"seconds": "2"}']


def find(zipkin: Zipkin, trace_id: str) -> list[dict[str, Any]]:
    try:
        with urllib.request.urlopen(f"{zipkin.url}/api/v2/trace/{trace_id}") as answer:
            found: list[dict[str, Any]] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        with error:
            return []


def test_attribute_values_of_every_kind_become_text() -> None:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"\1" * 16, span_id=b"\2" * 8)
    span.attributes.add(key="truth").value.bool_value = True
    span.attributes.add(key="count").value.int_value = 3
    span.attributes.add(key="bytes").value.bytes_value = b"\xff"
    span.attributes.add(key="list").value.array_value.values.add().string_value = "đoàn"
    span.attributes.add(key="nothing")

    [converted] = otlp_bridge.convert(request)

    assert converted["tags"] == {
        "truth": "true",
        "count": "3",
        "bytes": "ff",
        "list": '["đoàn"]',
        "nothing": "",
    }
    assert "kind" not in converted
    assert "parentId" not in converted


def test_a_bridge_without_zipkin_asks_the_sender_to_try_again(tmp_path: Path) -> None:
    port = ports.free(set())
    bridge = Zipkin(java.find(), tmp_path, port=ports.free({port}), otlp_port=port)
    child = Nursery(tmp_path).spawn(bridge.bridge_program())
    child.wait_until(lambda _: bridge.bridge_ready())

    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(f"{bridge.otlp_endpoint}/v1/traces", data=b"")

    with refusal.value:
        assert refusal.value.code == 503
    child.stop()
