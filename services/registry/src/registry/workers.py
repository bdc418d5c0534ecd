"""Workers: rosters' rows take effect here, set by set; whoever leaves stays on record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from contracts.registry import WorkerChanged, WorkerLeft, WorkerRegistered
from registry import (
    authority,
    candidates,
    employment_store,
    employments,
    exposures,
    field_changes,
    fields,
    persons,
    reviews,
    turns,
)
from registry.employments import pair_of
from registry.exposures import Monitored
from registry.ledger import Decision, Ledger, Page
from registry.persons import Identity
from registry.vault import Vault
from registry.worker_facts import Facts, written
from shared import outbox
from shared.clock import utc_now
from shared.database import Transaction
from shared.outbox import Outgoing

# Two rosters may name one person, and who comes second must see who came first.
LOCK = "SELECT pg_advisory_xact_lock(7403, 4)"

COLUMNS = ("worker_id", "unit_id", "employer_id", "line_id", "sex", "born", "disabled", "heavy_class", "exposures",
           "employed_since", "last_health_check", "job", "host_id", "shift", "left_on", "roster_id", "row")  # fmt: skip
CHANGE = """
UPDATE workers AS known SET unit_id = new.unit_id, employer_id = new.employer_id, line_id = new.line_id,
    sex = new.sex, born = new.born, disabled = new.disabled, heavy_class = new.heavy_class,
    exposures = string_to_array(new.exposures, ' '), employed_since = new.employed_since,
    last_health_check = new.last_health_check, job = new.job, host_id = new.host_id, shift = new.shift,
    left_on = new.left_on, roster_id = new.roster_id, "row" = new.row, changed_at = now()
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bool[], $8::text[], $9::text[],
            $10::date[], $11::date[], $12::text[], $13::uuid[], $14::text[], $15::date[], $16::uuid[], $17::int[])
    AS new (worker_id, unit_id, employer_id, line_id, sex, born, disabled, heavy_class, exposures, employed_since,
            last_health_check, job, host_id, shift, left_on, roster_id, "row")
WHERE known.worker_id = new.worker_id
"""
MEMBER_COLUMNS = ("roster_id", "worker_id", "row")
# People, not workers: whoever was merged counts once.
COUNT = """
SELECT unit_id, count(DISTINCT coalesce(person_id, worker_id)) FROM workers LEFT JOIN merges USING (worker_id)
WHERE unit_id = ANY($1::uuid[]) AND left_on IS NULL GROUP BY unit_id
"""
COUNT_EVER = """
SELECT unit_id, count(DISTINCT worker_id) FROM employments WHERE unit_id = ANY($1::uuid[]) AND counts GROUP BY unit_id
"""
# Whoever works in a unit is missing from its complete roster, also where they count elsewhere.
GET_MEMBERS = """
SELECT unit_id, employer_id, line_id, worker_id, coalesce(person_id, worker_id) AS person_id
FROM open_employments LEFT JOIN merges USING (worker_id) WHERE unit_id = ANY($1::uuid[]) ORDER BY worker_id
"""
LEAVE = "UPDATE workers SET left_on = $2, changed_at = now() WHERE worker_id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Member:
    """A worker who works in a unit now, and where in it."""

    worker_id: UUID
    employer_id: UUID | None
    line_id: UUID | None
    person_id: UUID


async def decide(tx: Transaction, vault: Vault, pages: Sequence[Page], new_id: Callable[[], UUID]) -> Ledger:
    """What these rows would do; nothing is written."""
    await tx.execute(LOCK)
    rows = [(page, entry) for page in pages for entry in page.entries]
    directory = await candidates.directory_of(tx, vault, [entry for _, entry in rows])
    await field_changes.load(tx, vault, pages, directory)
    ledger = Ledger(directory, new_id)
    strangers = {place: entry for place, (_, entry) in enumerate(rows) if not any(directory.candidates(entry))}
    entering = turns.made(lambda row: ledger.enter(*row), rows)
    alike, _ = await turns.beside(candidates.get_alike(tx, strangers), entering)
    taken = {page.roster.roster_id: page.taken for page in pages}
    await reviews.look_for_other_spellings(tx, vault, ledger, taken, alike)
    await _compare_identities(tx, vault, ledger)
    return ledger


async def write(tx: Transaction, vault: Vault, ledger: Ledger) -> list[Outgoing]:
    """Let a ledger take effect; returns what is to be told of it.

    What is sealed and said is made while the database writes.
    """
    _, sealed = await turns.beside(_write_facts(tx, ledger), persons.seal(vault, ledger))
    news = [decision for decision in ledger.decisions if decision.is_kept]
    today = await authority.today(tx, utc_now())
    monitored = await exposures.as_of(tx, [(decision.known.worker_id, decision.now) for decision in news], today)
    saying = [d for d in news if d.is_told or (d.learns and monitored.exposes_job(d.met.stated))]
    telling = turns.made(lambda decision: outbox.encoded(_event(decision, monitored, today)), saying)
    _, told = await turns.beside(persons.store(tx, sealed, ledger.numbers_ended), telling)
    return told


async def _write_facts(tx: Transaction, ledger: Ledger) -> None:
    final = {decision.known.worker_id: decision for decision in ledger.decisions}
    new = {decision.known.worker_id for decision in ledger.decisions if decision.is_new}
    changed = {d.known.worker_id for d in ledger.decisions if d.known.worker_id not in new and d.is_kept}
    await tx.copy_records_to_table("workers", records=[_row(final[worker_id]) for worker_id in new], columns=COLUMNS)
    changes = [_flat(_row(final[worker_id])) for worker_id in sorted(changed)]
    if changes:
        await tx.execute(CHANGE, *map(list, zip(*changes, strict=True)))
    await employment_store.write(tx, ledger)
    await field_changes.store(tx, ledger)
    # No two rows of a roster mean one worker (`Page.taken`).
    named = [(d.roster.roster_id, d.known.worker_id, d.entry.row) for d in ledger.decisions]
    await tx.copy_records_to_table("roster_members", records=named, columns=MEMBER_COLUMNS)
    await reviews.ask(tx, ledger)


async def count(tx: Transaction, unit_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many workers belong to each unit now."""
    return dict(map(tuple, await tx.fetch(COUNT, list(unit_ids))))


