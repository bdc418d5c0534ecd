"""The batch transaction: arrivals in, effects and events out, exactly once, whatever fails on the way."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import uniform
from typing import Any

import structlog

from shared import dead_letters, faults, inbox, offsets
from shared.bisection import bisect
from shared.consuming import Batch, Broken, Consumer, Decoded, Message, Skipped
from shared.database import Database, Transaction
from shared.dead_letters import BEHIND, ParkedKeys
from shared.envelope import Arrival
from shared.failpoints import Failpoints
from shared.metrics import Metrics
from shared.outbox import Row
from shared.telemetry import Telemetry
from shared.waves import waves

log = structlog.get_logger(__name__)

CHECK_CONSTRAINTS = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"


@dataclass(slots=True)
class Outcome:
    """What one batch came to."""

    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    admitted: int = 0
    parked: list[tuple[Arrival, str]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    said: list[Row] = field(default_factory=list)

    def count(self, metrics: Metrics) -> None:
        """Add what became of each event to the service's metrics."""
        for (type_name, result), number in self.results.items():
            metrics.events.labels(type_name, result).inc(number)


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
        await Job(self, tx, Outcome(), careful=True).run([])

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
        async with self.database.transaction() as tx:
            job = Job(self, tx, outcome, careful=careful)
            before = await offsets.advance(tx, self.consumer.group, [item.arrival for item in decoded])
            self._require_no_step_back(before)
            await job.run(
                await job.admit([item for item in decoded if item.arrival.offset >= before[_partition(item)]])
            )
            outcome.results["", "repeated"] += len(decoded) - outcome.admitted
            outcome.said = tx.said
            self.failpoints.passed("before_commit")
        self.failpoints.passed("after_commit")
        for item in decoded:
            self._reached[_partition(item)] = max(self._reached.get(_partition(item), 0), item.arrival.offset + 1)
        return outcome

    def _require_no_step_back(self, before: dict[tuple[str, int], int]) -> None:
        for partition, offset in before.items():
            if offset < self._reached.get(partition, 0):
                raise offsets.WentBackError(*partition, offset)


