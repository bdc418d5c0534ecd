"""A world: stand, campaign, clinics' readers; schedules run in it one after the other, each to its quiescence."""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, time
from typing import Any, cast

import asyncpg
import ledger_books
import ledger_campaign
import ledger_checker
import ledger_portals
import ledger_probes
import ledger_rules
import ledger_work
from e2e_campaign import Campaign
from ledger_books import Books, Topics
from ledger_entries import Entry, History
from ledger_faults import Saboteur
from ledger_portals import Edge
from ledger_readers import Reader
from ledger_rules import Violation
from ledger_schedule import Schedule
from ledger_stand import Stand

import coordination.consumers
import gateway.consumers
import registry.consumers
import results.consumers
import scheduling.consumers
from coordination.settings import Settings as CoordinationSettings
from demo.edge import Edge as DemoEdge
from khamdoan.services import NAMES

MEMBERS = 60
REST_SECONDS = 60
WAIT_AT_MOST = 5.0
CONSUMERS = (
    registry.consumers.consumer, scheduling.consumers.consumer, results.consumers.consumer,
    coordination.consumers.make_consumer(cast("CoordinationSettings", None)), gateway.consumers.make_consumer(),
)  # fmt: skip
READ_BY = {consumer.group: consumer.topics for consumer in CONSUMERS}
IN_WORK = {
    "registry": "SELECT count(*) FROM rosters WHERE state <> 'assessed'",
    "scheduling": "SELECT count(*) FROM plan_runs WHERE state IN ('queued', 'running')",
}


@dataclass
class Result:
    """What one schedule came to."""

    schedule: Schedule
    violations: list[Violation]
    figures: dict[str, Any]
    saboteur: Saboteur
    history: Path


