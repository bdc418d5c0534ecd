"""Exposures from monitoring reports: of a line or a job, dated and versioned; whoever works there hears of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from contracts.base import Event
from contracts.fields import Problem
from contracts.monitoring import ExposuresProfiled, MonitoredPlace, MonitoringReported
from contracts.registry import DeclarationRefused, WorkerChanged
from registry import authority, employments, lines, organisations, stays, worker_facts
from registry.employment_store import facts_of
from registry.problems import problem
from registry.reading import hazards
from registry.reading.names import name_key
from registry.stays import Stay
from registry.worker_facts import Facts, job_place, line_place
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction
from shared.outbox import Outgoing

# The lock of whoever writes workers: what a roster's step wrote by the day before is seen by whoever begins a day.
LOCK = "SELECT pg_advisory_xact_lock(7403, 4)"
# Every report that ever held by a day: of one day's the latest version, and the earliest day first.
GET_REPORTS = """
SELECT DISTINCT ON (unit_id, place, valid_from) unit_id, place, valid_from, hazards FROM exposures
WHERE unit_id = ANY($1::uuid[]) AND valid_from <= $2 ORDER BY unit_id, place, valid_from, version DESC
"""
GET_STAYS = """
SELECT worker_id, unit_id, employer_id, line_id, job, valid_from, valid_to FROM employments
WHERE worker_id = ANY($1::uuid[])
"""
GET_LAST_VERSION = "SELECT coalesce(max(version), 0) FROM exposures WHERE unit_id = $1 AND valid_from = $2"
STORE = """
INSERT INTO exposures (unit_id, place, valid_from, version, report_id, hazards, ref)
SELECT $1, place, $2, $3, $4, string_to_array(hazards, ' '), $5
FROM unnest($6::text[], $7::text[]) AS found (place, hazards)
"""
# Of one unit where one is asked for: what a report leads to is of its own unit.
TAKE_UNTOLD = """
UPDATE exposures SET told = true WHERE NOT told AND valid_from <= $1 AND unit_id = coalesce($2, unit_id)
RETURNING unit_id, place
"""
GET_WORKERS_AT = """
SELECT DISTINCT worker_id FROM unnest($1::uuid[], $2::text[]) AS begun (unit_id, place)
JOIN open_employments USING (unit_id) WHERE place IN ('line:' || line_id, 'job:' || job)
"""
GET_EMPLOYMENTS = """
SELECT known.*, roster_id, "row" FROM open_employments AS known JOIN workers USING (worker_id)
WHERE worker_id = ANY($1::uuid[]) ORDER BY worker_id, NOT counts, known.unit_id, known.employer_id
"""

Worker = tuple[Record, list[Facts]]
"""A worker's latest row, and what they work at, first what they count by."""


@dataclass(frozen=True, slots=True)
class Monitored:
    """What places expose to on a day, each hazard since the first report of an unbroken run; and who is there since."""

    day: date
    found: Mapping[tuple[UUID, str], Mapping[str, date]]
    stays: Mapping[UUID, Sequence[Stay]]

    def at(self, worker_id: UUID, known: Sequence[Facts]) -> dict[str, date]:
        """The hazards of a worker's lines and jobs, each since both it and the worker are there."""
        since: dict[str, date] = {}
        if not self.found:
            return since
        for facts, place in ((one, place) for one in known for place in one.places):
            named = self.found.get((facts.unit_id, place))
            if not named:
                continue
            start = stays.start_at(
                stays.for_employer(self.stays.get(worker_id, ()), facts.employer_id), facts.unit_id, place,
                employed_since=facts.employed_since, today=self.day,
            )  # fmt: skip
            for hazard, begun in named.items():
                day = max(begun, start or begun)
                since[hazard] = min(day, since.get(hazard, day))
        return since

    def exposes_job(self, facts: Facts) -> bool:
        """Whether a report finds those exposed who do a worker's job."""
        return bool(facts.job and self.found.get((facts.unit_id, job_place(facts.job))))


async def as_of(tx: Transaction, workers: Sequence[tuple[UUID, Sequence[Facts]]], day: date) -> Monitored:
    """What the places of these workers' employments expose to on a day."""
    found: dict[tuple[UUID, str], dict[str, date]] = {}
    units = {facts.unit_id for _, known in workers for facts in known}
    for row in await tx.fetch(GET_REPORTS, list(units), day):
        place = row["unit_id"], row["place"]
        before = found.get(place, {})
        found[place] = {hazard: before.get(hazard, row["valid_from"]) for hazard in row["hazards"]}
    exposed = [
        id_
        for id_, known in workers
        if any(found.get((facts.unit_id, place)) for facts in known for place in facts.places)
    ]
    stays_of: dict[UUID, list[Stay]] = {}
    for row in await tx.fetch(GET_STAYS, exposed) if exposed else ():
        places = worker_facts.places_of(row["line_id"], row["job"])
        stay = Stay(row["unit_id"], places, row["valid_from"], row["valid_to"], row["employer_id"])
        stays_of.setdefault(row["worker_id"], []).append(stay)
    return Monitored(day, found, stays_of)


