"""The kernel, measured: one job on it, below it and on other roads, its latency, its scaling, its cost as work grows.

Everything is repeated in turn (A B C A B C …) and told as medians and ratios, because a machine is never quite alone.
BENCH_FULL=1 takes longer repeats, a backlog of a million, and tables of ten million rows.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic, monotonic_ns, sleep

import kernel_growth
import kernel_raw
import kernel_sink
import pytest
from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import TopicPartition
from kernel_load import PARTITIONS, Outlet, Place, records
from kernel_runs import Job, resident_megabytes, run, started, wait_for_shares
from measured import FULL, Report, percentile

from khamdoan.testing.servers import Servers
from shared.testing import Templates

EVENTS = 120_000 if FULL else 30_000
SLOW_EVENTS = 3_000
SLOW_SECONDS = 30 if FULL else 6
ROUNDS = 5 if FULL else 3
LATENCY_SECONDS = 60 if FULL else 8
LONGEST = 600.0
BACKLOG = 1_000_000 if FULL else 60_000

THE_JOB = Job("kernel")
PEERS = [
    Job("naive: FastStream + SQLAlchemy, one message at a time", "peers/naive_peer.py", of_the_kernel=False),
    Job("faststream-outbox", "peers/outbox_peer.py", of_the_kernel=False),
]
LIMITS = "limits of the libraries (500-byte events, 6 partitions)"
JOB = "the job: consume, dedupe, upsert, outbox, relay, next topic"
GROWN = "rows in consumed, inbox, versions"
COST = "processor time of the job's processes"


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    """Collects while the measurements run; prints at the end."""
    collected = Report("kernel", "THE KERNEL: figures of one run on this machine, medians of interleaved repeats")
    yield collected
    _compare(collected)
    collected.finish()


@pytest.fixture(scope="module")
def templates(servers: Servers) -> Iterator[Templates]:
    """One migrated database to clone for every measurement."""
    made = Templates(servers.database_url)
    yield made
    for name in made.names.values():
        asyncio.run(made.drop(name))


def test_what_the_libraries_can_do(servers: Servers, templates: Templates, report: Report) -> None:
    events = records(EVENTS)
    for _ in range(ROUNDS):
        with Place(servers, templates) as place:
            measured = {
                "confluent-kafka produce": kernel_raw.produce_with_librdkafka(place, events),
                "confluent-kafka consume": kernel_raw.consume_with_librdkafka(place, EVENTS),
                "aiokafka getmany": asyncio.run(kernel_raw.consume_with_aiokafka(place, EVENTS)),
                "aiokafka produce": asyncio.run(kernel_raw.produce_with_aiokafka(place, events)),
                "asyncpg COPY": asyncio.run(kernel_raw.copy(place, events)),
                "asyncpg upsert, unnest": asyncio.run(kernel_raw.upsert(place, events)),
                "the job's SQL alone, one connection": asyncio.run(kernel_raw.sql_of_the_job(place, events)),
            }
        for name, value in measured.items():
            report.take(LIMITS, name, value)


def test_the_job_on_the_kernel_and_on_other_roads(servers: Servers, templates: Templates, report: Report) -> None:
    with kernel_sink.running() as sink:
        traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink}
        jobs = [
            THE_JOB,
            replace(THE_JOB, name="kernel, traced: a trace per 100 events", environment=traced),
            replace(THE_JOB, name="kernel, raw getmany instead of FastStream", environment={"BENCH_POLLING": "raw"}),
            replace(THE_JOB, name="kernel, batches of 100", environment={"KAFKA_MAX_RECORDS": "100"}),
            replace(THE_JOB, name="kernel, batches of 4,000", environment={"KAFKA_MAX_RECORDS": "4000"}),
            replace(THE_JOB, name="kernel, 2 processes", processes=2),
            replace(THE_JOB, name="kernel, 4 processes", processes=4),
            *PEERS,
        ]
        for number in range(ROUNDS):
            for job in jobs if number < 2 or FULL else [THE_JOB, *PEERS]:
                events = records(EVENTS) if job.of_the_kernel else records(EVENTS)[:SLOW_EVENTS]
                with Place(servers, templates) as place:
                    measured = run(job, place, events, seconds=60 if job.of_the_kernel else SLOW_SECONDS)
                report.take(JOB, job.name, measured.rate)
                report.take(COST, job.name + ": processor", measured.processor, "µs/event")
        with Place(servers, templates) as place:
            job = replace(THE_JOB, name="kernel, traced: every event its own trace", environment=traced)
            measured = run(job, place, records(EVENTS, 1))
        report.take(JOB, job.name, measured.rate)
        report.take(COST, job.name + ": processor", measured.processor, "µs/event")


@pytest.mark.parametrize(("pace", "per_transaction"), [(100, 1), (1_000, 1), (1_000, 10)])
def test_from_commit_to_readable(
    pace: int, per_transaction: int, servers: Servers, templates: Templates, report: Report, tmp_path: Path
) -> None:
    notes = tmp_path / "committed.json"
    told: dict[str, object] = {
        "BENCH_PACE": pace,
        "BENCH_PER_TRANSACTION": per_transaction,
        "BENCH_SECONDS": LATENCY_SECONDS,
    }
    told |= {"BENCH_NOTES": notes}
    job = Job("saying", "kernel_said.py", {name: str(value) for name, value in told.items()})
    with Place(servers, templates) as place:
        client = KafkaConsumer({"bootstrap.servers": servers.kafka, "group.id": place.prefix + "reader"})
        client.assign([TopicPartition(place.outlet, partition, 0) for partition in range(PARTITIONS)])
        read: dict[str, int] = {}
        with started(job, place) as (process,):
            while process.poll() is None:
                # One at a time: asked for several, the library waits for all of them or the timeout.
                message = client.poll(0.05)
                if message is not None:
                    read.setdefault(str(dict(message.headers())["ce_id"], "utf-8"), monotonic_ns())
        client.close()
    committed: dict[str, int] = json.loads(notes.read_text())
    assert committed.keys() <= read.keys()
    waited = [(read[name] - at) / 1e6 for name, at in committed.items()]
    section = "latency from commit to readable in the next topic"
    for share, label in ((0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")):
        name = f"{pace:,} events/s, {per_transaction} per transaction, {label}"
        report.take(section, name, percentile(waited, share), "ms", f"of {len(waited):,}")


def test_a_backlog_drains_in_order_and_in_level_memory(servers: Servers, templates: Templates, report: Report) -> None:
    section, memory = f"a backlog of {BACKLOG:,} outbox rows", []
    with Place(servers, templates) as place:
        asyncio.run(kernel_growth.fill_outbox(place.url, BACKLOG))
        outlet = Outlet(place)
        with started(THE_JOB, place) as (process,):
            wait_for_shares(place, 1)
            first = beginning, so_far = monotonic(), outlet.count()
            while so_far < BACKLOG and beginning - first[0] < LONGEST:
                sleep(0.1)
                beginning, so_far = monotonic(), outlet.count()
                memory.append(resident_megabytes(process))
        assert so_far >= BACKLOG
        report.take(section, "drained", (BACKLOG - first[1]) / (beginning - first[0]))
        report.take(section, "memory after a tenth", memory[len(memory) // 10], "MB")
        report.take(section, "memory at the end", memory[-1], "MB")
        report.take(section, "memory at most", max(memory), "MB")
        sequences = outlet.sequences(BACKLOG)
        outlet.close()
    assert all(found == sorted(found) for found in sequences.values())
    report.take(section, "keys, each in order", len(sequences), "keys")


def test_cost_as_the_tables_grow(servers: Servers, templates: Templates, report: Report) -> None:
    sizes = [10_000, 100_000, 1_000_000, *([10_000_000] if FULL else [])]
    measured = asyncio.run(kernel_growth.measure(templates, sizes, rounds=15 if FULL else 8))
    for size, values in measured.items():
        for value in values:
            report.take("a batch of 1,000 into large tables", f"{size:,} {GROWN}", value, "µs/event")


def test_a_plan_made_for_an_empty_outbox_does_for_a_full_one(
    servers: Servers, templates: Templates, report: Report
) -> None:
    for _ in range(ROUNDS):
        for planned_when_empty, name in (
            (False, "with statistics of now"),
            (True, "with statistics of an empty outbox"),
        ):
            with Place(servers, templates) as place:
                taken = kernel_growth.delete_what_was_acknowledged(place.url, planned_when_empty=planned_when_empty)
                report.take("deleting 4,000 acknowledged rows of 30,000", name, asyncio.run(taken), "ms")


def _compare(report: Report) -> None:
    """The ratios worth reading."""
    limits = [name for name in ("aiokafka getmany", "confluent-kafka produce", "asyncpg upsert, unnest")
              if name in report.figures]  # fmt: skip
    if limits:
        slowest = min(limits, key=report.median)
        report.ratio(f"kernel / the slowest library it stands on ({slowest})", "kernel", slowest)
    report.ratio("kernel / the job's SQL alone", "kernel", "the job's SQL alone, one connection")
    for peer in PEERS:
        report.ratio(f"kernel / {peer.name}", "kernel", peer.name)
    report.ratio("2 processes / 1", "kernel, 2 processes", "kernel")
    report.ratio("4 processes / 1", "kernel, 4 processes", "kernel")
    for name in list(report.figures):
        if name.startswith("kernel, ") and name.endswith(": processor") and "processes" not in name:
            report.ratio(f"processor time, {name[8:-11]} / kernel", name, "kernel: processor")
    growth = [name for name in report.figures if name.endswith(GROWN)]
    for name in growth[1:]:
        report.ratio(f"cost at {name.split()[0]} rows / at {growth[0].split()[0]}", name, growth[0])
    report.ratio(
        "deleting with statistics of an empty outbox / of now",
        "with statistics of an empty outbox",
        "with statistics of now",
    )
    report.ratio("memory at the end of the backlog / after a tenth", "memory at the end", "memory after a tenth")
