"""How a unit's files are read where their headings do not say it: kept by header, versioned, visible, removable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic_core import from_json, to_json

from contracts import roster_codes
from contracts.fields import Problem
from contracts.registry import DeclarationRefused
from contracts.roster_mapping import NOTHING, Chosen, problems_of
from contracts.rosters import RosterMappingDeclared, RosterMappingKept
from registry import authority, organisations
from registry.blind_index import BlindIndex
from registry.problems import problem
from shared import outbox, waiting
from shared.consuming import Batch
from shared.database import Transaction
from shared.outbox import Outgoing

LOCK = "SELECT pg_advisory_xact_lock(7403, 5)"
GET_CURRENT = """
SELECT DISTINCT ON (unit_id, fingerprint) unit_id, fingerprint, version, columns, header_row
FROM roster_mappings WHERE unit_id = ANY($1::uuid[]) ORDER BY unit_id, fingerprint, version DESC
"""
STORE = """
INSERT INTO roster_mappings (unit_id, fingerprint, version, columns, header_row, party, ref)
SELECT unit_id, fingerprint, version, columns::jsonb, header_row, party, ref
FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::int[], $6::text[], $7::text[])
    AS new (unit_id, fingerprint, version, columns, header_row, party, ref)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """The mapping that counts for a unit's files with one header, and its version."""

    chosen: Chosen
    version: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """A mapping to be kept, who says so, and the message it came in."""

    unit_id: UUID
    fingerprint: str
    chosen: Chosen
    party: str | None
    ref: str


Current = dict[tuple[UUID, str], Kept]


def fingerprint_of(index: BlindIndex, unit_id: UUID, header: str) -> str:
    """What names a header outside: it tells nothing of its words."""
    return index.of("header", unit_id, header)[:16].hex()


async def current(tx: Transaction, unit_ids: Sequence[UUID]) -> Current:
    """What counts now for these units, by unit and header."""
    rows = await tx.fetch(GET_CURRENT, list(set(unit_ids)))
    return {
        (row["unit_id"], row["fingerprint"]): Kept(Chosen(from_json(row["columns"]), row["header_row"]), row["version"])
        for row in rows
    }


async def declare(tx: Transaction, batch: Batch[RosterMappingDeclared], *, now: datetime) -> None:
    """Keep or lift mappings, or say what is wrong with them; one of an unknown unit waits for the unit."""
    units = [event.unit_id for event in batch.events]
    unknown = await organisations.get_unknown(tx, units)
    paths = await authority.paths(tx, units, await authority.today(tx, now))
    answers: list[Outgoing] = []
    for message in batch:
        declared = message.event
        chosen = Chosen(declared.columns, declared.header_row)
        if declared.unit_id in unknown:
            await waiting.hold(tx, [message], "organisation", [declared.unit_id])
            continue
        problems = [_problem(code) for code in problems_of(chosen)]
        if not paths.allow(message.party, declared.unit_id):
            problems = [problem("organisation.outside_subtree", "unit_id")]
        if problems:
            answers.append(message.leads_to(DeclarationRefused(subject_id=declared.unit_id, problems=problems)))
            continue
        keeping = Keeping(declared.unit_id, declared.fingerprint, chosen, message.party, message.ref)
        answers += [message.leads_to(kept) for kept in await keep(tx, [keeping])]
    await outbox.append(tx, answers)


async def keep(tx: Transaction, keepings: Iterable[Keeping]) -> list[RosterMappingKept]:
    """Store mappings as the next version of their header's, where they say anything new; returns what counts now."""
    said: list[RosterMappingKept] = []
    rows = []
    await tx.execute(LOCK)
    keepings = list(keepings)
    known = await current(tx, [keeping.unit_id for keeping in keepings])
    for keeping in keepings:
        place = keeping.unit_id, keeping.fingerprint
        before = known.get(place, Kept(NOTHING, 0))
        if keeping.chosen != before.chosen:
            before = known[place] = Kept(keeping.chosen, before.version + 1)
            columns = to_json(dict(keeping.chosen.columns)).decode()
            rows.append((*place, before.version, columns, keeping.chosen.header_row, keeping.party, keeping.ref))
        said.append(
            RosterMappingKept(
                unit_id=keeping.unit_id,
                fingerprint=keeping.fingerprint,
                version=before.version,
                columns=dict(before.chosen.columns),
                header_row=before.chosen.header_row,
            )
        )
    if rows:
        await tx.execute(STORE, *map(list, zip(*rows, strict=True)))
    return said


def _problem(code: str) -> Problem:
    known = roster_codes.catalogue()[code]
    return Problem(code=code, field="columns", message_vi=known.message_vi, message_en=known.message_en)
