"""An OTLP/HTTP receiver in this process: what services say of their traces is kept here instead of shown."""

import gzip
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


@dataclass(frozen=True, slots=True)
class Span:
    """A span as far as tests ask: whose it is, and everything that it says as text."""

    service: str
    name: str
    trace_id: str
    text: str


@dataclass
class Spans:
    """Collects the spans of every exporter that knows the port; `said` are the requests as text, for searching."""

    collected: list[Span] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.server = Receiver(("127.0.0.1", 0), Handler)
        self.server.spans = self
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def endpoint(self) -> str:
        """What exporters are told."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, request: ExportTraceServiceRequest) -> None:
        """Keep the spans of one export."""
        found = [
            Span(_service(resource.resource.attributes), span.name, span.trace_id.hex(), f"{resource.resource}{span}")
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        with self.arrived:
            self.collected += found
            self.arrived.notify_all()

    def until_told(self, trace_id: str, spans: set[tuple[str, str]], *, within: float = 120) -> set[tuple[str, str]]:
        """Wait until a trace has all these spans, by service and name; returns which it has by then."""
        deadline = monotonic() + within
        with self.arrived:
            while True:
                told = {(span.service, span.name) for span in self.collected if span.trace_id == trace_id}
                left = deadline - monotonic()
                if spans <= told or left <= 0:
                    return told
                self.arrived.wait(left)

    def close(self) -> None:
        """Serve no more."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Receiver(ThreadingHTTPServer):
    """The port that exporters post to."""

    daemon_threads = True
    spans: Spans


class Handler(BaseHTTPRequestHandler):
    """Answers one exporter."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        """Keep what was sent."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        plain = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        if self.path == "/v1/traces":
            self.server.spans.take(ExportTraceServiceRequest.FromString(plain))
        answer = ExportTraceServiceResponse().SerializeToString()
        with suppress(BrokenPipeError, ConnectionResetError):  # the exporter may have been killed meanwhile
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    def handle(self) -> None:
        """An exporter that is killed in the middle of a request is no fault of ours."""
        with suppress(ConnectionResetError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing of requests."""


def _service(attributes: object) -> str:
    pairs = list(attributes)  # type: ignore[call-overload]
    return next((pair.value.string_value for pair in pairs if pair.key == "service.name"), "")
