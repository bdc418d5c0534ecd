"""Announcing a large plan, a withdrawn session, and a rush for seats: the whole house on two cores.

`python -m pytest tests/bench/bench_scheduling.py -s`. The services, and the servers where the run starts its own, share
BENCH_CORES cores (2). BENCH_APPOINTMENTS says how many appointments the plan has (100,000).
"""

import asyncio
import os
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

import httpx
import pytest
from measured import Report, percentile

sys.path.append(str(Path(__file__).parents[1] / "e2e"))
CORES = int(os.environ.get("BENCH_CORES", "2"))
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])

from e2e_house import House, descendants  # noqa: E402 - found beside the end-to-end tests
from scheduling_world import World  # noqa: E402 - the cores are chosen before anything is started

from khamdoan import services  # noqa: E402
from khamdoan.testing.servers import Servers  # noqa: E402

APPOINTMENTS = int(os.environ.get("BENCH_APPOINTMENTS", "100000"))
WITHDRAWN = 450
BOOKERS, SEATS, AT_ONCE = 1_000, 100, 100
LONGEST = 300.0
PLAN, SESSION, RUSH = "a plan's announcement", "a withdrawn session", "a rush for seats"


def processor_seconds(house: House) -> Counter[str]:
    """Of each service, and of the servers where they are this run's own."""
    known = {child.pid: name for name, child in house.children.items()}
    spent: Counter[str] = Counter()
    for pid in descendants(os.getpid()) - {os.getpid()}:
        with suppress(OSError):
            head, _, tail = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
            fields = tail.split()
            name = known.get(pid) or {"java": "kafka"}.get(head.partition("(")[2], head.partition("(")[2])
            spent[name] += int(fields[11]) + int(fields[12])
    return Counter({name: round(ticks / os.sysconf("SC_CLK_TCK")) for name, ticks in spent.items()})


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    """Collects while the measurements run; prints at the end."""
    collected = Report("scheduling", f"SCHEDULING: one run of the whole house on {CORES} cores")
    yield collected
    collected.finish()


@pytest.fixture(scope="module")
def house(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """All five services, with room for a token per clinic and requests without a limit."""
    folder = tmp_path_factory.mktemp("house")
    folder.chmod(0o711)
    built = House(servers, folder)
    limits = {"REQUESTS_PER_SECOND": "100000", "REQUESTS_BURST": "100000", "EVENTS_PER_SECOND": "100000"}
    built.configured.environments["gateway"] |= limits | {"EVENTS_BURST": "1000000"}
    try:
        built.start()
        yield built
    finally:
        built.stop()


def beside(house: House, name: str) -> str:
    """Start another process of a service, with ports of its own; where a gateway answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    program = next(program for program in services.programs(house.configured) if program.name == name)
    told = {**house.configured.environments[name], "OPERATIONS_PORT": "0", "GATEWAY_PORT": port}
    house.children[f"{name}-2"] = house.nursery.spawn(replace(program, name=f"{name}-2", environment=told))
    return f"http://127.0.0.1:{port}"


def test_a_plan_is_announced_to_every_clinic(house: House, report: Report) -> None:
    world = World(house)
    asyncio.run(world.fill(APPOINTMENTS))
    begun, before = monotonic(), processor_seconds(house)
    world.approve()
    committed = asyncio.run(world.until("scheduling", world.PUBLISHED, LONGEST))
    said = asyncio.run(world.until("scheduling", "SELECT NOT EXISTS (SELECT FROM outbox)", LONGEST))
    told = asyncio.run(world.until_told(APPOINTMENTS, LONGEST))
    spent = processor_seconds(house) - before
    read = asyncio.run(world.read_feeds())

    assert read == APPOINTMENTS
    what = f"{APPOINTMENTS:,} appointments"
    report.take(PLAN, f"{what}: approved to written in scheduling", committed - begun, "s")
    report.take(PLAN, f"{what}: approved to said on Kafka", said - begun, "s")
    report.take(PLAN, f"{what}: approved to the last feed entry", told - begun, "s", f"{world.clinics} clinics")
    for name, seconds in [("all processes started here", spent.total()), *spent.most_common(6)]:
        report.take(PLAN, f"{what}: processor time of {name}", seconds, "s")


def test_the_people_of_a_withdrawn_session_hear_of_another(house: House, report: Report) -> None:
    world = World(house, name="withdrawn")
    asyncio.run(world.fill(WITHDRAWN, spare=2))
    world.approve()
    asyncio.run(world.until_told(WITHDRAWN, LONGEST))
    withdrawn = asyncio.run(world.fullest_session())
    before = asyncio.run(world.told())
    begun = monotonic()
    entries = world.withdraw(withdrawn)
    told = asyncio.run(world.until_told(before + entries, LONGEST))

    report.take(SESSION, f"{WITHDRAWN} people: withdrawn to the last feed entry", told - begun, "s")


def test_a_thousand_bookers_on_a_hundred_seats(house: House, report: Report) -> None:
    world = World(house, name="rush")
    asyncio.run(world.fill(BOOKERS, planned=False, seats=SEATS))
    beside(house, "scheduling")
    edges = [house.url, beside(house, "gateway")]
    took, granted = asyncio.run(_book(edges, world))

    assert granted == SEATS
    report.take(RUSH, "request to answered receipt, p50", 1_000 * median(took), "ms", f"{AT_ONCE} at once")
    report.take(RUSH, "request to answered receipt, p99", 1_000 * percentile(took, 0.99), "ms", f"of {BOOKERS:,}")


async def _said(http: httpx.AsyncClient, method: str, url: str, **options: Any) -> httpx.Response:
    """Say it again where the connection was closed meanwhile: the same event has no second effect."""
    for _ in range(3):
        with suppress(httpx.TransportError):
            return (await http.request(method, url, **options)).raise_for_status()
    return (await http.request(method, url, **options)).raise_for_status()


async def _answers(http: httpx.AsyncClient, edge: str) -> bool:
    try:
        return (await http.get(f"{edge}/openapi.json")).is_success
    except httpx.TransportError:
        return False


async def _book(edges: list[str], world: World) -> tuple[list[float], int]:
    """Everybody asks over HTTP and waits for the answer; how long each took, and how many were granted."""
    gate = asyncio.Semaphore(AT_ONCE)
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=edges[0], timeout=120, limits=limits) as http:
        for _ in range(300):
            if await _answers(http, edges[1]):
                break
            await asyncio.sleep(0.2)
        headers = {"Authorization": f"Bearer {await world.token(http, 'unions', str(world.unit_id))}"}

        async def ask(number: int) -> tuple[float, str]:
            async with gate:
                begun, edge, wish = monotonic(), edges[number % len(edges)], world.booking(number)
                posted = await _said(http, "POST", f"{edge}/events", json=wish, headers=headers | world.CLOUD_EVENT)
                receipt = posted.json()["receipt_id"]
                answer = await _said(http, "GET", f"{edge}/receipts/{receipt}", params={"wait": 30}, headers=headers)
                outcome = answer.json()["answers"][0]["data"]["outcome"]
                return monotonic() - begun, outcome

        answers = await asyncio.gather(*(ask(number) for number in range(BOOKERS)))
    return [seconds for seconds, _ in answers], sum(outcome == "granted" for _, outcome in answers)
