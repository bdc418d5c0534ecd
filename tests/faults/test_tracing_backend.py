"""A tracing backend that refuses, or that takes connections and never answers, costs no work and no time at the end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from time import monotonic
from uuid import uuid4

import pytest
from fault_feed import TOPICS
from fault_report import Figure
from kernel_children import child
from kernel_shop import an_order

from khamdoan import ports
from shared.database import Database
from shared.outbox import outgoing
from shared.testing import Templates, Topics, until

EVENTS = 3_000
TICKS = os.sysconf("SC_CLK_TCK")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def backend(manner: str) -> AsyncIterator[str]:
    """The endpoint of a backend that is `well`, `silent` or `away`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while manner != "silent":
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
                writer.write(OK)
                await writer.drain()
            await asyncio.sleep(600)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            writer.transport.abort()

    if manner == "away":
        yield f"http://127.0.0.1:{ports.free(set())}"
        return
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def one_run(manner: str, url: str, kafka: Topics) -> tuple[float, float]:
    """Have one member do all the work; its processor seconds, and the seconds it took to end."""
    database = Database(url, max_connections=2)
    await database.open()
    async with backend(manner) as endpoint:
        settings = kafka.settings(database, otel_exporter_otlp_endpoint=endpoint)
        async with child(settings) as member:
            await until(database, "SELECT coalesce(sum(cardinality(history)), 0) > 0 FROM orders")
            begun = _processor_seconds(member.process.pid)
            await until(database, f"SELECT sum(cardinality(history)) >= {EVENTS} FROM orders")
            await until(database, "SELECT count(*) = 0 FROM outbox")
            used = _processor_seconds(member.process.pid) - begun
            told = monotonic()
            member.send(signal.SIGTERM)
            assert await member.ended() == 0
            ended = monotonic() - told
    await database.close()
    return used, ended


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def said(kafka: Topics) -> None:
    """All the work there is, each event in a trace of its own that is recorded."""
    keys = [uuid4() for _ in range(2_000)]
    await kafka.create(*TOPICS)
    await kafka.say(
        *(
            outgoing(
                an_order(number, order_id=keys[number % len(keys)]), trace=f"00-{uuid4().hex}-{number + 1:016x}-01"
            )
            for number in range(EVENTS)
        )
    )


async def test_a_silent_tracing_backend_holds_up_neither_work_nor_end(
    database: Database, kafka: Topics, figure: Figure
) -> None:
    await said(kafka)

    _, ended = await one_run("silent", database.url, kafka)

    assert ended < 3 + 5
    figure("Tracing backend silent", events=EVENTS, ended_after_seconds=round(ended, 1))


@pytest.mark.exhaustive
async def test_a_tracing_backend_in_trouble_costs_no_work(
    database_templates: Templates, migrations: Path, kafka: Topics, figure: Figure
) -> None:
    await said(kafka)
    runs = [
        (manner, *await one_run(manner, await database_templates.clone(migrations), kafka))
        for _ in range(3)
        for manner in ("well", "silent", "away")
    ]

    used = {manner: median(seconds for name, seconds, _ in runs if name == manner) for manner, _, _ in runs}
    ended = {manner: median(seconds for name, _, seconds in runs if name == manner) for manner, _, _ in runs}
    for manner in ("silent", "away"):
        ratio = used["well"] / used[manner]
        figure(
            f"Tracing backend {manner}, against one that is well",
            rate_per_processor_second=round(ratio, 2),
            ended_after_seconds=round(ended[manner], 1),
            ended_after_seconds_when_well=round(ended["well"], 1),
        )
        assert ratio >= 0.9
