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
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import monotonic, sleep

import pytest
from confluent_kafka import ConsumerGroupState
from confluent_kafka.admin import AdminClient
from http_line import HttpLine
from measured import Report, percentile

sys.path.append(str(Path(__file__).parents[1] / "e2e"))
CORES = int(os.environ.get("BENCH_CORES", "2"))
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])

from e2e_house import House, descendants  # noqa: E402 - found beside the end-to-end tests
from scheduling_world import World  # noqa: E402 - the cores are chosen before anything is started

from khamdoan import services, sockets  # noqa: E402
from khamdoan.testing.servers import Servers  # noqa: E402

APPOINTMENTS = int(os.environ.get("BENCH_APPOINTMENTS", "100000"))
WITHDRAWN = 450
BOOKERS, SEATS, AT_ONCE = 1_000, 100, 100
LONGEST = 300.0
CLOUD_EVENT = "application/cloudevents+json"
PLAN, SESSION, RUSH = "a plan's announcement", "a withdrawn session", "a rush for seats"


def processor_seconds(house: House) -> Counter[str]:
    """Of each service, of the servers where they are this run's own, and of this process, which asks."""
    known = {child.pid: name for name, child in house.children.items()} | {os.getpid(): "the bench itself"}
    spent: Counter[str] = Counter()
    for pid in {os.getpid(), *descendants(os.getpid())}:
        with suppress(OSError):
            head, _, tail = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
            fields = tail.split()
            name = known.get(pid) or {"java": "kafka"}.get(head.partition("(")[2], head.partition("(")[2])
            spent[name] += int(fields[11]) + int(fields[12])
    return Counter({name: round(ticks / os.sysconf("SC_CLK_TCK"), 1) for name, ticks in spent.items()})


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
    """Start another process of a service, with ports of its own, until both share the work; where a gateway answers."""
    with socket.socket() as one, socket.socket() as other:
        for free in (one, other):
            free.bind(("127.0.0.1", 0))
        port, operations = str(one.getsockname()[1]), str(other.getsockname()[1])
    program = services.programs(house.configured)[name]
    # A member of its own: two of one name would push each other out of the group, and both read everything.
    own = {"OPERATIONS_PORT": operations, "GATEWAY_PORT": port, "KAFKA_INSTANCE_ID": ""}
    told = {**house.configured.environments[name], **own}
    child = house.children[f"{name}-2"] = house.nursery.spawn(replace(program, name=f"{name}-2", environment=told))
    child.wait_until(lambda _: sockets.answers(f"http://127.0.0.1:{operations}{services.READY_PATH}"))
    _until_shared(house, house.prefix + name)
    return f"http://127.0.0.1:{port}"


def _until_shared(house: House, group: str, *, seconds: float = 60) -> None:
    """Wait until a group of two is stable: a gateway is ready before, and who comes meanwhile waits for the group."""
    admin, until = AdminClient({"bootstrap.servers": house.servers.kafka}), monotonic() + seconds
    while monotonic() < until:
        known = admin.describe_consumer_groups([group])[group].result()
        members = [member for member in known.members if member.assignment.topic_partitions]
        if known.state == ConsumerGroupState.STABLE and len(members) == 2:
            return
        sleep(0.2)
    raise TimeoutError(f"{group} did not come together")


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
    before = processor_seconds(house)
    took, granted = asyncio.run(_book(edges, world))
    spent = processor_seconds(house) - before

    assert granted == SEATS
    report.take(RUSH, "request to answered receipt, p50", 1_000 * median(took), "ms", f"{AT_ONCE} at once")
    report.take(RUSH, "request to answered receipt, p99", 1_000 * percentile(took, 0.99), "ms", f"of {BOOKERS:,}")
    for name, seconds in [("all processes started here", spent.total()), *spent.most_common(7)]:
        report.take(RUSH, f"processor time of {name}", seconds, "s")


async def _book(edges: list[str], world: World) -> tuple[list[float], int]:
    """Everybody asks over HTTP and waits for the answer; how long each took, and how many were granted."""
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(HttpLine(edges[n % len(edges)])) for n in range(AT_ONCE)]
        who = {"party_class": "unions", "party_id": str(world.unit_id), "sub": "bench", "role": "officer"}
        token = (await lines[0].ask("POST", "/dev/tokens", world.house.secret, who))["access_token"]
        wishes, took, granted = iter(range(BOOKERS)), [], 0

        async def queue(line: HttpLine) -> None:
            nonlocal granted
            for number in wishes:
                begun = monotonic()
                posted = await line.ask("POST", "/events", token, world.booking(number), CLOUD_EVENT)
                receipt = await line.ask("GET", f"/receipts/{posted['receipt_id']}?wait=30", token)
                took.append(monotonic() - begun)
                granted += receipt["answers"][0]["data"]["outcome"] == "granted"

        await asyncio.gather(*map(queue, lines))
    return took, granted
