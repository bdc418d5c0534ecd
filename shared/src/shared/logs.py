"""Logs that leave the process without anybody's data in them."""

import logging
from typing import Any

import structlog
from opentelemetry import trace

QUIET_SECONDS = 5.0


def set_up(service: str, level: str) -> None:
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
    """A library's log line without the values in it, which may be anybody's; asyncio's own lines are all value."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, int], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        # A library that tries again without pause would write thousands of lines a second.
        place = record.pathname, record.lineno
        if record.created - self._said.get(place, 0.0) < QUIET_SECONDS:
            return
        self._said[place] = record.created
        error = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
        details = {"error": error} if error else {}
        text = "unhandled in the loop" if record.name == "asyncio" else str(record.msg)
        structlog.get_logger(record.name).log(record.levelno, text, library=record.name, **details)


def _with_trace(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
    return event