async def report(tx: Transaction, batch: Batch[MonitoringReported], *, now: datetime) -> None:
    """Take monitoring reports, or say what is wrong with them; one of an unknown unit or line waits for it."""
    events = batch.events
    today = await authority.today(tx, now)
    unknown = await organisations.get_unknown(tx, [event.unit_id for event in events])
    named = [place.line_id for event in events for place in event.places if place.line_id]
    unknown_lines = await lines.get_unknown(tx, named)
    paths = await authority.paths(tx, [event.unit_id for event in events], today)
    for message in batch:
        told = message.event
        missing = [place.line_id for place in told.places if place.line_id and place.line_id in unknown_lines]
        if told.unit_id in unknown:
            await waiting.hold(tx, [message], "organisation", [told.unit_id])
        elif missing:
            await waiting.hold(tx, [message], "line", missing[:1])
        elif not paths.allow(message.party, told.unit_id):
            await _refuse(tx, message, [problem("organisation.outside_subtree", "unit_id")])
        elif problems := problems_of(told):
            await _refuse(tx, message, problems)
        else:
            await _take(tx, message, now)


async def begin(tx: Transaction, days: Sequence[date]) -> None:
    """Tell of whoever is exposed from now on by reports that began to hold."""
    if days:
        await _tell(tx, max(days), None)


def problems_of(told: MonitoringReported) -> list[Problem]:
    """Everything that is wrong with a report by itself."""
    found = []
    for number, place in enumerate(told.places):
        if (place.line_id is None) == (not place.job):
            found.append(problem("monitoring.place", f"places.{number}"))
        if not hazards.codes().issuperset(hazard.hazard for hazard in place.hazards):
            found.append(problem("monitoring.hazard_unknown", f"places.{number}.hazards"))
    if told.valid_from < told.measured_on:
        found.append(problem("monitoring.before_measured", "valid_from"))
    return found


async def _take(tx: Transaction, message: Message[MonitoringReported], now: datetime) -> None:
    told = message.event
    await tx.execute(LOCK)
    today = await authority.today(tx, now)
    version = await tx.fetchval(GET_LAST_VERSION, told.unit_id, told.valid_from) + 1
    merged: dict[str, set[str]] = {}
    for place in told.places:
        merged.setdefault(_place(place), set()).update(hazard.hazard for hazard in place.hazards)
    await tx.execute(
        STORE, told.unit_id, told.valid_from, version, told.report_id, message.ref, list(merged),
        [" ".join(sorted(found)) for found in merged.values()],
    )  # fmt: skip
    changed = await _tell(tx, today, message)
    profiled = ExposuresProfiled(
        **told.model_dump(include={"unit_id", "report_id", "measured_on", "valid_from", "measured_by", "places"}),
        version=version,
        workers=changed,
    )
    await outbox.append(tx, [message.leads_to(profiled)])


async def _tell(tx: Transaction, today: date, message: Message[MonitoringReported] | None) -> int:
    """Say the facts anew of all who work where a report began to hold, that of a message or any; returns how many."""
    await tx.execute(LOCK)
    begun = await tx.fetch(TAKE_UNTOLD, today, message.event.unit_id if message else None)
    if not begun:
        return 0
    there = await tx.fetch(GET_WORKERS_AT, [row["unit_id"] for row in begun], [row["place"] for row in begun])
    await tell(tx, [row["worker_id"] for row in there], today, message.leads_to if message else outbox.outgoing)
    return len(there)


async def tell(tx: Transaction, worker_ids: Sequence[UUID], today: date, say: Callable[[Event], Outgoing]) -> None:
    """Say the facts of these workers anew; whoever left is passed over."""
    workers = await _workers(tx, worker_ids)
    monitored = await as_of(tx, _with_facts(workers), today)
    await outbox.append(tx, [say(event) for event in _events(workers, monitored)])


async def tell_of_learnt(tx: Transaction, worker_ids: Sequence[UUID], today: date) -> None:
    """Tell of those of these workers of whom a shift is known now, or a job that a report exposes by."""
    workers = await _workers(tx, worker_ids)
    monitored = await as_of(tx, _with_facts(workers), today)
    news = [known for known in workers if known[1][0].shift or monitored.exposes_job(known[1][0])]
    await outbox.append(tx, [outbox.outgoing(event) for event in _events(news, monitored)])


async def _workers(tx: Transaction, worker_ids: Sequence[UUID]) -> list[Worker]:
    """Those of these workers who have not left: their latest row, and what they work at."""
    found: dict[UUID, Worker] = {}
    for row in await tx.fetch(GET_EMPLOYMENTS, list(worker_ids)):
        _, known = found.setdefault(row["worker_id"], (row, []))
        known.append(facts_of(row))
    return list(found.values())


def _with_facts(workers: Sequence[Worker]) -> list[tuple[UUID, Sequence[Facts]]]:
    return [(row["worker_id"], known) for row, known in workers]


def _events(workers: Sequence[Worker], monitored: Monitored) -> list[WorkerChanged]:
    return [
        WorkerChanged(
            worker_id=row["worker_id"], roster_id=row["roster_id"], row=row["row"],
            **employments.as_event(known, monitored.at(row["worker_id"], known), monitored.day),
        )
        for row, known in workers
    ]  # fmt: skip


async def _refuse(tx: Transaction, message: Message[MonitoringReported], problems: list[Problem]) -> None:
    refused = DeclarationRefused(subject_id=message.event.unit_id, problems=problems)
    await outbox.append(tx, [message.leads_to(refused)])


def _place(place: MonitoredPlace) -> str:
    return line_place(place.line_id) if place.line_id else job_place(name_key(place.job or ""))
