"""Traces that leave the process without a key, a payload, an SQL parameter or an exception's text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind

from shared import tracing
from shared.consuming import Message
from shared.outbox import Row
from shared.settings import Settings


class Telemetry:
    """The tracer of one service; without an endpoint it passes trace contexts on and records nothing."""

    def __init__(self, service: str = "", settings: Settings | None = None) -> None:
        self.service = service
        self.provider: TracerProvider | None = None
        if settings is not None and settings.otel_exporter_otlp_endpoint:
            self.provider = TracerProvider(
                resource=Resource.create({"service.name": service, "service.instance.id": settings.hostname}),
                shutdown_on_exit=False,
                sampler=ParentBased(TraceIdRatioBased(settings.otel_traces_sampler_arg)),
            )
            endpoint = settings.otel_exporter_otlp_endpoint.rstrip("/") + "/v1/traces"
            self.provider.add_span_processor(
                BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint), max_queue_size=20_000)
            )
            trace.set_tracer_provider(self.provider)

    def close(self) -> None:
        """Send what is still buffered; a collector that is away costs three seconds, not a shutdown's whole time."""
        if self.provider is not None:
            sending = Thread(target=self.provider.shutdown, daemon=True)
            sending.start()
            sending.join(3)

    @contextmanager
    def consuming(self, messages: Sequence[Message[Any]]) -> Iterator[None]:
        """One span per distinct trace of a batch; what the messages lead to continues in it."""
        with self._spans("process", SpanKind.CONSUMER, messages) as spans:
            if spans:
                for message in messages:
                    message.trace = spans.get(message.trace, message.trace)
            yield

    @contextmanager
    def publishing(self, rows: Sequence[Row]) -> Iterator[None]:
        """One span per distinct trace of what is sent to Kafka together."""
        with self._spans("publish", SpanKind.PRODUCER, rows):
            yield

    @contextmanager
    def _spans(
        self, verb: str, kind: SpanKind, items: Sequence[Message[Any] | Row]
    ) -> Iterator[dict[str | None, str | None]]:
        """Start and end the spans; yields what each traceparent is to be replaced with."""
        if self.provider is None:
            yield {}
            return
        tracer = self.provider.get_tracer("shared")
        spans: list[Span] = []
        replaced: dict[str | None, str | None] = {}
        for contexts, group in _by_trace(items):
            span = tracer.start_span(
                f"{self.service} {verb}",
                context=trace.set_span_in_context(NonRecordingSpan(contexts[0])),
                kind=kind,
                links=[Link(context) for context in contexts[1 : tracing.LINKS_AT_MOST + 1]],
                attributes={
                    "messaging.system": "kafka",
                    "messaging.operation.type": verb,
                    "messaging.batch.message_count": len(group),
                    "messaging.destination.name": ",".join(sorted({item.topic for item in group})),
                    "khamdoan.event.types": sorted({item.type for item in group}),
                },
            )
            spans.append(span)
            traceparent = tracing.traceparent_of(span.get_span_context())
            replaced.update((item.trace, traceparent) for item in group)
        try:
            yield replaced
        finally:
            for span in spans:
                span.end()


def _by_trace(items: Sequence[Message[Any] | Row]) -> Iterable[tuple[list[SpanContext], list[Message[Any] | Row]]]:
    contexts: dict[int, dict[int, SpanContext]] = defaultdict(dict)
    groups: dict[int, list[Message[Any] | Row]] = defaultdict(list)
    for item in items:
        context = tracing.context_of(item.trace) if tracing.is_recorded(item.trace) else None
        if context is not None:
            contexts[context.trace_id][context.span_id] = context
            groups[context.trace_id].append(item)
    return [(list(contexts[trace_id].values()), groups[trace_id]) for trace_id in groups]


class TracedApp:
    """An ASGI app inside a server span per request, named after the route: a path may tell who is meant."""

    def __init__(self, app: Any, telemetry: Telemetry) -> None:
        self.app = app
        self.telemetry = telemetry

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Continue the caller's trace, if it sent one."""
        provider = self.telemetry.provider
        if scope["type"] != "http" or provider is None:
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        parent = tracing.context_of(headers.get("traceparent"))
        with provider.get_tracer("shared").start_as_current_span(
            scope["method"],
            # Not the current context: a connection whose reading was paused goes on in that of an earlier request.
            context=trace.set_span_in_context(NonRecordingSpan(parent), Context()) if parent else Context(),
            kind=SpanKind.SERVER,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                await self.app(scope, receive, send)
            finally:
                route = getattr(scope.get("route"), "path", "")
                span.update_name(f"{scope['method']} {route}".strip())
                span.set_attribute("http.route", route)
