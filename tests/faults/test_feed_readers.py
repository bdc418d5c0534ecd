"""A clinic's reader that is slow, that goes without a word, and that comes back with an old cursor."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic, process_time

import httpx
import pytest
from fault_report import Figure
from gateway_builders import CLINIC, SECRET, Clients, because, made

from gateway.app import make_service
from gateway.settings import Settings
from shared.database import Database
from shared.service import Service
from shared.testing import Topics, running, until

GATEWAY = Path(__file__).parents[2] / "services" / "gateway"
ENTRIES = 3_000
SLOW = 20
OLD, NEWS = 17, 20
MOST_WORK = 10.0
"""Seconds of processor time for all the news; 1.9 on 4 cores."""


@pytest.fixture
def migrations() -> Path:
    """The gateway's tables."""
    return GATEWAY / "migrations"


async def until_told(clinic: httpx.AsyncClient, last: int) -> int:
    """Wait until the feed has its last entry; returns how often it took to ask, each time for ten seconds at most."""
    page, asked = {"last": 0}, 0
    while page["last"] < last:
        asked += 1
        page = (await clinic.get(f"/clinics/{CLINIC}/feed", params={"after": last - 1, "limit": 1, "wait": 10})).json()
    return asked


@asynccontextmanager
async def readers_that_read_nothing(service: Service, clinic: httpx.AsyncClient) -> AsyncIterator[None]:
    """So many streams of the whole feed whose readers take a few kilobytes and no more; then they are gone."""
    assert service._http is not None
    address = ("127.0.0.1", await service._http.bound_port())
    lines = f"GET /clinics/{CLINIC}/feed/stream?after=0 HTTP/1.1\r\nHost: gateway\r\n"
    lines += f"Authorization: {clinic.headers['authorization']}\r\n\r\n"
    slow = []
    for _ in range(SLOW):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, address)
        await asyncio.get_running_loop().sock_sendall(line, lines.encode())
        slow.append(line)
    try:
        yield
    finally:
        for line in slow:
            line.close()


async def streamed(clinic: httpx.AsyncClient, *, behind: int, number: int) -> list[int]:
    """The numbers that a stream brings behind a cursor."""
    numbers: list[int] = []
    headers = {"last-event-id": str(behind)}
    async with clinic.stream("GET", f"/clinics/{CLINIC}/feed/stream", headers=headers) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                numbers.append(json.loads(line.removeprefix("data: "))["sequence"])
                if len(numbers) == number:
                    return numbers
    return numbers


@pytest.mark.exhaustive
async def test_readers_that_are_slow_gone_and_back(database: Database, kafka: Topics, figure: Figure) -> None:
    changes = {"khamdoan_dev_secret": SECRET, "gateway_port": 0}
    service = make_service(Settings(**(kafka.settings(database).model_dump() | changes)))
    async with running(service) as gateway:
        assert gateway._http is not None
        clients = Clients(httpx.AsyncHTTPTransport(), f"http://127.0.0.1:{await gateway._http.bound_port()}")
        clinic = await clients.clinic()
        await kafka.say(*(because(made(), "x#1") for _ in range(ENTRIES)))
        await until_told(clinic, ENTRIES)

        async with readers_that_read_nothing(gateway, clinic):
            waits, asked, work = [], 0, process_time()
            for number in range(NEWS):
                begun = monotonic()
                await kafka.say(because(made(), "x#2"))
                asked += await until_told(clinic, ENTRIES + number + 1)
                waits.append(monotonic() - begun)
            work = process_time() - work
        back = await streamed(clinic, behind=OLD, number=ENTRIES + NEWS - OLD)

        # Whoever holds a stream open does not hold up the end.
        held = asyncio.create_task(streamed(clinic, behind=ENTRIES + NEWS, number=1))
        await until(database, "SELECT true")
        told = monotonic()
        gateway.stop.set()
        await asyncio.wait({held}, timeout=60)
        ended = monotonic() - told
        await clients.close()

    assert back == list(range(OLD + 1, ENTRIES + NEWS + 1))
    # Whoever asks is woken by the news, not by the end of the asking; and the slow ones cost no work meanwhile.
    assert asked < 2 * NEWS
    assert work < MOST_WORK
    assert ended < gateway.settings.shutdown_seconds
    figure(
        "Feed readers: slow, gone, back",
        slow=SLOW,
        longest_wait_of_another_seconds=round(max(waits), 2),
        processor_seconds=round(work, 2),
        entries_behind_an_old_cursor=len(back),
        stream_ended_seconds=round(ended, 1),
    )
