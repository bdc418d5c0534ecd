"""What a service measures on the side: backlog, lag, what is stuck, and how near deadlines are."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

import structlog

from shared import faults
from shared.database import Database
from shared.lateness import Deadline, Waiting
from shared.metrics import Metrics

log = structlog.get_logger(__name__)

MEASURE_EVERY = 5.0
DEADLINES_EVERY = 15.0

BACKLOG = "SELECT count(*), coalesce(extract(epoch FROM now() - min(appended_at)), 0)::float FROM outbox"
PARKED_KEYS = "SELECT count(*) FROM parked_keys"
WAITING = "SELECT kind, count(*) FROM waiting GROUP BY kind"


class Reading(Protocol):
    """What the measuring asks of a subscription."""

    @property
    def answer_age(self) -> float:
        """Seconds since Kafka last answered."""

    def lag(self) -> dict[str, int]:
        """Records behind the end, per topic."""

    def standing(self) -> Mapping[tuple[str, int], tuple[int, int]]:
        """Next offset and end of each partition."""


@dataclass(slots=True)
class Measured:
    """What one process measures: its database, its consumer, the shards that it holds, and the deadlines it knows."""

    database: Database
    metrics: Metrics
    subscription: Callable[[], Reading | None]
    shards: Callable[[], int]
    deadlines: Sequence[Deadline] = ()
    waiting: Waiting = field(default_factory=Waiting)
    deadlines_at: float = 0.0


async def measure_for_ever(measured: Measured) -> None:
    """Every five seconds, read the gauges."""
    while True:
        measured.metrics.relay_shards.set(measured.shards())
        try:
            async with asyncio.timeout(MEASURE_EVERY):
                await measure(measured.database, measured.metrics)
                await _measure_deadlines(measured)
        except Exception as error:
            if faults.is_of_the_message(error):
                raise
            log.warning("not measured", error=faults.where(error))
        reading = measured.subscription()
        if reading is not None:
            measure_reading(measured.metrics, reading, measured.waiting)
        await asyncio.sleep(MEASURE_EVERY)


def measure_reading(metrics: Metrics, reading: Reading, waiting: Waiting) -> None:
    """Read the gauges that the consumer knows; lag of a partition that others have now is theirs to tell."""
    metrics.last_poll_age.set(reading.answer_age)
    metrics.lag.clear()
    for topic, lag in reading.lag().items():
        metrics.lag.labels(topic).set(lag)
    metrics.lag_seconds.clear()
    for topic, seconds in waiting.seconds(reading.standing(), monotonic()).items():
        metrics.lag_seconds.labels(topic).set(seconds)


async def _measure_deadlines(measured: Measured) -> None:
    if monotonic() - measured.deadlines_at < DEADLINES_EVERY:
        return
    measured.deadlines_at = monotonic()
    for known in measured.deadlines:
        minutes = await measured.database.pool.fetchval(known.sql)
        if minutes is None:
            with suppress(KeyError):
                measured.metrics.deadline_minutes.remove(known.name)
        else:
            measured.metrics.deadline_minutes.labels(known.name).set(minutes)


async def measure(database: Database, metrics: Metrics) -> None:
    """Read the gauges that stand in the database."""
    for rows, age in await database.pool.fetch(BACKLOG):
        metrics.outbox_rows.set(rows)
        metrics.outbox_age.set(age)
    metrics.parked_keys.set(await database.pool.fetchval(PARKED_KEYS))
    metrics.waiting.clear()
    for kind, number in await database.pool.fetch(WAITING):
        metrics.waiting.labels(kind).set(number)
