"""One transaction's worth of messages: admitted, handed to handlers in waves, bisected and parked where they fail."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared import dead_letters, faults, inbox, waiting
from shared.bisection import bisect
from shared.consuming import Batch, Broken, Consumer, Decoded, Message, Skipped
from shared.database import Transaction
from shared.dead_letters import BEHIND, ParkedKeys
from shared.envelope import Arrival
from shared.metrics import Metrics
from shared.offsets import Partition
from shared.outbox import Row
from shared.waves import waves

# Deferred constraints fail where they can be blamed on a message, not at COMMIT.
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


class Job:
    """One transaction's worth of work: a batch, a replay, or what was released from waiting."""

    def __init__(
        self, consumer: Consumer, metrics: Metrics, tx: Transaction, outcome: Outcome, *, careful: bool
    ) -> None:
        self.consumer = consumer
        self.metrics = metrics
        self.tx = tx
        self.outcome = outcome
        self.careful = careful
        self.parked = ParkedKeys()
        self.stood: Mapping[Partition, int] = {}
        self.stuck: list[Broken] = []

    async def admit(
        self, decoded: Sequence[Decoded], following: Mapping[Partition, int] | None = None
    ) -> list[Message[Any]]:
        """Move partitions on, drop what was done, park what is broken or parked behind; returns what may flow."""
        identities = [_identity(item) for item in decoded]
        ours = {item.arrival.aggregate for item in decoded if not isinstance(item, Skipped)}
        received = await inbox.receive(
            self.tx,
            self.consumer.group,
            following or {},
            dict.fromkeys(identity for identity in identities if identity),
            [(topic, key) for topic, key in ours if key is not None],
        )
        self.stood = received.stood
        self.parked.meet(received.parked)
        fresh = self._not_done(decoded, identities, received.new)
        self.outcome.admitted = len(fresh)
        self.outcome.results.update(("", item.reason) for item in fresh if isinstance(item, Skipped))
        return self._flowing([item for item in fresh if not isinstance(item, Skipped)])

    def _not_done(
        self, decoded: Sequence[Decoded], identities: Sequence[inbox.Identity | None], new: set[inbox.Identity]
    ) -> list[Decoded]:
        """What is new by offset and by identity, each once: a batch may hold what was polled, or sent, twice."""
        fresh: dict[tuple[str, int, int], Decoded] = {}
        for item, identity in zip(decoded, identities, strict=True):
            topic, partition, offset = item.arrival.topic, item.arrival.partition, item.arrival.offset
            if offset >= self.stood.get((topic, partition), 0) and (identity is None or identity in new):
                fresh[topic, partition, offset] = item
                if identity is not None:
                    new.discard(identity)
        return list(fresh.values())

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

    async def run(self, messages: Sequence[Message[Any]]) -> None:
        """Hand messages to their handlers; carefully means in savepoints, so that poison is found and parked."""
        if self.careful:
            await self._bisect(messages)
        else:
            await self.dispatch(messages)
        await self.finish()

    async def finish(self) -> None:
        """Run what was released last, and park what turned out to be stuck."""
        await self.release()
        stuck, self.stuck = self.stuck, []
        for item in stuck:
            await self._park(item.arrival, item.reason, item.detail)

    async def dispatch(self, messages: Sequence[Message[Any]]) -> None:
        """Call the handlers, wave by wave; raises what they raise."""
        for arrived in waves(messages, self.consumer.together):
            # What an earlier wave released may have been poison of the same key.
            wave = await self._unblocked(arrived)
            if not wave:
                continue
            kind = wave[0].type
            _, handler = self.consumer.handlers[kind]
            with self.metrics.handler_seconds.labels(self.consumer.together.get(kind, kind)).time():
                await handler(self.tx, Batch(wave))
            self.outcome.results.update((message.type, "handled") for message in wave)
            self.outcome.results.subtract((message.type, "handled") for message in self.tx.held)
            await self.release()

    async def release(self) -> None:
        """What the handler released is run carefully: its poison must not be blamed on the message that released it."""
        while self.tx.held or self.tx.released:
            held, self.tx.held = self.tx.held, []
            await waiting.lock_as_holder(self.tx)
            await self.dispatch(held)
            arrivals, self.tx.released = self.tx.released, []
            await self.parked.lock_shared(self.tx, (arrival.aggregate for arrival in arrivals))
            decoded = [self.consumer.decode(arrival) for arrival in arrivals]
            await self._bisect([item for item in decoded if isinstance(item, Message)])
            self.stuck += [item for item in decoded if isinstance(item, Broken)]

    async def _bisect(self, messages: Sequence[Message[Any]]) -> None:
        await bisect(messages, self.attempt, self._park_poison, self._unblocked)

    async def attempt(self, messages: Sequence[Message[Any]]) -> None:
        """Dispatch in a savepoint; what fails at commit must fail here, and nothing of it may remain in memory."""
        keys, results = set(self.parked.keys), Counter(self.outcome.results)
        parked, errors, stuck = len(self.outcome.parked), len(self.outcome.errors), len(self.stuck)
        try:
            async with self.tx.savepoint():
                await self.dispatch(messages)
                await self.tx.conclude()
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
