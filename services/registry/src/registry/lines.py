"""Production lines: crews with a calendar, a headcount and a ceiling on how many may be away at once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic_core import from_json

from contracts.registry import DeclarationRefused, DeclarationUnchanged, LineChanged, LineRegistered
from contracts.unions import LineDeclared
from registry import authority, line_rules, organisations, places
from registry.line_rules import Lines, NamedLine
from registry.problems import problem
from registry.reading.names import name_key
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction
from shared.outbox import Outgoing

LOCK = "SELECT line_id, unit_id, facts FROM lines WHERE line_id = ANY($1::uuid[]) ORDER BY line_id FOR UPDATE"
PUT = """
INSERT INTO lines (line_id, unit_id, employer_id, name_key, facts, ref)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::jsonb[], $6::text[])
ON CONFLICT (line_id) DO UPDATE SET
    unit_id = excluded.unit_id, employer_id = excluded.employer_id, name_key = excluded.name_key,
    facts = excluded.facts, ref = excluded.ref, recorded_at = now()
"""
GET_BY_NAME = """
SELECT unit_id, name_key, line_id, facts -> 'shifts' AS shifts FROM lines
WHERE unit_id = ANY($1::uuid[]) ORDER BY line_id
"""

Declarations = Sequence[Message[LineDeclared]]


async def declare(tx: Transaction, batch: Batch[LineDeclared], *, now: datetime) -> None:
    """Register or change the lines declared, or say what is wrong with them; a line of an unknown unit waits for it."""
    named = {event.unit_id for event in batch.events} | {e.employer_id for e in batch.events if e.employer_id}
    kinds = await organisations.get_kinds(tx, list(named))
    paths = await authority.paths(tx, list(named), await authority.today(tx, now))
    known = {row["line_id"]: row for row in await tx.fetch(LOCK, [event.line_id for event in batch.events])}
    taken: list[Message[LineDeclared]] = []
    answers: list[Outgoing] = []
    for message in batch:
        line = message.event
        if _unknown(line, kinds):
            continue
        problems = line_rules.problems_of(line, kinds, places.current())
        if not paths.allow(message.party, line.unit_id):
            problems = [problem("organisation.outside_subtree", "unit_id"), *problems]
        row = known.get(line.line_id)
        if row is not None and row["unit_id"] != line.unit_id:
            problems = [problem("line.of_another_unit", "unit_id"), *problems]
        if problems:
            answers.append(message.leads_to(DeclarationRefused(subject_id=line.line_id, problems=problems)))
        elif row is not None and from_json(row["facts"]) == line.model_dump(mode="json"):
            answers.append(message.leads_to(DeclarationUnchanged(subject_id=line.line_id)))
        else:
            said = LineRegistered if row is None else LineChanged
            answers.append(message.leads_to(said(**line.model_dump())))
            taken.append(message)
    await _put(tx, taken)
    await outbox.append(tx, answers)
    await _hold_the_rest(tx, batch, kinds)
    await waiting.release(tx, "line", [message.event.line_id for message in taken])


async def get_unknown(tx: Transaction, line_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these lines nobody has declared."""
    known = await tx.fetch("SELECT line_id FROM lines WHERE line_id = ANY($1::uuid[])", list(set(line_ids)))
    return set(line_ids) - {row["line_id"] for row in known}


async def get_by_name(tx: Transaction, unit_ids: Sequence[UUID]) -> Lines:
    """The lines of some units by unit and name key; crews of one shop may share its name."""
    found: dict[tuple[UUID, str], list[NamedLine]] = {}
    for row in await tx.fetch(GET_BY_NAME, list(set(unit_ids))):
        line = NamedLine(row["line_id"], line_rules.usual_hours(from_json(row["shifts"])))
        found.setdefault((row["unit_id"], row["name_key"]), []).append(line)
    return found


def _unknown(line: LineDeclared, kinds: dict[UUID, str]) -> UUID | None:
    return next((id_ for id_ in (line.unit_id, line.employer_id) if id_ is not None and id_ not in kinds), None)


async def _hold_the_rest(tx: Transaction, batch: Batch[LineDeclared], kinds: dict[UUID, str]) -> None:
    held = [(message, missing) for message in batch if (missing := _unknown(message.event, kinds))]
    await waiting.hold(tx, [message for message, _ in held], "organisation", [missing for _, missing in held])


async def _put(tx: Transaction, taken: Declarations) -> None:
    if not taken:
        return
    lines = [message.event for message in taken]
    await tx.execute(
        PUT, [line.line_id for line in lines], [line.unit_id for line in lines], [line.employer_id for line in lines],
        [name_key(line.name) for line in lines], [line.model_dump_json() for line in lines],
        [message.ref for message in taken],
    )  # fmt: skip
