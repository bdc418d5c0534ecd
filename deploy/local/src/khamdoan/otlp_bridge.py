"""Turns OTLP traces into Zipkin spans, because Zipkin's own OTLP module is not published to Maven Central.

Run as a script: `otlp_bridge.py HOST PORT ZIPKIN_URL`. Metrics and logs that arrive are accepted and dropped.
"""

import gzip
import json
import sys
import urllib.request
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

KINDS = {
    Span.SPAN_KIND_SERVER: "SERVER",
    Span.SPAN_KIND_CLIENT: "CLIENT",
    Span.SPAN_KIND_PRODUCER: "PRODUCER",
    Span.SPAN_KIND_CONSUMER: "CONSUMER",
}
OUTWARD = {Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_PRODUCER, Span.SPAN_KIND_CONSUMER}
SHOWN_OF_RESOURCE = ("service.instance.id", "service.version", "deployment.environment.name")
PEER_ATTRIBUTES = ("peer.service", "messaging.destination.name", "db.namespace", "db.system.name", "db.system")

Attributes = dict[str, str]
ZipkinSpan = dict[str, Any]


def convert(request: ExportTraceServiceRequest) -> list[ZipkinSpan]:
    """Every span of an export request as Zipkin's JSON, version 2."""
    return [
        convert_span(span, resource.resource, scope.scope.name)
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def convert_span(span: Span, resource: Resource, scope: str) -> ZipkinSpan:
    """One span; what Zipkin has no field for becomes a tag."""
    of_service = texts(resource.attributes)
    attributes = texts(span.attributes)
    shown = {key: of_service[key] for key in SHOWN_OF_RESOURCE if key in of_service}
    converted: ZipkinSpan = {
        "traceId": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "name": span.name,
        "timestamp": span.start_time_unix_nano // 1000,
        "duration": max(1, (span.end_time_unix_nano - span.start_time_unix_nano) // 1000),
        "localEndpoint": {"serviceName": of_service.get("service.name", "unknown")},
        "tags": {**shown, **attributes, **scope_tag(scope), **status_tags(span.status), **link_tags(span)},
        "annotations": [annotation(event) for event in span.events],
    }
    if span.parent_span_id:
        converted["parentId"] = span.parent_span_id.hex()
    if span.kind in KINDS:
        converted["kind"] = KINDS[span.kind]
    if span.kind in OUTWARD and (peer := peer_of(attributes)):
        converted["remoteEndpoint"] = {"serviceName": peer}
    return converted


def scope_tag(scope: str) -> Attributes:
    """The instrumentation library, if it gave its name."""
    return {"otel.scope.name": scope} if scope else {}


def status_tags(status: Status) -> Attributes:
    """Zipkin paints a span red when it has a tag `error`."""
    if status.code == Status.STATUS_CODE_ERROR:
        return {"otel.status_code": "ERROR", "error": status.message or "true"}
    return {"otel.status_code": "OK"} if status.code == Status.STATUS_CODE_OK else {}


def link_tags(span: Span) -> Attributes:
    """The linked traces: `otel.link.0` is "trace id/span id", and its attributes follow under the same prefix."""
    tags: Attributes = {}
    for number, link in enumerate(span.links):
        prefix = f"otel.link.{number}"
        tags[prefix] = f"{link.trace_id.hex()}/{link.span_id.hex()}"
        tags.update({f"{prefix}.{key}": value for key, value in texts(link.attributes).items()})
    return tags


def annotation(event: Span.Event) -> dict[str, Any]:
    """An event on a span's time line, with its attributes behind its name."""
    details = texts(event.attributes)
    suffix = f" {json.dumps(details, ensure_ascii=False)}" if details else ""
    return {"timestamp": event.time_unix_nano // 1000, "value": event.name + suffix}


def peer_of(attributes: Attributes) -> str | None:
    """What stands at the other end, for Zipkin's dependency graph."""
    return next((attributes[key] for key in PEER_ATTRIBUTES if attributes.get(key)), None)


def texts(attributes: Any) -> Attributes:
    """Attributes with their values as text, the only kind of tag Zipkin has."""
    pairs: list[KeyValue] = list(attributes)
    return {pair.key: text(pair.value) for pair in pairs}


def text(value: AnyValue) -> str:
    """One attribute value; lists and maps as JSON, bytes in hexadecimal."""
    plain = simple(value)
    if isinstance(plain, str):
        return plain
    return json.dumps(plain, ensure_ascii=False)


def simple(value: AnyValue) -> Any:
    """The Python value inside an attribute value."""
    kind = value.WhichOneof("value")
    if kind is None:
        return ""
    if kind == "array_value":
        return [simple(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return {pair.key: simple(pair.value) for pair in value.kvlist_value.values}
    return value.bytes_value.hex() if kind == "bytes_value" else getattr(value, kind)


class Bridge(ThreadingHTTPServer):
    """An OTLP/HTTP receiver."""

    daemon_threads = True

    def __init__(self, host: str, port: int, zipkin: str) -> None:
        super().__init__((host, port), Receiver)
        self.spans_url = f"{zipkin}/api/v2/spans"

    def deliver(self, spans: list[ZipkinSpan]) -> None:
        """Hand spans to Zipkin; raises OSError when it is not there."""
        body = json.dumps(spans).encode()
        request = urllib.request.Request(self.spans_url, body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - our own http address
            answer.read()


class Receiver(BaseHTTPRequestHandler):
    """Answers one exporter."""

    protocol_version = "HTTP/1.1"
    server: Bridge

    def do_POST(self) -> None:
        """Convert and deliver; 503 asks the exporter to try again."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status = HTTPStatus.OK
        if self.path == "/v1/traces":
            status = self.forward(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def forward(self, body: bytes) -> HTTPStatus:
        """Deliver the spans of one request."""
        try:
            self.server.deliver(convert(ExportTraceServiceRequest.FromString(body)))
        except OSError as away:
            print(f"zipkin does not answer: {away}", file=sys.stderr, flush=True)
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing of requests that went well."""


def main(arguments: list[str]) -> None:
    """Serve until the process is ended."""
    host, port, zipkin = arguments
    Bridge(host, int(port), zipkin).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
