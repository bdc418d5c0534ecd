"""One measurement of the job: processes are started, the topic is filled, and what comes out is counted over time."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import asyncpg
from kernel_job import GROUP
from kernel_load import Outlet, Place, Record

HERE = Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")
SEEN_AT_LEAST = 500
SHARED = """
SELECT count(holder) = 16 AND count(DISTINCT holder) = $1 AND max(held) <= ceil(16.0 / $1)
FROM (SELECT holder, count(*) OVER (PARTITION BY holder) AS held FROM leases) AS l
"""


@dataclass(frozen=True)
class Job:
    """One way to do the job: a program, its environment, how many processes of it."""

    name: str
    program: str = "kernel_job.py"
    environment: dict[str, str] = field(default_factory=dict)
    processes: int = 1
    of_the_kernel: bool = True


@dataclass(frozen=True)
class Run:
    """Events per second at the next topic, processor time of the processes per event (µs), memory of one (MB)."""

    rate: float
    processor: float
    memory: float


@contextmanager
def started(job: Job, place: Place) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The job's processes, told to stop at the end and waited for."""
    told = {name.upper(): str(value) for name, value in place.settings.model_dump().items()}
    command = [sys.executable, str(HERE / job.program)]
    processes = [
        subprocess.Popen(command, env={**os.environ, **told, **job.environment}, stdout=subprocess.DEVNULL)
        for _ in range(job.processes)
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run(job: Job, place: Place, events: Sequence[Record], *, seconds: float = 60) -> Run:
    """Do the job once; a slow way is measured over what it did in the time."""
    with started(job, place) as processes:
        place.wait_for_group(place.prefix + GROUP, job.processes)
        if job.of_the_kernel:
            wait_for_shares(place, job.processes)
        place.fill(list(events))
        outlet = Outlet(place)
        try:
            measured = _watch(outlet, processes, len(events), seconds)
        finally:
            outlet.close()
    asyncio.run(_check(place))
    return measured


def wait_for_shares(place: Place, relays: int, *, seconds: float = 40) -> None:
    """Wait until every relay holds its share of the outbox."""
    until = monotonic() + seconds
    while not asyncio.run(ask(place.url, SHARED, relays)):
        if monotonic() > until:
            raise TimeoutError("the relays did not share the outbox")
        sleep(0.1)


def _watch(outlet: Outlet, processes: Sequence[subprocess.Popen[bytes]], number: int, seconds: float) -> Run:
    """The rate between two looks: the first after the filling ended and something came out, the last at the end."""
    until = monotonic() + seconds
    first = _look(outlet, processes)
    while first[1] < min(SEEN_AT_LEAST, number // 30) and monotonic() < until:
        sleep(0.01)
        first = _look(outlet, processes)
    last = first
    while last[1] < number and monotonic() < until:
        sleep(0.02)
        last = _look(outlet, processes)
    if any(process.poll() is not None for process in processes):
        raise RuntimeError("a process of the job ended by itself")
    elapsed, events, processor = (b - a for a, b in zip(first, last, strict=True))
    if events < 20:
        raise RuntimeError(f"only {last[1]} of {number} events came out in {seconds} s")
    return Run(events / elapsed, processor / events * 1e6, max(map(resident_megabytes, processes)))


def _look(outlet: Outlet, processes: Sequence[subprocess.Popen[bytes]]) -> tuple[float, int, float]:
    return monotonic(), outlet.count(), sum(map(processor_seconds, processes))


async def _check(place: Place) -> None:
    """Whatever its speed, a job that counts an event twice or says what it did not do is not the same job."""
    connection = await asyncpg.connect(place.url)
    try:
        booked = await connection.fetchval("SELECT coalesce(sum(total), 0)::bigint FROM items")
        known = await connection.fetchval("SELECT count(*) FROM inbox")
    finally:
        await connection.close()
    assert booked == known


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    """User and system time so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_megabytes(process: subprocess.Popen[bytes]) -> float:
    """Memory held now."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def ask(url: str, question: str, *args: object) -> object:
    """One value out of a database."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question, *args)
    finally:
        await connection.close()
