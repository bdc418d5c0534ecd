"""The kernel, measured: one job on it, below it and on other roads, its latency, its scaling, its cost as work grows.

Everything is repeated in turn (A B C A B C …) and told as medians and ratios, because a machine is never quite alone.
BENCH_FULL=1 takes longer repeats, a backlog of a million, and tables of ten million rows.
"""

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import monotonic, monotonic_ns, sleep
from typing import Any

import kernel_growth
import kernel_hop
import kernel_raw
import kernel_sink
import pytest
from confluent_kafka import Consumer as KafkaConsumer
from confluent_kafka import TopicPartition
from kernel_load import PARTITIONS, Outlet, Place, Record, records, records_about
from kernel_runs import Job, resident_megabytes, run, started, wait_for_shares
from measured import FULL, Report, percentile

from khamdoan.testing.servers import Servers
from shared.testing import Templates

EVENTS = 120_000 if FULL else 60_000
RAW_EVENTS = 30_000
SLOW_EVENTS = 3_000
SLOW_SECONDS = 30 if FULL else 8
ROUNDS = 5 if FULL else 3
LATENCY_SECONDS = 60 if FULL else 6
LONGEST = 600.0
BACKLOG = 1_000_000 if FULL else 60_000

THE_JOB = Job("kernel")
PEERS = [
    Job("naive: FastStream + SQLAlchemy, one message at a time", "peers/naive_peer.py", of_the_kernel=False),
    Job("faststream-outbox", "peers/outbox_peer.py", of_the_kernel=False),
]
LIMITS = "limits of the libraries (500-byte events, 6 partitions)"
JOB = "the job: consume, dedupe, upsert, outbox, relay, next topic"
GROWN = "rows in each table"
SQL_ALONE = "the job's SQL alone, one connection"
ONE_PERCENT = "kernel, metrics and 1 % of traces"
UNFRAMED = "kernel, raw getmany instead of FastStream"
DRAINED = "drained"
MEMORY = "memory of a process at the end (resident)"
LIBRARIES = ("aiokafka getmany", "confluent-kafka produce", "asyncpg upsert, unnest")
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
    events = records(RAW_EVENTS)
    for _ in range(ROUNDS):
        with Place(servers, templates) as place:
            measured = {
                "confluent-kafka produce": kernel_raw.produce_with_librdkafka(place, events),
                "confluent-kafka consume": kernel_raw.consume_with_librdkafka(place, RAW_EVENTS),
                "aiokafka getmany": asyncio.run(kernel_raw.consume_with_aiokafka(place, RAW_EVENTS)),
                "aiokafka produce": asyncio.run(kernel_raw.produce_with_aiokafka(place, events)),
                "asyncpg COPY": asyncio.run(kernel_raw.copy(place, events)),
                "asyncpg upsert, unnest": asyncio.run(kernel_raw.upsert(place, events)),
            }
        for name, value in measured.items():
            report.take(LIMITS, name, value)


def test_the_job_on_the_kernel_and_on_other_roads(servers: Servers, templates: Templates, report: Report) -> None:
    with kernel_sink.running() as sink:
        for number in range(ROUNDS):
            with Place(servers, templates) as place:
                alone = asyncio.run(kernel_raw.sql_of_the_job(place, records(RAW_EVENTS)))
            report.take(JOB, SQL_ALONE, alone)
            for job, rounds, shape in _jobs(sink):
                if number < rounds or FULL:
                    _measure(
                        job, records(EVENTS, **shape) if job.of_the_kernel else records(SLOW_EVENTS), place, report
                    )


