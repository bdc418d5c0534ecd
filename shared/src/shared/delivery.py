"""The batch transaction: arrivals in, effects and events out, exactly once, whatever fails on the way."""

import asyncio
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
from shared.outbox import Row
from shared.waves import waves

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Outcome:
    """What one batch came to."""

    handled: int = 0
    repeated: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    parked: list[tuple[Arrival, str]] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    said: list[Row] = field(default_factory=list)


class Delivery:
    """Gives batches of one consumer their effect in one database."""

    def __init__(self, consumer: Consumer, database: Database) -> None:
        self.consumer = consumer
        self.database = database

    async def deliver(self, arrivals: Sequence[Arrival]) -> Outcome:
        """Returns when every arrival has had its effect once, or is parked; waits for a missing database."""
        decoded = [self.consumer.decode(arrival) for arrival in arrivals]
        careful, tries = False, 0
        while True:
            try:
                return await self._attempt(decoded, careful=careful)
            except Exception as error:
                if faults.is_of_the_message(error):
                    if careful:
                        raise
                    careful = True
                    log.warning("batch bisected", error=faults.where(error), messages=len(arrivals))
                    continue
                tries += 1
                log.warning("batch tried again", error=faults.where(error), tries=tries)
            await asyncio.sleep(uniform(0.5, 1.0) * min(5.0, 0.02 * 2 ** min(tries, 9)))

    async def _attempt(self, decoded: Sequence[Decoded], *, careful: bool) -> Outcome:
        outcome = Outcome()
        async with self.database.transaction() as tx:
            job = Job(self.consumer, tx, outcome, careful=careful)
            await job.run(await job.admit(decoded))
            outcome.said = tx.said
        return outcome


class Job:
    """One transaction's worth of work: a batch, a replay, or what was released from waiting."""

    def __init__(self, consumer: Consumer, tx: Transaction, outcome: Outcome, *, careful: bool) -> None:
        self.consumer = consumer
        self.tx = tx
        self.outcome = outcome
        self.careful = careful
        self.parked = ParkedKeys()

    async def admit(self, decoded: Sequence[Decoded]) -> list[Message[Any]]:
        """Drop what was done before, park what is broken or behind a parked message; returns what may flow."""
        before = await offsets.advance(self.tx, self.consumer.group, [_arrival(item) for item in decoded])
        fresh = [item for item in decoded if _arrival(item).offset >= before[_partition(item)]]
        fresh = await self._new_to_the_inbox(fresh)
        self.outcome.repeated = len(decoded) - len(fresh)
        ours = [item for item in fresh if not isinstance(item, Skipped)]
        for skipped in fresh:
            if isinstance(skipped, Skipped):
                self.outcome.skipped[skipped.reason] = self.outcome.skipped.get(skipped.reason, 0) + 1
        await self.parked.lock_shared(self.tx, (_arrival(item).aggregate for item in ours))
        flowing: list[Message[Any]] = []
        for item in ours:
            if _arrival(item).aggregate in self.parked.keys:
                await self._park(_arrival(item), BEHIND, {})
            elif isinstance(item, Broken):
                await self._park(item.arrival, item.reason, item.detail)
            else:
                flowing.append(item)
        return flowing

    async def _new_to_the_inbox(self, items: list[Decoded]) -> list[Decoded]:
        identities = {
            (headers["ce_source"], headers["ce_id"]): place
            for place, headers in reversed(list(enumerate(_arrival(item).headers for item in items)))
            if _arrival(items[place]).sound and not isinstance(items[place], Skipped)
        }
        new = await inbox.admit(self.tx, list(identities))
        repeats = {place for identity, place in identities.items() if identity not in new}
        first = set(identities.values())
        return [
            item
            for place, item in enumerate(items)
            if place not in repeats and (place in first or isinstance(item, Skipped) or not _arrival(item).sound)
        ]

    async def run(self, messages: Sequence[Message[Any]]) -> None:
        """Hand messages to their handlers; carefully means in savepoints, so that poison is found and parked."""
        if self.careful:
            await self._bisect(messages)
        else:
            await self._dispatch(messages)

    async def _dispatch(self, messages: Sequence[Message[Any]]) -> None:
        for wave in waves(messages):
            await self._call(wave)
        self.outcome.handled += len(messages)

    async def _call(self, wave: list[Message[Any]]) -> None:
        _, handler = self.consumer.handlers[wave[0].type]
        await handler(self.tx, Batch(wave))
        while self.tx.held:
            again, self.tx.held = self.tx.held, []
            await handler(self.tx, Batch(again))
        await self._release()

    async def _release(self) -> None:
        """What the handler released is run carefully: its poison must not be blamed on the message that released it."""
        while self.tx.released:
            arrivals, self.tx.released = self.tx.released, []
            await self.parked.lock_shared(self.tx, (arrival.aggregate for arrival in arrivals))
            decoded = [self.consumer.decode(arrival) for arrival in arrivals]
            await self._bisect([item for item in decoded if isinstance(item, Message)])
            for item in decoded:
                if not isinstance(item, Message):
                    await self._park(item.arrival, item.reason, {})

    async def _bisect(self, messages: Sequence[Message[Any]]) -> None:
        await bisect(self.tx, messages, self._dispatch, self._park_poison, self._unblocked)

    async def _park_poison(self, message: Message[Any], error: Exception) -> None:
        self.outcome.errors.append(error)
        await self._park(message.arrival, "handler_failed", {"error": faults.where(error)})

    async def _unblocked(self, messages: Sequence[Message[Any]]) -> Sequence[Message[Any]]:
        flowing, behind = dead_letters.split(messages, self.parked)
        for message in behind:
            await self._park(message.arrival, BEHIND, {})
        return flowing

    async def _park(self, arrival: Arrival, reason: str, detail: dict[str, Any]) -> None:
        self.outcome.parked.append((arrival, reason))
        await dead_letters.park(self.tx, self.consumer.group, self.parked, arrival, reason, detail)


def _arrival(item: Decoded) -> Arrival:
    return item.arrival


def _partition(item: Decoded) -> tuple[str, int]:
    return item.arrival.topic, item.arrival.partition
