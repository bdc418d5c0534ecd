"""Employments as tables have them: those beside the one somebody counts by, and the history of all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from registry import employments
from registry.employments import Pair, Span, pair_of
from registry.ledger import Decision, Ledger, place_of
from registry.matching import Known
from registry.roster_rows import Entry
from registry.worker_facts import Facts, hours_of, written
from shared.database import Transaction

GET_FURTHER = """
SELECT other.*, sex, born, disabled, last_health_check
FROM further_employments AS other JOIN workers USING (worker_id)
WHERE worker_id = ANY($1::uuid[]) ORDER BY other.unit_id, other.employer_id
"""
# The days of all rosters that named a worker in a unit: those of the employer, and those that named none; none from
# before a word of the unit that this work was over.
GET_SPANS = """
SELECT asked.worker_id, asked.unit_id, asked.employer_id, min(reference_date) AS first, max(reference_date) AS last
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS asked (worker_id, unit_id, employer_id)
JOIN rosters ON rosters.unit_id = asked.unit_id AND coalesce(rosters.employer_id = asked.employer_id, true)
JOIN roster_members AS named ON named.roster_id = rosters.roster_id AND named.worker_id = asked.worker_id
WHERE NOT EXISTS (
    SELECT FROM field_changes AS gone
    WHERE gone.worker_id = asked.worker_id AND gone.unit_id = asked.unit_id AND gone.roster_id IS NULL
      AND gone.place > rosters.place AND coalesce(gone.employer_id = asked.employer_id, true))
GROUP BY 1, 2, 3
"""
FORGET_FURTHER = "DELETE FROM further_employments WHERE worker_id = ANY($1::uuid[])"
LOCK = "SELECT * FROM workers WHERE worker_id = ANY($1::uuid[]) ORDER BY worker_id FOR UPDATE"
# What somebody counts by from now on, of what they work at besides.
PROMOTE = """
WITH first AS (
    DELETE FROM further_employments AS known
    USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS new (worker_id, unit_id, employer_id)
    WHERE (known.worker_id, known.unit_id, known.employer_id) = (new.worker_id, new.unit_id, new.employer_id)
    RETURNING known.*
), found AS (
    UPDATE persons SET namesake = first.namesake FROM first WHERE persons.worker_id = first.worker_id
)
UPDATE workers AS known SET unit_id = first.unit_id, employer_id = first.employer_id, line_id = first.line_id,
    host_id = first.host_id, job = first.job, shift = first.shift, heavy_class = first.heavy_class,
    exposures = first.exposures, employed_since = first.employed_since, changed_at = now()
FROM first WHERE known.worker_id = first.worker_id
"""
END_FURTHER = """
DELETE FROM further_employments AS known
USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS gone (worker_id, unit_id, employer_id)
WHERE (known.worker_id, known.unit_id, known.employer_id) = (gone.worker_id, gone.unit_id, gone.employer_id)
"""
FURTHER_COLUMNS = ("worker_id", "unit_id", "employer_id", "line_id", "host_id", "job", "shift", "heavy_class",
                   "exposures", "employed_since", "digest", "namesake")  # fmt: skip
HISTORY_COLUMNS = ("worker_id", "unit_id", "employer_id", "line_id", "host_id", "job", "shift", "valid_from",
                   "valid_to", "roster_id", "counts")  # fmt: skip
JOB, SHIFT, VALID_TO, COUNTS = (HISTORY_COLUMNS.index(name) for name in ("job", "shift", "valid_to", "counts"))
END = """
UPDATE employments AS known SET valid_to = ended.day
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[]) AS ended (worker_id, unit_id, employer_id, day)
WHERE known.worker_id = ended.worker_id AND known.unit_id = ended.unit_id
  AND known.employer_id IS NOT DISTINCT FROM ended.employer_id AND valid_to IS NULL
"""
LEARN = """
UPDATE employments AS known SET job = coalesce(known.job, learnt.job), shift = coalesce(known.shift, learnt.shift)
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[])
    AS learnt (worker_id, unit_id, employer_id, job, shift)
