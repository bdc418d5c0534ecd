"""Exposures from monitoring reports: of a line or a job, dated and versioned; whoever works there hears of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from contracts.fields import Problem
from contracts.monitoring import MonitoredPlace, MonitoringReported
from contracts.profiles import ExposuresProfiled
from contracts.registry import DeclarationRefused, WorkerChanged
from registry import authority, lines, organisations, stays, worker_facts
from registry.problems import problem
from registry.reading import hazards
from registry.reading.names import name_key
from registry.stays import Stay
from registry.worker_facts import Facts, job_place, line_place
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

# The lock of whoever writes workers: what a roster's step wrote by the day before is seen by whoever begins a day.
LOCK = "SELECT pg_advisory_xact_lock(7403, 4)"
# Every report that ever held by a day: of one day's the latest version, and the earliest day first.
GET_REPORTS = """
SELECT DISTINCT ON (unit_id, place, valid_from) unit_id, place, valid_from, hazards FROM exposures
WHERE unit_id = ANY($1::uuid[]) AND valid_from <= $2 ORDER BY unit_id, place, valid_from, version DESC
"""
GET_STAYS = """
SELECT worker_id, unit_id, line_id, job, valid_from, valid_to FROM employments WHERE worker_id = ANY($1::uuid[])
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
SELECT DISTINCT worker_id FROM unnest($1::uuid[], $2::text[]) AS begun (unit_id, place) JOIN workers USING (unit_id)
WHERE left_on IS NULL AND place IN ('line:' || line_id, 'job:' || job)
"""
GET_WORKERS = """
SELECT worker_id, unit_id, employer_id, line_id, sex, born, disabled, heavy_class, exposures, employed_since,
       last_health_check, job, host_id, roster_id, "row"
FROM workers WHERE worker_id = ANY($1::uuid[]) AND left_on IS NULL ORDER BY worker_id
"""


@dataclass(frozen=True, slots=True)
class Monitored:
    """What places expose to on a day, each hazard since the first report of an unbroken run; and who is there since."""

    day: date
    found: Mapping[tuple[UUID, str], Mapping[str, date]]
    stays: Mapping[UUID, Sequence[Stay]]

    def at(self, worker_id: UUID, facts: Facts) -> dict[str, date]:
        """The hazards of a worker's line and job, each since both it and the worker are there."""
        since: dict[str, date] = {}
        for place in facts.places:
            named = self.found.get((facts.unit_id, place))
            if not named:
                continue
            start = stays.start_at(
                self.stays.get(worker_id, ()), facts.unit_id, place,
                employed_since=facts.employed_since, today=self.day,
            )  # fmt: skip
            for hazard, begun in named.items():
                day = max(begun, start or begun)
                since[hazard] = min(day, since.get(hazard, day))
        return since

    def exposes_job(self, facts: Facts) -> bool:
        """Whether a report finds those exposed who do a worker's job."""
        return bool(facts.job and self.found.get((facts.unit_id, job_place(facts.job))))


async def as_of(tx: Transaction, workers: Sequence[tuple[UUID, Facts]], day: date) -> Monitored:
    """What the places of these workers expose to on a day."""
    found: dict[tuple[UUID, str], dict[str, date]] = {}
    for row in await tx.fetch(GET_REPORTS, list({facts.unit_id for _, facts in workers}), day):
        place = row["unit_id"], row["place"]
        before = found.get(place, {})
        found[place] = {hazard: before.get(hazard, row["valid_from"]) for hazard in row["hazards"]}
    exposed = [id_ for id_, facts in workers if any(found.get((facts.unit_id, place)) for place in facts.places)]
    known: dict[UUID, list[Stay]] = {}
    for row in await tx.fetch(GET_STAYS, exposed) if exposed else ():
        places = worker_facts.places_of(row["line_id"], row["job"])
        known.setdefault(row["worker_id"], []).append(Stay(row["unit_id"], places, row["valid_from"], row["valid_to"]))
    return Monitored(day, found, known)


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
    workers = await _workers(tx, [row["worker_id"] for row in there])
    await _say(tx, workers, await as_of(tx, _with_facts(workers), today), message)
    return len(workers)


async def tell_of_jobs(tx: Transaction, worker_ids: Sequence[UUID], today: date) -> None:
    """Tell of those of these workers whom a report on their job exposes: the job was not known until now."""
    workers = await _workers(tx, worker_ids)
    monitored = await as_of(tx, _with_facts(workers), today)
    await _say(tx, [(row, facts) for row, facts in workers if monitored.exposes_job(facts)], monitored, None)


async def _workers(tx: Transaction, worker_ids: Sequence[UUID]) -> list[tuple[Record, Facts]]:
    """Those of these workers who have not left."""
    return [(row, _facts(row)) for row in await tx.fetch(GET_WORKERS, list(worker_ids))]


def _with_facts(workers: Sequence[tuple[Record, Facts]]) -> list[tuple[UUID, Facts]]:
    return [(row["worker_id"], facts) for row, facts in workers]


async def _say(
    tx: Transaction,
    workers: Sequence[tuple[Record, Facts]],
    monitored: Monitored,
    message: Message[MonitoringReported] | None,
) -> None:
    said = []
    for row, facts in workers:
        event = WorkerChanged(
            worker_id=row["worker_id"], roster_id=row["roster_id"], row=row["row"],
            **facts.as_event(monitored.at(row["worker_id"], facts), monitored.day),
        )  # fmt: skip
        said.append(message.leads_to(event) if message else outbox.outgoing(event))
    await outbox.append(tx, said)


async def _refuse(tx: Transaction, message: Message[MonitoringReported], problems: list[Problem]) -> None:
    refused = DeclarationRefused(subject_id=message.event.unit_id, problems=problems)
    await outbox.append(tx, [message.leads_to(refused)])


def _place(place: MonitoredPlace) -> str:
    return line_place(place.line_id) if place.line_id else job_place(name_key(place.job or ""))


def _facts(row: Record) -> Facts:
    return Facts(
        row["unit_id"], row["employer_id"], row["line_id"], row["sex"], row["born"], row["disabled"],
        row["heavy_class"], tuple(row["exposures"]), row["employed_since"], row["last_health_check"], row["job"],
        row["host_id"],
    )  # fmt: skip
