"""From a portal's request to the clinic's feed: the five services as they are, between two real HTTP connections."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from uuid import UUID, uuid4

import pytest
from measured import FULL, Report, percentile

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

from e2e_campaign import Campaign
from e2e_house import House

from contracts.unions import BookingRequested
from demo.edge import Edge
from khamdoan.testing.servers import Servers

MEMBERS = 1_000 if FULL else 300
WARM_UP = 50
PER_SECOND = 20
LONGEST = 60.0
MADE = "event: vn.khamdoan.scheduling.appointment.made.v1"


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    """Collects while the measurements run; prints at the end."""
    collected = Report("edge", "THE EDGE: figures of one run on this machine")
    yield collected
    collected.finish()


def test_from_a_portals_request_to_the_clinics_feed(servers: Servers, tmp_path: Path, report: Report) -> None:
    house = House(servers, tmp_path / "house")
    try:
        house.start()
        waited = asyncio.run(_book(Edge(house.url, house.secret)))
    finally:
        house.stop()
    section = f"a booking is posted, the clinic's stream shows the appointment ({PER_SECOND} a second)"
    for share, label in ((0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")):
        report.take(section, label, percentile(waited, share), "ms", f"of {len(waited):,}")


async def _book(edge: Edge) -> list[float]:
    """Milliseconds from the beginning of each request until the clinic, which listens, has the entry."""
    campaign = await Campaign.prepared(edge, MEMBERS)
    session_id = await campaign.offer(seats=MEMBERS)
    posted: dict[UUID, float] = {}
    heard: dict[UUID, float] = {}
    workers = await campaign.workers()
    listening = asyncio.create_task(_listen(campaign, heard, len(workers)))
    started = monotonic()
    async with asyncio.TaskGroup() as tasks:
        for number, worker in enumerate(workers):
            await asyncio.sleep(max(0.0, started + number / PER_SECOND - monotonic()))
            posted[worker] = monotonic()
            wish = BookingRequested(request_id=uuid4(), worker_id=worker, session_id=session_id)
            tasks.create_task(campaign.portal.say([wish]))
    async with asyncio.timeout(LONGEST):
        await listening
    await edge.close()
    return [(heard[worker] - posted[worker]) * 1e3 for worker in workers[WARM_UP:]]


async def _listen(campaign: Campaign, heard: dict[UUID, float], number: int) -> None:
    path = f"/clinics/{campaign.clinic.clinic_id}/feed/stream"
    made = False
    async with campaign.edge.http.stream("GET", path, headers=campaign.clinic.caller.headers) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                made = line == MADE
            elif made and line.startswith("data: "):
                worker = line.partition('"worker_id":"')[2][:36]
                heard[UUID(worker)] = monotonic()
                if len(heard) == number:
                    return