WHERE known.worker_id = learnt.worker_id AND known.unit_id = learnt.unit_id
  AND known.employer_id IS NOT DISTINCT FROM learnt.employer_id AND valid_to IS NULL
"""
COUNT_BY = """
UPDATE employments AS known SET counts = true FROM unnest($1::uuid[], $2::uuid[]) AS new (worker_id, unit_id)
WHERE known.worker_id = new.worker_id AND known.unit_id = new.unit_id AND valid_to IS NULL AND NOT counts
"""

Ended = tuple[UUID, UUID, UUID | None, date]
Learnt = tuple[UUID, UUID, UUID | None, str | None, str | None]
"""Worker, unit, employer, job, usual hours."""


@dataclass(slots=True)
class History:
    """What a ledger does to the history of employments."""

    begun: list[list[Any]] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    learnt: list[Learnt] = field(default_factory=list)
    counted: list[tuple[UUID, UUID]] = field(default_factory=list)
    under_way: dict[tuple[UUID, Pair], list[Any]] = field(default_factory=dict)

    def enter(self, decision: Decision) -> None:
        """Note what one decision begins, ends and says for the first time."""
        met, worker_id, day = decision.met, decision.known.worker_id, decision.roster.reference_date
        if met.until is not None:
            return
        for facts in met.ended:
            self._end(worker_id, pair_of(facts), day)
        begins = decision.place_changed
        if begins:
            if met.before is not None:
                self._end(worker_id, pair_of(met.before), day)
            row = [worker_id, *place_of(met.stated), day, None, decision.roster.roster_id, not decision.is_aside]
            self.begun.append(row)
            self.under_way[worker_id, pair_of(met.stated)] = row
        elif decision.learns:
            self._learn(worker_id, met.stated)
        if decision.moved_from and (decision.is_aside or not begins):
            self._count(worker_id, met.now[0])

    def _end(self, worker_id: UUID, pair: Pair, day: date) -> None:
        row = self.under_way.pop((worker_id, pair), None)
        if row is None:
            self.ended.append((worker_id, *pair, day))
        else:
            row[VALID_TO] = day

    def _count(self, worker_id: UUID, facts: Facts) -> None:
        row = self.under_way.get((worker_id, pair_of(facts)))
        if row is None:
            self.counted.append((worker_id, facts.unit_id))
        else:
            row[COUNTS] = True

    def _learn(self, worker_id: UUID, facts: Facts) -> None:
        row = self.under_way.get((worker_id, pair_of(facts)))
        if row is None:
            self.learnt.append((worker_id, *pair_of(facts), facts.job, written(facts.shift)))
        else:
            row[JOB], row[SHIFT] = facts.job, written(facts.shift)


def facts_of(row: Record) -> Facts:
    """Facts from a row of `workers` or `open_employments`."""
    return Facts(
        row["unit_id"], row["employer_id"], row["line_id"], row["sex"], row["born"], row["disabled"],
        row["heavy_class"], tuple(row["exposures"]), row["employed_since"], row["last_health_check"], row["job"],
        row["host_id"], hours_of(row["shift"]),
    )  # fmt: skip


async def write(tx: Transaction, ledger: Ledger) -> None:
    """Let a ledger take effect on employments."""
    history = History()
    for decision in ledger.decisions:
        history.enter(decision)
    if history.counted:
        await tx.execute(COUNT_BY, *_columns(history.counted))
    await end(tx, history.ended)
    await learn(tx, history.learnt)
    await tx.copy_records_to_table("employments", records=history.begun, columns=HISTORY_COLUMNS)
    await _write_further(tx, ledger)


async def end(tx: Transaction, ended: Collection[Ended]) -> None:
    """End what was under way of (worker, unit, employer, day)."""
    if ended:
        await tx.execute(END, *_columns(ended))
        await tx.execute(END_FURTHER, *_columns([gone[:3] for gone in ended]))


async def learn(tx: Transaction, learnt: Collection[Learnt]) -> None:
    """Say of employments under way at which job and when they are, where that was not known."""
    if learnt:
        await tx.execute(LEARN, *_columns(learnt))


async def lock(tx: Transaction, worker_ids: Collection[UUID]) -> dict[UUID, tuple[tuple[Facts, ...], date | None]]:
    """What these workers work at, first what they count by, and the day they left if they did; locked."""
    rows = {row["worker_id"]: row for row in await tx.fetch(LOCK, list(worker_ids))}
    further = {id_: [facts_of(row) for row in found] for id_, found in (await _further_rows(tx, rows)).items()}
    spans = await get_spans(tx, further)
    return {
        id_: ((facts_of(row), *employments.ordered(further.get(id_, ()), spans.get(id_, {}))), row["left_on"])
        for id_, row in rows.items()
    }


async def count_by(tx: Transaction, first: Mapping[UUID, Facts]) -> None:
    """Let workers count by what they worked at besides until now."""
    if first:
        pairs = [(worker_id, *pair_of(facts)) for worker_id, facts in first.items()]
        await tx.execute(PROMOTE, *_columns(pairs))
        await tx.execute(COUNT_BY, *_columns([(worker_id, unit_id) for worker_id, unit_id, _ in pairs]))


async def know_further(tx: Transaction, known: Mapping[UUID, Known]) -> None:
    """Add to workers what they work at beside what they count by."""
    for worker_id, rows in (await _further_rows(tx, known)).items():
        one = known[worker_id]
        one.employments += tuple(facts_of(row) for row in rows)
        one.digests |= {(row["unit_id"], row["employer_id"]): row["digest"] for row in rows}


async def know_spans(tx: Transaction, known: Mapping[UUID, Known], stated: Mapping[UUID, Sequence[Facts]]) -> None:
    """Add to workers for which days rosters stated each of their employments, and those that are stated now."""
    asked = {worker_id: (*known[worker_id].employments, *facts) for worker_id, facts in stated.items()}
    for worker_id, spans in (await get_spans(tx, asked)).items():
        known[worker_id].spans = spans


async def get_spans(tx: Transaction, known: Mapping[UUID, Sequence[Facts]]) -> dict[UUID, dict[Pair, Span]]:
    """For which days rosters stated each employment of these workers."""
    asked = {(worker_id, *pair_of(facts)) for worker_id, several in known.items() for facts in several}
    spans: dict[UUID, dict[Pair, Span]] = {}
    for row in await tx.fetch(GET_SPANS, *_columns(asked)) if asked else ():
        of_worker = spans.setdefault(row["worker_id"], {})
        of_worker[row["unit_id"], row["employer_id"]] = Span(row["first"], row["last"])
    return spans


async def _further_rows(tx: Transaction, worker_ids: Collection[UUID]) -> dict[UUID, list[Record]]:
    rows: dict[UUID, list[Record]] = {}
    for row in await tx.fetch(GET_FURTHER, list(worker_ids)) if worker_ids else ():
        rows.setdefault(row["worker_id"], []).append(row)
    return rows


async def _write_further(tx: Transaction, ledger: Ledger) -> None:
    several = [d for d in ledger.decisions if d.is_kept and max(len(d.before), len(d.now)) > 1]
    if not several:
        return
    entries = {decision.known.worker_id: (decision.known, decision.entry) for decision in several}
    await tx.execute(FORGET_FURTHER, list(entries))
    rows = [_further(ledger, *named, facts) for named in entries.values() for facts in named[0].employments[1:]]
    await tx.copy_records_to_table("further_employments", records=rows, columns=FURTHER_COLUMNS)


def _further(ledger: Ledger, known: Known, entry: Entry, facts: Facts) -> tuple[Any, ...]:
    namesake = ledger.directory.index.of("namesake", entry.name_key, entry.birth, facts.sex, facts.unit_id)
    return (
        known.worker_id, facts.unit_id, facts.employer_id, facts.line_id, facts.host_id, facts.job,
        written(facts.shift), facts.heavy_class, facts.exposures, facts.employed_since,
        known.digests.get(pair_of(facts), b""), namesake,
    )  # fmt: skip


def _columns(rows: Collection[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
