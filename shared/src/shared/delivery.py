"""The batch transaction: arrivals in, effects and events out, exactly once, whatever fails on the way."""

import asyncio
from collections.abc import Mapping, Sequence
from random import uniform

import structlog

from shared import faults, offsets
from shared.consuming import Consumer, Decoded, Message
from shared.database import Database, Transaction
from shared.envelope import Arrival
from shared.failpoints import Failpoints
from shared.jobs import Job, Outcome
from shared.metrics import Metrics
from shared.telemetry import Telemetry

log = structlog.get_logger(__name__)


class Delivery:
    """Gives batches of one consumer their effect in one database."""

    def __init__(
        self,
        consumer: Consumer,
        database: Database,
        *,
        telemetry: Telemetry | None = None,
        metrics: Metrics | None = None,
        failpoints: Failpoints | None = None,
    ) -> None:
        self.consumer = consumer
        self.database = database
        self.telemetry = telemetry or Telemetry()
        self.metrics = metrics or Metrics()
        self.failpoints = failpoints or Failpoints()
        self._reached: dict[tuple[str, int], int] = {}
        database.settle = self.settle

    async def settle(self, tx: Transaction) -> None:
        """Run what a route or a background job released."""
        await Job(self.consumer, self.metrics, tx, Outcome(), careful=True).run([])

    async def deliver(self, arrivals: Sequence[Arrival]) -> Outcome:
        """Returns when every arrival has had its effect once, or is parked; waits for a missing database."""
        return await self.deliver_decoded(self.decode(arrivals))

    def decode(self, arrivals: Sequence[Arrival]) -> list[Decoded]:
        """What the arrivals are; the only part that needs no database."""
        return [self.consumer.decode(arrival) for arrival in arrivals]

    async def deliver_decoded(self, decoded: Sequence[Decoded]) -> Outcome:
        """As `deliver`, for arrivals that were decoded while the last batch was committing."""
        with (
            self.telemetry.consuming([item for item in decoded if isinstance(item, Message)]),
            self.metrics.batch_seconds.time(),
        ):
            outcome = await self._until_committed(decoded)
        outcome.count(self.metrics)
        return outcome

    async def _until_committed(self, decoded: Sequence[Decoded]) -> Outcome:
        careful, tries = False, 0
        while True:
            try:
                return await self._attempt(decoded, careful=careful)
            except offsets.WentBackError:
                raise
            except Exception as error:
                fault = faults.of(error)
                if fault == "message" and careful:
                    raise
                log.warning("batch tried again", fault=fault, error=faults.where(error), tries=tries)
                self.metrics.batches_retried.labels(fault).inc()
                careful = careful or fault == "message"
            await asyncio.sleep(uniform(0.5, 1.0) * min(5.0, 0.01 * 2 ** min(tries, 9)))
            tries += 1

    async def _attempt(self, decoded: Sequence[Decoded], *, careful: bool) -> Outcome:
        outcome = Outcome()
        following = offsets.after(item.arrival for item in decoded)
        async with self.database.transaction() as tx:
            job = Job(self.consumer, self.metrics, tx, outcome, careful=careful)
            flowing = await job.admit(decoded, following)
            self._require_no_step_back(job.stood)
            await job.run(flowing)
            outcome.results["", "repeated"] += len(decoded) - outcome.admitted
            outcome.said = tx.said
            self.failpoints.passed("before_commit")
        self.failpoints.passed("after_commit")
        for partition, offset in following.items():
            self._reached[partition] = max(self._reached.get(partition, 0), offset)
        return outcome

    def _require_no_step_back(self, before: Mapping[offsets.Partition, int]) -> None:
        for partition, offset in before.items():
            if offset < self._reached.get(partition, 0):
                raise offsets.WentBackError(*partition, offset)
