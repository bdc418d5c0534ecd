"""Traces and logs that leave the process without a key, a payload, an SQL parameter or an exception's text."""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.consuming import Message
from shared.settings import Settings

_W3C = TraceContextTextMapPropagator()
_LINKS_AT_MOST = 100


class Telemetry:
    """The tracer of one service; without an endpoint it passes trace contexts on and records nothing."""

    def __init__(self, service: str = "", settings: Settings | None = None) -> None:
        self.service = service
        self.provider: TracerProvider | None = None
        if settings is not None and settings.otel_exporter_otlp_endpoint:
            self.provider = TracerProvider(
                resource=Resource.create({"service.name": service, "service.instance.id": settings.host}),
                sampler=ParentBased(TraceIdRatioBased(settings.otel_traces_sampler_arg)),
            )
            endpoint = settings.otel_exporter_otlp_endpoint.rstrip("/") + "/v1/traces"
            self.provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
            trace.set_tracer_provider(self.provider)

    def close(self) -> None:
        """Send what is still buffered."""
        if self.provider is not None:
            self.provider.shutdown()

    @contextmanager
    def consuming(self, messages: Sequence[Message[Any]]) -> Iterator[None]:
        """One span per distinct sampled trace of a batch; what the messages lead to continues in it."""
        if self.provider is None:
            yield
            return
        tracer = self.provider.get_tracer("shared")
        spans = []
        for contexts, group in _by_trace(messages):
            span = tracer.start_span(
                f"{self.service} process",
                context=trace.set_span_in_context(NonRecordingSpan(contexts[0])),
                kind=SpanKind.CONSUMER,
                links=[Link(context) for context in contexts[1 : _LINKS_AT_MOST + 1]],
                attributes={
                    "messaging.system": "kafka",
                    "messaging.operation.type": "process",
                    "messaging.consumer.group.name": self.service,
                    "messaging.batch.message_count": len(group),
                    "messaging.destination.name": ",".join(sorted({message.arrival.topic for message in group})),
                    "khamdoan.event.types": sorted({message.type for message in group}),
                },
            )
            spans.append(span)
            for message in group:
                message.trace = traceparent_of(span.get_span_context())
        try:
            yield
        finally:
            for span in spans:
                span.end()

    @contextmanager
    def own_trace(self, name: str, causes: Sequence[Message[Any]] = ()) -> Iterator[None]:
        """A trace of its own, linked to its causes: events said within it belong to it. For plans and sweeps."""
        if self.provider is None:
            yield
            return
        links = [Link(context) for cause in causes[:_LINKS_AT_MOST] if (context := context_of(cause.trace))]
        with self.provider.get_tracer("shared").start_as_current_span(
            name, context=trace.set_span_in_context(trace.INVALID_SPAN), links=links, record_exception=False
        ):
            yield


def current_traceparent() -> str | None:
    """The trace context of the running span, None outside any."""
    context = trace.get_current_span().get_span_context()
    return traceparent_of(context) if context.is_valid else None


def traceparent_of(context: SpanContext) -> str:
    """A span's context as the W3C header."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def context_of(traceparent: str | None) -> SpanContext | None:
    """The W3C header as a span's context, None if it is missing or malformed."""
    if not traceparent:
        return None
    context = trace.get_current_span(_W3C.extract({"traceparent": traceparent})).get_span_context()
    return context if context.is_valid else None


def _by_trace(messages: Sequence[Message[Any]]) -> list[tuple[list[SpanContext], list[Message[Any]]]]:
    contexts: dict[int, list[SpanContext]] = defaultdict(list)
    groups: dict[int, list[Message[Any]]] = defaultdict(list)
    for message in messages:
        context = context_of(message.arrival.headers.get("traceparent"))
        if context is not None and context.trace_flags & TraceFlags.SAMPLED:
            contexts[context.trace_id].append(context)
            groups[context.trace_id].append(message)
    return [(contexts[trace_id], groups[trace_id]) for trace_id in groups]


def set_up_logs(service: str, level: str) -> None:
    """JSON lines on standard output, with trace id; lines of libraries keep their template and lose their arguments."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_trace,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)
    root = logging.getLogger()
    root.handlers = [_TemplateHandler()]
    root.setLevel(max(number, logging.WARNING))


class _TemplateHandler(logging.Handler):
    """A library's log line without the values in it, which may be anybody's."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        details = {"error": error} if error else {}
        structlog.get_logger(record.name).log(record.levelno, str(record.msg), library=record.name, **details)


def _with_trace(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event
