"""What was changed of whom, field by field, since a roster that somebody builds on: every SQL statement about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from registry import fields, persons
from registry.fields import GONE, LEFT, Change, Since
from registry.ledger import Ledger, Page
from registry.matching import Directory
from registry.vault import Vault
from shared.database import Transaction

KEPT_FOR = timedelta(days=400)
"""Nobody builds on a list of more than a year and a month ago."""

COLUMNS = ("worker_id", "unit_id", "employer_id", "place", "roster_id", "fields", "befores", "afters")
GET_CHANGES = """
SELECT worker_id, employer_id, roster_id, fields, befores, afters FROM field_changes
WHERE worker_id = ANY($1::uuid[]) AND unit_id = $2 AND place > $3 ORDER BY place
"""
GET_NAMED = """
SELECT DISTINCT worker_id FROM rosters JOIN roster_members USING (roster_id)
WHERE unit_id = $2 AND place <= $3 AND worker_id = ANY($1::uuid[])
"""
NOTE_LEFT = """
INSERT INTO field_changes (worker_id, unit_id, employer_id, place, fields, befores, afters)
SELECT id, $2, $3, nextval('roster_places'), ARRAY[$4], ARRAY[''::bytea], ARRAY[$5::bytea]
FROM unnest($1::uuid[]) AS id
"""
FORGET = "DELETE FROM field_changes WHERE recorded_at < $1"


async def load(tx: Transaction, vault: Vault, pages: Sequence[Page], directory: Directory) -> None:
    """Tell the pages that are built on an earlier roster what happened since to whom they may mean."""
    for page in pages:
        if page.roster.ground is not None:
            page.since = await _since(tx, vault, page, page.roster.ground, directory)


async def _since(tx: Transaction, vault: Vault, page: Page, ground: int, directory: Directory) -> Since:
    since, unit_id, employer_id = Since(), page.roster.unit_id, page.roster.employer_id
    meant = {known.worker_id: known for entry in page.entries for known in directory.candidates(entry)}
    if not meant:
        return since
    for row in await tx.fetch(GET_CHANGES, list(meant), unit_id, ground):
        changed = since.changed.setdefault(row["worker_id"], {})
        is_of_another = None not in (employer_id, row["employer_id"]) and employer_id != row["employer_id"]
        for name, before, after in zip(row["fields"], row["befores"], row["afters"], strict=True):
            if is_of_another and name in fields.OF_EMPLOYMENT:
                continue
            earlier = changed.get(name)
            changed[name] = Change(earlier.before if earlier else before, after, row["roster_id"])
    ids = [id_ for id_, known in meant.items() if known.is_of_unit(unit_id)]
    came = set(ids) - await named_by(tx, unit_id, ground, ids)
    since.came = dict(await persons.open_identities(tx, vault, came))
    return since


async def named_by(tx: Transaction, unit_id: UUID, place: int, worker_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these workers whom a roster of the unit had named by a place among all rosters."""
    return {row["worker_id"] for row in await tx.fetch(GET_NAMED, list(worker_ids), unit_id, place)}


async def store(tx: Transaction, ledger: Ledger) -> None:
    """Write what a ledger changes of whom."""
    records = [
        (d.known.worker_id, d.roster.unit_id, d.met.stated.employer_id, d.roster.place, d.roster.roster_id,
         list(changed), [before for before, _ in changed.values()], [after for _, after in changed.values()])
        for d, changed in ledger.changes
    ]  # fmt: skip
    if records:
        await tx.copy_records_to_table("field_changes", records=records, columns=COLUMNS)


async def note_left(tx: Transaction, unit_id: UUID, employer_id: UUID | None, worker_ids: Sequence[UUID]) -> None:
    """Note that these were said to have left, an employer where one is named: a list of before brings nobody back."""
    if worker_ids:
        await tx.execute(NOTE_LEFT, list(worker_ids), unit_id, employer_id, LEFT, GONE)


async def forget(tx: Transaction, now: datetime) -> None:
    """Remove what is older than anybody builds on."""
    await tx.execute(FORGET, now - KEPT_FOR)
