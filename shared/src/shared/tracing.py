"""Trace contexts as headers carry them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from opentelemetry import trace
from opentelemetry.trace import Link, SpanContext
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

LINKS_AT_MOST = 100

_W3C = TraceContextTextMapPropagator()
_ODD = frozenset("13579bdf")


def current() -> str | None:
    """The running span as a `traceparent`, None outside any."""
    return traceparent_of(trace.get_current_span().get_span_context())


def traceparent_of(context: SpanContext) -> str | None:
    """A span's context as the W3C header, None if it is not valid."""
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


@lru_cache(maxsize=10_000)
def context_of(traceparent: str | None) -> SpanContext | None:
    """The W3C header as a span's context, None if it is missing or malformed."""
    if not traceparent:
        return None
    context = trace.get_current_span(_W3C.extract({"traceparent": traceparent})).get_span_context()
    return context if context.is_valid else None


def is_recorded(traceparent: str | None) -> bool:
    """Whether the W3C header's last bit says that somebody records this trace; most say no, so nothing is parsed."""
    return traceparent is not None and traceparent[-1:] in _ODD


def trace_id_of(traceparent: str | None) -> str | None:
    """The trace's id, 32 hexadecimal digits."""
    context = context_of(traceparent)
    return f"{context.trace_id:032x}" if context else None


def links_to(causes: Iterable[str | None]) -> Sequence[Link]:
    """Links to distinct causes, at most a hundred."""
    contexts = [context for cause in list(dict.fromkeys(causes))[:LINKS_AT_MOST] if (context := context_of(cause))]
    return [Link(context) for context in contexts]


def begin(name: str, causes: Iterable[str | None]) -> str | None:
    """Start a trace of its own, linked to its causes; its `traceparent`, None when nothing is recorded."""
    root = trace.set_span_in_context(trace.INVALID_SPAN)
    with trace.get_tracer("shared").start_as_current_span(name, context=root, links=links_to(causes)):
        return current()