class Job:
    """One transaction's worth of work: a batch, a replay, or what was released from waiting."""

    def __init__(self, delivery: Delivery, tx: Transaction, outcome: Outcome, *, careful: bool) -> None:
        self.consumer = delivery.consumer
        self.metrics = delivery.metrics
        self.tx = tx
        self.outcome = outcome
        self.careful = careful
        self.parked = ParkedKeys()
        self.stuck: list[Broken] = []

    async def admit(self, decoded: Sequence[Decoded]) -> list[Message[Any]]:
        """Drop what the inbox knows, park what is broken or behind a parked message; returns what may flow."""
        fresh = await self._new_to_the_inbox(decoded)
        self.outcome.admitted = len(fresh)
        self.outcome.results.update(("", item.reason) for item in fresh if isinstance(item, Skipped))
        ours = [item for item in fresh if not isinstance(item, Skipped)]
        await self.parked.lock_shared(self.tx, (_arrival(item).aggregate for item in ours))
        return self._flowing(ours)

    def _flowing(self, items: list[Message[Any] | Broken]) -> list[Message[Any]]:
        """What may flow; the rest is parked after it, for what came earlier must not find its key parked already."""
        flowing: list[Message[Any]] = []
        stuck = set(self.parked.keys)
        for item in items:
            if item.arrival.aggregate in stuck:
                self.stuck.append(Broken(item.arrival, BEHIND, {}))
            elif isinstance(item, Broken):
                self.stuck.append(item)
                if item.arrival.key is not None:
                    stuck.add(item.arrival.aggregate)
            else:
                flowing.append(item)
        return flowing

    async def _new_to_the_inbox(self, items: Sequence[Decoded]) -> list[Decoded]:
        identities = [_identity(item) for item in items]
        new = await inbox.admit(self.tx, list(dict.fromkeys(identity for identity in identities if identity)))
        kept = []
        for item, identity in zip(items, identities, strict=True):
            if identity is None or identity in new:
                kept.append(item)
                new.discard(identity)
        return kept

    async def run(self, messages: Sequence[Message[Any]]) -> None:
        """Hand messages to their handlers; carefully means in savepoints, so that poison is found and parked."""
        if self.careful:
            await self._bisect(messages)
        else:
            await self.dispatch(messages)
        await self.release()
        for item in self.stuck:
            await self._park(item.arrival, item.reason, item.detail)

    async def dispatch(self, messages: Sequence[Message[Any]]) -> None:
        """Call the handlers, wave by wave; raises what they raise."""
        for arrived in waves(messages):
            # What an earlier wave released may have been poison of the same key.
            wave = await self._unblocked(arrived)
            if not wave:
                continue
            _, handler = self.consumer.handlers[wave[0].type]
            with self.metrics.handler_seconds.labels(wave[0].type).time():
                await handler(self.tx, Batch(wave))
            self.outcome.results[wave[0].type, "handled"] += len(wave) - len(self.tx.held)
            await self.release()

    async def release(self) -> None:
        """What the handler released is run carefully: its poison must not be blamed on the message that released it."""
        while self.tx.held or self.tx.released:
            held, self.tx.held = self.tx.held, []
            await self.dispatch(held)
            arrivals, self.tx.released = self.tx.released, []
            await self.parked.lock_shared(self.tx, (arrival.aggregate for arrival in arrivals))
            decoded = [self.consumer.decode(arrival) for arrival in arrivals]
            await self._bisect([item for item in decoded if isinstance(item, Message)])
            self.stuck += [item for item in decoded if isinstance(item, Broken)]

    async def _bisect(self, messages: Sequence[Message[Any]]) -> None:
        await bisect(messages, self._try, self._park_poison, self._unblocked)

    async def _try(self, messages: Sequence[Message[Any]]) -> None:
        """Dispatch in a savepoint; what fails at commit must fail here, and nothing of it may remain in memory."""
        keys, results = set(self.parked.keys), Counter(self.outcome.results)
        parked, errors, stuck = len(self.outcome.parked), len(self.outcome.errors), len(self.stuck)
        try:
            async with self.tx.savepoint():
                await self.dispatch(messages)
                await self.tx.execute(CHECK_CONSTRAINTS)
        except BaseException:
            self.parked.keys, self.outcome.results = keys, results
            del self.outcome.parked[parked:], self.outcome.errors[errors:], self.stuck[stuck:]
            raise

    async def _park_poison(self, message: Message[Any], error: Exception) -> None:
        self.outcome.errors.append(error)
        await self._park(message.arrival, "handler_failed", {"error": faults.where(error)})

    async def _unblocked(self, messages: Sequence[Message[Any]]) -> Sequence[Message[Any]]:
        if not self.parked.keys:
            return messages
        flowing, behind = dead_letters.split(messages, self.parked)
        for message in behind:
            await self._park(message.arrival, BEHIND, {})
        return flowing

    async def _park(self, arrival: Arrival, reason: str, detail: dict[str, Any]) -> None:
        self.outcome.parked.append((arrival, reason))
        self.outcome.results[arrival.headers.get("ce_type", "") if arrival.sound else "", "parked"] += 1
        await dead_letters.park(self.tx, self.consumer.group, self.parked, arrival, reason, detail)


def _identity(item: Decoded) -> tuple[str, str] | None:
    """Source and id, None where there is none to rely on or to care about."""
    if isinstance(item, Skipped) or (isinstance(item, Broken) and not item.arrival.sound):
        return None
    return item.arrival.headers["ce_source"], item.arrival.headers["ce_id"]


def _arrival(item: Decoded) -> Arrival:
    return item.arrival


def _partition(item: Decoded) -> tuple[str, int]:
    return item.arrival.topic, item.arrival.partition
