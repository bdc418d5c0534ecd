"""Exposures from monitoring reports: of a line or a job, dated and versioned; whoever works there hears of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from contracts.fields import Problem
from contracts.monitoring import MonitoredPlace, MonitoringReported
from contracts.profiles import ExposuresProfiled
from contracts.registry import DeclarationRefused, WorkerChanged
from registry import authority, lines, organisations
from registry.problems import problem
from registry.reading import hazards
from registry.reading.names import name_key
from registry.worker_facts import Facts, job_place, line_place
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

LOCK = "SELECT pg_advisory_xact_lock(7403, 4)"
AS_OF = "SELECT unit_id, place, valid_from, hazards FROM exposures_as_of($1::uuid[], $2)"
GET_LAST_VERSION = "SELECT coalesce(max(version), 0) FROM exposures WHERE unit_id = $1 AND valid_from = $2"
GET_VERSION_OF = "SELECT version FROM exposures WHERE unit_id = $1 AND report_id = $2 AND ref = $3 LIMIT 1"
STORE = """
INSERT INTO exposures (unit_id, place, valid_from, version, report_id, hazards, ref)
SELECT $1, place, $2, $3, $4, string_to_array(hazards, ' '), $5
FROM unnest($6::text[], $7::text[]) AS found (place, hazards)
"""
TAKE_UNTOLD = (
    "UPDATE exposures SET told = true WHERE NOT told AND valid_from <= $1 RETURNING unit_id, place, valid_from"
)
GET_WORKERS = """
SELECT worker_id, unit_id, employer_id, line_id, sex, born, disabled, heavy_class, exposures, employed_since,
       last_health_check, job, host_id, roster_id, "row"
FROM workers WHERE unit_id = ANY($1::uuid[]) AND left_on IS NULL
AND ('line:' || line_id = ANY($2::text[]) OR 'job:' || job = ANY($2::text[])) ORDER BY worker_id
"""


@dataclass(frozen=True, slots=True)
class Monitored:
    """What places expose to on a day, and since when."""

    found: Mapping[tuple[UUID, str], tuple[Sequence[str], date]]

    def at(self, facts: Facts) -> dict[str, date]:
        """The hazards of a worker's line and job, each since the first day that a report in force names it."""
        since: dict[str, date] = {}
        for place in facts.places:
            named, day = self.found.get((facts.unit_id, place), ((), date.max))
            for hazard in named:
                since[hazard] = min(day, since.get(hazard, day))
        return since


async def as_of(tx: Transaction, unit_ids: Collection[UUID], day: date) -> Monitored:
    """What the places of these units expose to on a day."""
    rows = await tx.fetch(AS_OF, list(unit_ids), day)
    return Monitored({(row["unit_id"], row["place"]): (row["hazards"], row["valid_from"]) for row in rows})


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
            await _take(tx, message, today)


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


async def _take(tx: Transaction, message: Message[MonitoringReported], today: date) -> None:
    told = message.event
    await tx.execute(LOCK)
    version = await tx.fetchval(GET_VERSION_OF, told.unit_id, told.report_id, message.ref)
    if version is None:
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


async def _tell(tx: Transaction, today: date, message: Message[Any] | None) -> int:
    """Say the facts anew of all who work where a report began to hold; returns how many."""
    begun = await tx.fetch(TAKE_UNTOLD, today)
    if not begun:
        return 0
    places = {(row["unit_id"], row["place"]) for row in begun}
    units = {unit_id for unit_id, _ in places}
    monitored = await as_of(tx, units, today)
    rows = await tx.fetch(GET_WORKERS, list(units), list({place for _, place in places}))
    said = []
    for row in rows:
        facts = _facts(row)
        if any((facts.unit_id, place) in places for place in facts.places):
            event = WorkerChanged(
                worker_id=row["worker_id"], roster_id=row["roster_id"], row=row["row"],
                **facts.as_event(monitored.at(facts), today),
            )  # fmt: skip
            said.append(message.leads_to(event) if message else outbox.outgoing(event))
    await outbox.append(tx, said)
    return len(said)


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