def _jobs(sink: str) -> Iterator[tuple[Job, int, dict[str, Any]]]:
    """Each with how often it is repeated and the shape of its events; what goals speak of is repeated most."""
    traced = {"OTEL_EXPORTER_OTLP_ENDPOINT": sink}
    yield THE_JOB, ROUNDS, {}
    own_traces = replace(THE_JOB, environment=traced)
    yield replace(own_traces, name=ONE_PERCENT), ROUNDS, {"events_per_trace": 1, "sampled": 0.01}
    yield replace(THE_JOB, name=UNFRAMED, environment={"BENCH_POLLING": "raw"}), ROUNDS, {}
    for processes in (2, 3, 4):
        yield replace(THE_JOB, name=f"kernel, {processes} processes", processes=processes), 2, {}
    for lanes in (1, 2):
        yield replace(THE_JOB, name=f"kernel, lanes: {lanes}", environment={"KAFKA_LANES": str(lanes)}), 1, {}
    for size in (100, 300, 3_000):
        name = f"kernel, batches of {size:,}"
        yield replace(THE_JOB, name=name, environment={"KAFKA_MAX_RECORDS": str(size)}), 1, {}
    yield replace(own_traces, name="kernel, every event its own recorded trace"), 1, {"events_per_trace": 1}
    for peer in PEERS:
        yield peer, 2, {}


def _measure(job: Job, events: list[Record], place: Place, report: Report) -> None:
    with Place(place.servers, place.templates) as own:
        measured = run(job, own, events, seconds=60 if job.of_the_kernel else SLOW_SECONDS)
    report.take(JOB, job.name, measured.rate)
    report.take(COST, job.name + ": processor", measured.processor, "µs/event")
    if job.of_the_kernel:
        report.take(MEMORY, job.name + ": memory", measured.memory, "MB")


@pytest.mark.parametrize(("pace", "per_transaction"), [(100, 1), (1_000, 1), (1_000, 10)])
def test_from_commit_to_readable(
    pace: int, per_transaction: int, servers: Servers, templates: Templates, report: Report, tmp_path: Path
) -> None:
    with Place(servers, templates) as place:
        waited = _latencies(place, place.outlet, pace, per_transaction, tmp_path)
    _tell(report, "latency from commit to readable in the next topic", f"{pace:,} events/s, {per_transaction}", waited)


@pytest.mark.parametrize(("pace", "per_transaction"), [(100, 1), (1_000, 10)])
def test_through_three_services_in_a_row(
    pace: int, per_transaction: int, servers: Servers, templates: Templates, report: Report, tmp_path: Path
) -> None:
    topics = [topic for heard, said in kernel_hop.HOPS.values() for topic in (said.entry.topic,)]
    with Place(servers, templates, topics) as place, ExitStack() as row:
        for name in kernel_hop.HOPS:
            told = {"BENCH_HOP": name, "DATABASE_URL": place.another_database()}
            row.enter_context(started(Job(name, "kernel_hop.py", told), place))
            place.wait_for_group(place.prefix + name, 1)
        waited = _latencies(place, place.prefix + topics[-1], pace, per_transaction, tmp_path)
    section = "latency from the first commit to readable behind three services in a row"
    _tell(report, section, f"three services, {pace:,} events/s, {per_transaction}", waited)


def _latencies(place: Place, topic: str, pace: int, per_transaction: int, folder: Path) -> list[float]:
    """Milliseconds from the commit of each event until what it led to can be read from the topic, by key."""
    notes = folder / "committed.json"
    told: dict[str, object] = {
        "BENCH_PACE": pace, "BENCH_PER_TRANSACTION": per_transaction, "BENCH_SECONDS": LATENCY_SECONDS,
        "BENCH_NOTES": notes,
    }  # fmt: skip
    job = Job("saying", "kernel_said.py", {name: str(value) for name, value in told.items()})
    client = KafkaConsumer({"bootstrap.servers": place.servers.kafka, "group.id": place.prefix + "reader"})
    client.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    read: dict[str, int] = {}
    with started(job, place) as (process,):
        until = monotonic() + LATENCY_SECONDS + 180
        while (process.poll() is None or json.loads(notes.read_text()).keys() - read.keys()) and monotonic() < until:
            # One at a time: asked for several, the library waits for all of them or the timeout.
            message = client.poll(0.05)
            if message is not None:
                read.setdefault(str(message.key(), "utf-8"), monotonic_ns())
    client.close()
    committed: dict[str, int] = json.loads(notes.read_text())
    assert committed
    assert committed.keys() <= read.keys()
    return [(read[key] - at) / 1e6 for key, at in committed.items()]


