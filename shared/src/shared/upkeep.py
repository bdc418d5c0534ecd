"""What a service does on the side: forget old inbox rows, and measure backlog, lag and what is stuck."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

import structlog

from shared import faults, inbox
from shared.database import Database
from shared.metrics import Metrics

log = structlog.get_logger(__name__)

MEASURE_EVERY = 5.0
PRUNE_EVERY = 600.0

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


async def prune_for_ever(database: Database, kept: timedelta = inbox.KEPT) -> None:
    """Every ten minutes, forget events older than that in small transactions."""
    while True:
        try:
            await inbox.prune(database, kept=kept)
        except Exception as error:
            if faults.is_of_the_message(error):
                raise
        await asyncio.sleep(PRUNE_EVERY)


async def measure_for_ever(database: Database, metrics: Metrics, subscription: Callable[[], Reading | None]) -> None:
    """Every five seconds, read the gauges."""
    while True:
        try:
            async with asyncio.timeout(MEASURE_EVERY):
                await measure(database, metrics)
        except Exception as error:
            if faults.is_of_the_message(error):
                raise
            log.warning("not measured", error=faults.where(error))
        reading = subscription()
        if reading is not None:
            measure_reading(metrics, reading)
        await asyncio.sleep(MEASURE_EVERY)


def measure_reading(metrics: Metrics, reading: Reading) -> None:
    """Read the gauges that the consumer knows; lag of a partition that others have now is theirs to tell."""
    metrics.last_poll_age.set(reading.answer_age)
    metrics.lag.clear()
    for topic, lag in reading.lag().items():
        metrics.lag.labels(topic).set(lag)


async def measure(database: Database, metrics: Metrics) -> None:
    """Read the gauges that stand in the database."""
    for rows, age in await database.pool.fetch(BACKLOG):
        metrics.outbox_rows.set(rows)
        metrics.outbox_age.set(age)
    metrics.parked_keys.set(await database.pool.fetchval(PARKED_KEYS))
    metrics.waiting.clear()
    for kind, number in await database.pool.fetch(WAITING):
        metrics.waiting.labels(kind).set(number)
