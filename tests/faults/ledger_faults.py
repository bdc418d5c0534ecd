"""How each kind of fault is done to a stand, and undone."""

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from uuid import uuid4

import asyncpg
from confluent_kafka import Producer
from ledger_books import Place
from ledger_entries import History
from ledger_schedule import SERVICES, Fault
from ledger_stand import Stand, until

from contracts import catalogue
from contracts.topics import load

PARTITIONS = {topic.name: topic.partitions for topic in load()}


@dataclass
class Saboteur:
    """Does a schedule's faults; remembers what it wrote and which failpoints struck."""

    stand: Stand
    history: History
    random: Random
    poison: dict[Place, list[str]] = field(default_factory=dict)
    strikes_within: float = 12.0
    struck: list[Fault] = field(default_factory=list)
    passed_by: list[Fault] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)

    async def play(self, faults: tuple[Fault, ...]) -> None:
        """Every fault at its time."""
        await asyncio.gather(*(self._at_its_time(fault) for fault in faults))

    async def _at_its_time(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at)
        self.history.note("fault", kind=fault.kind, target=fault.target, seconds=fault.seconds, detail=fault.detail)
        began = monotonic()
        await DOING[fault.kind](self, fault)
        self.figures[f"{fault.kind} {fault.target}"] = round(monotonic() - began, 2)
        self.history.note("undone", kind=fault.kind, target=fault.target)

    async def kill(self, fault: Fault) -> None:
        """A power cut, and the supervisor's restart."""
        await self.stand.kill(fault.target)
        await self._restart(fault)

    async def _restart(self, fault: Fault, **told: str) -> None:
        await asyncio.sleep(fault.seconds)
        self.stand.start_service(fault.target, **told)
        await self.stand.ready(fault.target)

    async def term(self, fault: Fault) -> None:
        """Asked to stop, and killed where it has not before the grace is over."""
        self.stand.send(fault.target, signal.SIGTERM)
        await asyncio.sleep(fault.seconds)
        await self.kill(Fault(0, "kill", fault.target))

    async def freeze(self, fault: Fault) -> None:
        """A host that stalls, perhaps past the group's session and the relay's lease, and wakes up."""
        self.stand.send(fault.target, signal.SIGSTOP)
        await asyncio.sleep(fault.seconds)
        self.stand.send(fault.target, signal.SIGCONT)
        await self.stand.ready(fault.target)

    async def failpoint(self, fault: Fault) -> None:
        """The process dies at a named step; one whose step does not come is killed where it is."""
        await self._arm(fault, "kill")
        try:
            await until(lambda: not self.stand.children[fault.target].alive, "the failpoint", self.strikes_within)
            self.struck.append(fault)
        except TimeoutError:
            self.passed_by.append(fault)
        await self.kill(fault)

    async def _arm(self, fault: Fault, harm: str) -> None:
        await self.stand.kill(fault.target)
        self.stand.start_service(fault.target, KHAMDOAN_FAILPOINT=f"{fault.detail}:{harm}")

    async def freeze_at_failpoint(self, fault: Fault) -> None:
        """The process stalls at a named step, a successor works meanwhile, and it wakes up as a zombie."""
        await self._arm(fault, "freeze")
        try:
            await until(lambda: self.stand.is_frozen(fault.target), "the failpoint", self.strikes_within)
            self.struck.append(fault)
        except TimeoutError:
            self.passed_by.append(fault)
        self.stand.start_twin(fault.target)
        await asyncio.sleep(fault.seconds)
        self.stand.send(fault.target, signal.SIGCONT)
        await asyncio.sleep(1.0)
        await self.stand.stop_twin(fault.target, signal.SIGKILL)
        await self.kill(fault)

    async def roll(self, _fault: Fault) -> None:
        """One service after the other drains and starts anew."""
        for name in SERVICES:
            self.stand.send(name, signal.SIGTERM)
            await self.stand.ended(name)
            self.stand.start_service(name)
            await self.stand.ready(name)

    async def twin(self, fault: Fault) -> None:
        """A second process shares the work for a while."""
        self.stand.start_twin(fault.target)
        await asyncio.sleep(fault.seconds)
        await self.stand.stop_twin(fault.target, signal.Signals[fault.detail])

    async def kill_server(self, fault: Fault) -> None:
        """PostgreSQL or Kafka loses its power."""
        await self.stand.kill(fault.target)
        await asyncio.sleep(fault.seconds)
        await self.stand.start_server(fault.target)

    async def stop_postgres_at_once(self, fault: Fault) -> None:
        """An immediate shutdown: every connection ends without a word."""
        self.stand.send(fault.target, signal.SIGQUIT)
        await self.stand.ended(fault.target)
        await asyncio.sleep(fault.seconds)
        await self.stand.start_server(fault.target)

    async def freeze_server(self, fault: Fault) -> None:
        """The broker's host stalls."""
        self.stand.send(fault.target, signal.SIGSTOP)
        await asyncio.sleep(fault.seconds)
        self.stand.send(fault.target, signal.SIGCONT)

    async def cut_sessions(self, fault: Fault) -> None:
        """A service's database sessions end again and again, some of them between COMMIT and its reply."""
        with suppress(OSError, asyncpg.OperatorInterventionError, asyncpg.PostgresConnectionError):
            await self._cut_sessions(fault.target, monotonic() + fault.seconds)

    async def _cut_sessions(self, database: str, ends: float) -> None:
        """Until a time, or until the server goes away, and every session with it."""
        connection = await asyncpg.connect(self.stand.stack.postgres.url)
        try:
            while monotonic() < ends:
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", database
                )
                await asyncio.sleep(self.random.uniform(0.02, 0.3))
        finally:
            await connection.close()

    async def cut(self, fault: Fault) -> None:
        """Clients lose their connections to the gateway and get no new ones."""
        await self.stand.proxy.cut()
        await asyncio.sleep(fault.seconds)
        await self.stand.proxy.mend()

    async def mute(self, fault: Fault) -> None:
        """What clients say arrives; no reply does."""
        self.stand.proxy.mute()
        await asyncio.sleep(fault.seconds)
        await self.cut(Fault(0, "gateway-cut", "clients"))

    async def redeliver(self, fault: Fault) -> None:
        """A service comes back whose place in its topics lies before what it did: all of it is delivered again."""
        await self.stand.kill(fault.target)
        back = "0" if fault.detail == "all" else "greatest(0, next_offset - 1 - floor(random() * 40))::bigint"
        connection = await asyncpg.connect(self.stand.database_url(fault.target))
        try:
            moved = f"UPDATE consumed SET previous_offset = {back}, next_offset = {back}"
            await connection.execute(moved if fault.detail == "all" else f"{moved} WHERE random() < 0.5")
        finally:
            await connection.close()
        await self._restart(fault)

    async def write_poison(self, fault: Fault) -> None:
        """Broken records in a partition that others use."""
        await asyncio.to_thread(self._write_poison, fault)

    def _write_poison(self, fault: Fault) -> None:
        classes = [c for c in catalogue.EVENTS if c.entry.topic == fault.target]
        producer = Producer({"bootstrap.servers": self.stand.kafka, "enable.idempotence": True})
        for partition in range(PARTITIONS[fault.target]):
            kind = self.random.choice(classes)
            key, readers = f"poison-{uuid4()}", [*kind.entry.readers]
            headers = {
                "ce_specversion": "1.0", "ce_type": kind.entry.type, "ce_source": "unions/nobody",
                "ce_id": str(uuid4()), "ce_time": "2026-06-15T00:00:00Z", "ce_subject": key, "ce_sequence": "1",
                "content-type": "application/json",
            }  # fmt: skip
            value = {"not-json": b'{"half": ', "not-the-contract": b'{"nothing": 1}', "empty": b""}[fault.detail]

            def written(error: object, message: object, readers: list[str] = readers) -> None:
                assert error is None, error
                self.poison[message.topic(), message.partition(), message.offset()] = readers  # type: ignore[attr-defined]

            producer.produce(
                fault.target, value, key, partition, on_delivery=written,
                headers=[(name, text.encode()) for name, text in headers.items()],
            )  # fmt: skip
        left = producer.flush(60)
        assert not left, "the broker took no poison"
        self.history.note("poison", places=[str(place) for place in self.poison], value=json.dumps(fault.detail))


DOING: dict[str, Callable[[Saboteur, Fault], Awaitable[None]]] = {
    "kill": Saboteur.kill,
    "term": Saboteur.term,
    "freeze": Saboteur.freeze,
    "failpoint": Saboteur.failpoint,
    "failpoint-freeze": Saboteur.freeze_at_failpoint,
    "rolling": Saboteur.roll,
    "twin": Saboteur.twin,
    "kafka-kill": Saboteur.kill_server,
    "kafka-freeze": Saboteur.freeze_server,
    "postgres-kill": Saboteur.kill_server,
    "postgres-immediate": Saboteur.stop_postgres_at_once,
    "sessions-cut": Saboteur.cut_sessions,
    "gateway-cut": Saboteur.cut,
    "gateway-mute": Saboteur.mute,
    "redeliver": Saboteur.redeliver,
    "poison": Saboteur.write_poison,
}