async def count_ever(tx: Transaction, unit_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many workers have ever belonged to each unit; this number only grows."""
    return dict(map(tuple, await tx.fetch(COUNT_EVER, list(unit_ids))))


async def members(tx: Transaction, unit_ids: Sequence[UUID]) -> dict[UUID, list[Member]]:
    """Who works in each unit now, whether or not they count there."""
    found: dict[UUID, list[Member]] = {unit_id: [] for unit_id in unit_ids}
    for row in await tx.fetch(GET_MEMBERS, list(unit_ids)):
        found[row["unit_id"]].append(Member(row["worker_id"], row["employer_id"], row["line_id"], row["person_id"]))
    return found


async def leave(
    tx: Transaction, leavers: Mapping[UUID, Sequence[Facts]], day: date, say: Callable[[WorkerLeft], Outgoing]
) -> None:
    """End everything that workers work at, the first being what they count by, and tell that they left."""
    if leavers:
        every = [(id_, *pair_of(facts), day) for id_, known in leavers.items() for facts in known]
        await employment_store.end(tx, every)
        await tx.execute(LEAVE, list(leavers), day)
        gone = [WorkerLeft(worker_id=id_, unit_id=known[0].unit_id, left_on=day) for id_, known in leavers.items()]
        await outbox.append(tx, [say(event) for event in gone])


async def _compare_identities(tx: Transaction, vault: Vault, ledger: Ledger) -> None:
    """Note identities that are others now; rows that only left something out turn out to change nothing."""
    for decision in ledger.decisions:
        if decision.is_aside and decision.identity_differs and decision.effect == "unchanged":
            decision.effect = "changed"
    met = [
        d for d in ledger.decisions if not d.is_new and not d.is_aside and (d.identity_differs or d.effect == "moved")
    ]
    opened = await persons.open_identities(tx, vault, {d.known.worker_id for d in met if d.known.entry is None})
    for identity in opened.values():
        identity.pop("source", None)
    said: dict[int, tuple[Identity, Identity]] = {}
    for decision in met:
        worker_id, entry = decision.known.worker_id, decision.entry
        known = opened.get(worker_id) or (decision.known.entry.identity if decision.known.entry else {})
        identity = persons.merged(known, entry.identity, decision.columns)
        if identity != known and decision.effect == "unchanged":
            decision.effect = "changed"
        if identity != known or decision.effect == "moved":
            ledger.identities[worker_id] = identity, entry.source
        said[id(decision)] = known, identity
        opened[worker_id] = identity
    _note_changes(ledger, said)


def _note_changes(ledger: Ledger, said: Mapping[int, tuple[Identity, Identity]]) -> None:
    """Note field by field what each decision changes of somebody known; `said` has who they were and are."""
    for decision in ledger.decisions:
        if decision.is_new or (not decision.is_kept and id(decision) not in said):
            continue
        known, identity = said.get(id(decision), ({}, {}))
        former = decision.met.before if decision.is_aside else decision.before[0]
        before, after = fields.values_of(known, former), fields.values_of(identity, decision.met.stated)
        changed = fields.changes(ledger.directory.index, decision.known.worker_id, before, after)
        if decision.returned:
            changed[fields.LEFT] = fields.GONE, b""
        if changed:
            ledger.changes.append((decision, changed))


def _row(decision: Decision) -> tuple[Any, ...]:
    facts, known = decision.known.facts, decision.known
    return (
        known.worker_id, facts.unit_id, facts.employer_id, facts.line_id, facts.sex, facts.born, facts.disabled,
        facts.heavy_class, facts.exposures, facts.employed_since, facts.last_health_check, facts.job, facts.host_id,
        written(facts.shift), known.left_on, decision.roster.roster_id, decision.entry.row,
    )  # fmt: skip


def _flat(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """unnest takes no arrays of arrays: exposures travel as one text."""
    exposures = COLUMNS.index("exposures")
    return (*row[:exposures], " ".join(row[exposures]), *row[exposures + 1 :])


def _event(decision: Decision, monitored: Monitored, today: date) -> Outgoing:
    said = WorkerRegistered if decision.is_new else WorkerChanged
    event = said(
        worker_id=decision.known.worker_id,
        roster_id=decision.roster.roster_id,
        row=decision.entry.row,
        **employments.as_event(decision.now, monitored.at(decision.known.worker_id, decision.now), today),
    )
    return outbox.outgoing(event, cause=" ".join(decision.roster.refs) or None, trace=decision.roster.trace)