@dataclass
class World:
    """Everything that outlives a schedule."""

    folder: Path
    ledger: list[Entry] = field(default_factory=list)
    poison: dict[Any, Any] = field(default_factory=dict)
    readers: list[Reader] = field(default_factory=list)
    played: int = 0
    copies: int = 0

    async def open(self, history: History) -> None:
        """Start the servers and services, and take a campaign to its first published plan."""
        self.stand = Stand(self.folder)
        await self.stand.start()
        self.edge = Edge(self.stand.url, self.stand.secret, history)
        demo = DemoEdge(self.stand.url, self.stand.secret)
        try:
            self.campaign = await Campaign.begin(demo)
            self.clinic_ids = await ledger_campaign.prepare(self.campaign, MEMBERS)
        finally:
            await demo.close()
        self.topics = Topics(self.stand.kafka)
        for clinic_id in self.clinic_ids:
            self.readers.append(Reader(clinic_id, self.edge, Random(1)))
            await self.edge.token(f"clinics/{clinic_id}", f"system of {clinic_id}")
        root, unit = f"unions/{self.campaign.root_id}", f"unions/{self.campaign.unit_id}"
        await self.edge.token(root, "officer A")
        await self.edge.token(root, "officer B", "officer")
        await self.edge.token(unit, "officer of the unit")
        await self.edge.token("health/syt-08", "officer of the department", "officer")
        await self.edge.token("operations/trial", "operator", "operator")

    async def close(self) -> None:
        """Leave nothing of it."""
        self.topics.close()
        await self.edge.close()
        await self.stand.stop()

    async def play(self, schedule: Schedule, history: History, *, rebuild: bool = False) -> Result:
        """Load and faults, rest, and the check of all books; `rebuild` also has all projections made again."""
        self.edge.history = history
        self.played += 1
        history.note("schedule", seed=schedule.seed, faults=[str(fault) for fault in schedule.faults])
        saboteur = Saboteur(self.stand, history, Random(schedule.seed), self.poison, schedule.strikes_within)
        reading = self._read(schedule)
        entries = await self._load(schedule, saboteur)
        ended = monotonic()
        history.note("load ended", entries=len(entries))
        violations = await self._rest(history)
        rested = round(monotonic() - ended, 2)
        violations += await self._stop_reading(reading)
        history.note("rest", seconds=rested)
        books = await self.books()
        violations += await self._compare(books, rebuild=rebuild)
        figures = {**self._figures(entries, books), "rest_seconds": rested}
        slowest, crowded = figures["slowest_answer_seconds"], max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        if {fault.kind for fault in schedule.faults} == {"poison"} and slowest > WAIT_AT_MOST * crowded:
            violations.append(Violation("I6", f"others waited {slowest} s behind poison"))
        history.close_books(entries)
        for violation in violations:
            history.note("violation", invariant=violation.invariant, text=violation.text)
        history.note("figures", **figures, **saboteur.figures)
        return Result(schedule, violations, figures, saboteur, history.file)

    async def _load(self, schedule: Schedule, saboteur: Saboteur) -> list[Entry]:
        urls = {name: self.stand.database_url(name) for name in NAMES}
        standing = await ledger_work.read(urls["scheduling"], urls["results"], self.campaign.campaign_id)
        agenda = ledger_work.Agenda(
            self.campaign, self.clinic_ids, standing, Random(schedule.seed), f"{schedule.seed}-{self.played}"
        )
        playing = ledger_portals.play(agenda.draw(), self.edge, schedule.load_seconds, schedule.seed)
        entries, _ = await asyncio.gather(playing, saboteur.play(schedule.faults))
        self.ledger += entries
        return entries

    async def _compare(self, books: Books, *, rebuild: bool) -> list[Violation]:
        visits, root = books.rows("results", "visits"), f"unions/{self.campaign.root_id}"
        violations = ledger_checker.check(books)
        violations += await ledger_probes.strangers(self.edge, self.clinic_ids, visits, root)
        return violations + (await ledger_probes.rebuilt(self.stand) if rebuild else [])

    def _figures(self, entries: list[Entry], books: Books) -> dict[str, Any]:
        replies, copies = Counter(entry.reply for entry in entries), ledger_rules.copies(books)
        said = {rec.ref for rec in books.records}
        waited = ledger_probes.waits(entries, books.records, time() - monotonic())
        figures = {
            "entries": len(entries), "ok": replies["ok"], "refused": replies["failed"],
            "left_unknown": replies["unknown"],
            "of_these_happened": sum(entry.ref in said for entry in entries if entry.reply == "unknown"),
            "repeated": sum(entry.times > 1 for entry in entries), "copies": copies - self.copies,
            "events": len(books.records), "slowest_answer_seconds": round(max(waited, default=0.0), 2),
        }  # fmt: skip
        self.copies = copies
        return figures

    def _read(self, schedule: Schedule) -> list[asyncio.Task[None]]:
        tasks = []
        for reader, manner in zip(self.readers, schedule.readers, strict=True):
            reader.stopping, reader.random = False, Random(schedule.seed)
            tasks.append(asyncio.create_task(reader.run(manner)))
        return tasks

    async def _stop_reading(self, reading: list[asyncio.Task[None]]) -> list[Violation]:
        for reader in self.readers:
            reader.stopping = True
        ended = await asyncio.gather(*reading, return_exceptions=True)
        broken = [Violation("I4", repr(error)) for error in ended if error is not None]
        await asyncio.gather(*(reader.catch_up() for reader in self.readers))
        return broken

    async def _rest(self, history: History) -> list[Violation]:
        """Wait until lag is 0 and nothing is under way, in all services at once and still so a moment later."""
        try:
            await self.stand.all_ready()
            await self._let_time_pass()
            at_rest = 0
            deadline = monotonic() + REST_SECONDS
            while at_rest < 2:
                under_way = await self.under_way()
                at_rest = 0 if under_way else at_rest + 1
                if monotonic() > deadline:
                    history.note("no rest", under_way=under_way)
                    return [Violation("I7", f"not at rest after {REST_SECONDS} s: {under_way}")]
                await asyncio.sleep(0.15)
        except TimeoutError as error:
            return [Violation("I7", str(error))]
        return []

    async def _let_time_pass(self) -> None:
        """A plan whose runner was killed is computed anew after minutes: here the lease ends at once."""
        connection = await asyncpg.connect(self.stand.database_url("scheduling"))
        try:
            await connection.execute("UPDATE plan_runs SET leased_until = now() WHERE state = 'running'")
        finally:
            await connection.close()

    async def under_way(self) -> dict[str, Any]:
        """What is still to be done, by service; empty when everything has come to rest."""
        ends = await asyncio.to_thread(self.topics.ends)
        found = await asyncio.gather(*(self._under_way(name, ends) for name in NAMES))
        return {name: work for name, work in zip(NAMES, found, strict=True) if work}

    async def _under_way(self, name: str, ends: dict[tuple[str, int], int]) -> dict[str, Any]:
        try:
            connection = await asyncpg.connect(self.stand.database_url(name))
        except (OSError, asyncpg.PostgresError) as error:
            return {"database": repr(error)}
        try:
            reached = {
                (row["topic"], row["partition"]): row["next_offset"]
                for row in await connection.fetch(ledger_books.KERNEL["consumed"], name)
            }
            outbox = await connection.fetchval("SELECT count(*) FROM outbox")
            in_work = await connection.fetchval(IN_WORK[name]) if name in IN_WORK else 0
        finally:
            await connection.close()
        lag = {
            f"{topic}/{partition}": end - reached.get((topic, partition), 0)
            for (topic, partition), end in ends.items()
            if topic in READ_BY[name] and end > reached.get((topic, partition), 0)
        }
        work = {"lag": lag, "outbox": outbox, "in work": in_work}
        return {what: much for what, much in work.items() if much}

    async def books(self) -> Books:
        """Everybody's books as they stand."""
        urls = {name: self.stand.database_url(name) for name in NAMES}
        records = await asyncio.to_thread(self.topics.read)
        tables = await ledger_books.tables(urls)
        received = {reader.party: reader.received for reader in self.readers}
        return Books(self.ledger, records, tables, received, self.poison)
