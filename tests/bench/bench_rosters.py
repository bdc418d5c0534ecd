"""A roster of 100,000 rows, measured: from its upload to the last row answered, and until every service knows the
workers, all five services and their servers on two cores; against what its library takes to read it and PostgreSQL to
store it; memory of every process.

`ROSTER_ROWS` measures another number of rows.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid4

import asyncpg
import pytest
import roster_load
from e2e_house import House, descendants
from measured import Report

from contracts.unions import OrganisationDeclared
from demo.edge import Caller, Edge
from khamdoan.testing import servers

ROWS = int(os.environ.get("ROSTER_ROWS", "100000"))
CORES = 2
EXAMINED_ON = date(2026, 12, 1)
SPEED, COST, MEMORY = (
    f"a roster of {ROWS:,} rows on {CORES} cores",
    "processor time of it",
    "memory of a process at most",
)
WHOLE = "upload to the last row answered"
EVERYWHERE = "upload until every service knows the workers"
KNOWING = ("scheduling", "results", "gateway")
GLANCE_SECONDS = 0.25


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    """Collects while the measurements run; prints at the end."""
    collected = Report("rosters", "ROSTERS: figures of one run on this machine")
    yield collected
    for reference in ("reading alone, by calamine", "storing alone, by COPY"):
        collected.ratio(f"{WHOLE} / {reference}", WHOLE, reference)
    collected.finish()


@contextmanager
def on_two_cores() -> Iterator[None]:
    """Whatever is started meanwhile runs on two cores alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[-CORES:])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclass
class Work:
    """Processor seconds of everything that this process started, by kind of process."""

    seconds: dict[str, float]

    @classmethod
    def now(cls, house: House) -> "Work":
        """What has been used so far."""
        services = {child.pid: name for name, child in house.children.items()}
        seconds: dict[str, float] = {}
        for pid in descendants(os.getpid()) - {os.getpid()}:
            name = services.get(pid) or _kind(pid)
            seconds[name] = seconds.get(name, 0.0) + _processor_seconds(pid)
        return cls(seconds)

    def since(self, before: "Work") -> dict[str, float]:
        """What was used in between."""
        return {name: used - before.seconds.get(name, 0.0) for name, used in self.seconds.items()}


def _kind(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return "ended"
    for word, kind in (("postgres", "PostgreSQL"), ("java", "Kafka"), ("extraction", "extraction")):
        if word in command:
            return kind
    return "other"


def _processor_seconds(pid: int) -> float:
    """What a process has used, and those that it started and that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def megabytes_at_most(pid: int) -> float:
    """The most memory that a process has ever held; nothing of one that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return int(next((line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")), "0")) / 1024


def test_a_roster_from_its_upload_to_the_last_row(report: Report, tmp_path: Path) -> None:
    people = roster_load.rows(ROWS)
    content = roster_load.workbook(people)
    with on_two_cores(), servers.embedded() as own:
        report.take(SPEED, "reading alone, by calamine", roster_load.seconds_of_raw_reading(content), "s")
        report.take(SPEED, "storing alone, by COPY", roster_load.seconds_of_copy(own.database_url, people), "s")
        house = House(own, tmp_path / "house")
        try:
            house.start()
            asyncio.run(_measure(house, content, report))
        finally:
            house.stop()


async def _measure(house: House, content: bytes, report: Report) -> None:
    edge = Edge(house.url, house.secret)
    peaks: dict[str, float] = {}
    watching = asyncio.create_task(_watch_memory(house, peaks))
    try:
        union, unit_id = await _a_unit(edge)
        for name, registered in ((WHOLE, ROWS), ("the same file again", 0)):
            before, begun = Work.now(house), perf_counter()
            sent = await union.post_roster(content, unit_id=unit_id, reference_date=EXAMINED_ON)
            taken = perf_counter() - begun
            answers = await _answers(union, sent["receipt_id"])
            seconds, work = perf_counter() - begun, Work.now(house).since(before)
            assert answers["registered"] >= registered * 0.99
            report.take(SPEED, name, seconds, "s", f"{ROWS / seconds:,.0f} rows/s, taken in after {taken:.1f} s")
            if registered:
                for kind, used in sorted(work.items(), key=lambda item: -item[1]):
                    if used >= 0.1:
                        report.take(COST, kind, used, "s")
                report.take(COST, "all together", sum(work.values()), "s")
                await _known_everywhere(house, answers["registered"])
                report.take(SPEED, EVERYWHERE, perf_counter() - begun, "s")
                report.take(COST, "all together, until then", sum(Work.now(house).since(before).values()), "s")
        for kind, megabytes in peaks.items():
            report.take(MEMORY, kind, megabytes, "MB")
    finally:
        watching.cancel()
        await edge.close()


async def _known_everywhere(house: House, workers: int) -> None:
    """Returns once every service that keeps workers has heard of so many."""
    for service in KNOWING:
        connection = await asyncpg.connect(house.database_url(service))
        try:
            known = 0
            while known < workers:
                await asyncio.sleep(GLANCE_SECONDS)
                known = await connection.fetchval("SELECT count(*) FROM workers")
        finally:
            await connection.close()


async def _watch_memory(house: House, peaks: dict[str, float]) -> None:
    """Note the most memory that each service and the processes beside it have ever held, as long as they are there."""
    while True:
        for service, child in house.children.items():
            for pid in descendants(child.pid):
                kind = f"{service} at most" if pid == child.pid else f"{service}, a process beside it"
                peaks[kind] = max(peaks.get(kind, 0.0), megabytes_at_most(pid))
        await asyncio.sleep(GLANCE_SECONDS)


async def _a_unit(edge: Edge) -> tuple[Caller, UUID]:
    root, unit_id = uuid4(), uuid4()
    union = await edge.party("unions", str(root), "clerk")
    where = {"province_code": "08", "valid_from": date(2026, 1, 1)}
    declared = [
        OrganisationDeclared(organisation_id=root, kind="LDLD_TINH", name="LĐLĐ tỉnh", code="LDLD", **where),
        OrganisationDeclared(
            organisation_id=unit_id, kind="CDCS", name="CĐCS May", code="CDCS-1", parent_id=root, **where
        ),
    ]
    await union.answered(await union.say(declared))
    return union, unit_id


async def _answers(union: Caller, receipt_id: str) -> dict[str, int]:
    while True:
        receipt = await union.get(f"/receipts/{receipt_id}", wait=30)
        if receipt["state"] == "answered":
            answers: dict[str, int] = receipt["answers"][0]["data"]
            return answers
