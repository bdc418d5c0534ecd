"""Every request to the edge begins a trace of its own unless its caller sent one."""

import asyncio

import httpx
from fastapi import FastAPI, Request
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.serving import HttpServer
from shared.telemetry import Telemetry, TracedApp

LARGE = b"x" * 4_000_000


async def test_requests_on_one_connection_share_no_trace_even_after_a_large_body() -> None:
    spans = InMemorySpanExporter()
    traces = Telemetry("edge")
    traces.provider = TracerProvider()
    traces.provider.add_span_processor(SimpleSpanProcessor(spans))
    app = FastAPI()

    @app.post("/things")
    async def take(request: Request) -> int:
        return len(await request.body())

    server = HttpServer(TracedApp(app, traces), "127.0.0.1", 0)
    serving = asyncio.create_task(server.serve())
    url = f"http://127.0.0.1:{await server.bound_port()}/things"
    async with httpx.AsyncClient(trust_env=False) as client:
        for body in (LARGE, b"a", b"b"):
            await client.post(url, content=body)
    server.should_exit = True
    await serving

    finished = spans.get_finished_spans()
    assert [span.parent for span in finished] == [None, None, None]
    assert len({span.context.trace_id for span in finished if span.context}) == 3