def _tell(report: Report, section: str, name: str, waited: list[float]) -> None:
    for share, label in ((0.5, "p50"), (0.99, "p99"), (0.999, "p99.9")):
        report.take(section, f"{name} per transaction, {label}", percentile(waited, share), "ms", f"of {len(waited):,}")


def test_a_backlog_drains_in_order_beside_new_events_and_in_level_memory(
    servers: Servers, templates: Templates, report: Report
) -> None:
    section, memory, new = f"a backlog of {BACKLOG:,} outbox rows, a tenth as many new events", [], BACKLOG // 10
    with Place(servers, templates) as place:
        asyncio.run(kernel_growth.fill_outbox(place.url, BACKLOG))
        events = records_about(kernel_growth.keys_of_backlog(BACKLOG), new, random.Random(5))
        outlet = Outlet(place)
        with started(THE_JOB, place) as (process,):
            wait_for_shares(place, 1)
            first = now, so_far = monotonic(), outlet.count()
            place.fill(events)
            while so_far < BACKLOG + new and now - first[0] < LONGEST:
                sleep(0.1)
                now, so_far = monotonic(), outlet.count()
                memory.append(resident_megabytes(process))
        assert so_far >= BACKLOG + new
        report.take(section, DRAINED, (BACKLOG + new - first[1]) / (now - first[0]))
        report.take(section, "memory after a tenth", memory[len(memory) // 10], "MB")
        report.take(section, "memory at the end", memory[-1], "MB")
        report.take(section, "memory at most", max(memory), "MB")
        sequences = outlet.sequences(BACKLOG + new)
        outlet.close()
    assert all(found == list(range(1, len(found) + 1)) for found in sequences.values())
    report.take(section, "keys, each in order", len(sequences), "keys")


def test_cost_as_the_tables_grow(servers: Servers, templates: Templates, report: Report) -> None:
    sizes = [10_000, 100_000, 1_000_000, *([10_000_000] if FULL else [])]
    measured = asyncio.run(kernel_growth.measure(templates, sizes, rounds=15 if FULL else 8))
    for (drawn, size), values in measured.items():
        for value in values:
            name = f"{size:,} {GROWN}, about {drawn}"
            report.take("a batch of 1,000 into large tables, old inbox rows being forgotten", name, value, "µs/event")


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
    limits = [name for name in LIBRARIES if name in report.figures]
    if limits:
        slowest = min(limits, key=report.median)
        report.ratio(f"kernel / the slowest library it stands on ({slowest})", "kernel", slowest)
    report.ratio("kernel / the job's SQL alone on one connection", "kernel", SQL_ALONE)
    for peer in PEERS:
        report.ratio(f"kernel / {peer.name}", "kernel", peer.name)
    for processes in (2, 3, 4):
        report.ratio(f"{processes} processes / 1", f"kernel, {processes} processes", "kernel")
    report.ratio("kernel / the same without FastStream", "kernel", UNFRAMED)
    report.ratio("metrics and 1 % of traces / no traces", ONE_PERCENT, "kernel")
    for name in list(report.figures):
        if name.startswith("kernel, ") and name.endswith(": processor") and "processes" not in name:
            report.ratio(f"processor time, {name[8:-11]} / kernel", name, "kernel: processor")
    report.ratio("the backlog / the steady rate", DRAINED, "kernel")
    growth = [name for name in report.figures if GROWN in name]
    for name in growth:
        first = next(other for other in growth if other.endswith(name.partition(GROWN)[2]))
        if name != first:
            report.ratio(f"cost at {name} / at {first.split()[0]}", name, first)
    report.ratio(
        "deleting with statistics of an empty outbox / of now",
        "with statistics of an empty outbox",
        "with statistics of now",
    )
    report.ratio("memory at the end of the backlog / after a tenth", "memory at the end", "memory after a tenth")
