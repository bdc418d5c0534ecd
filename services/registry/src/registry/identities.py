"""Looks at identities: who may see whom, every look logged in the transaction that reads."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from registry import accesses, authority, identity_views, merges, numbers, persons
from registry.accesses import Viewer
from registry.identity_views import View, WorkerView
from registry.parties import unit_of
from registry.roster_rows import NATIONAL, OF_A_UNIT
from registry.vault import Vault
from shared.database import Transaction

# Where somebody works, or worked last.
GET_PLACES = """
SELECT worker_id, unit_id, employer_id, true AS counts FROM workers WHERE worker_id = ANY($1::uuid[])
UNION ALL SELECT worker_id, unit_id, employer_id, false FROM further_employments WHERE worker_id = ANY($1::uuid[])
"""
GET_HOLDERS = """
SELECT DISTINCT worker_id FROM identifiers AS number WHERE blind_index = $1 AND (
    EXISTS (SELECT FROM workers WHERE workers.worker_id = number.worker_id AND unit_id = $2)
    OR EXISTS (SELECT FROM further_employments AS other WHERE other.worker_id = number.worker_id AND unit_id = $2))
ORDER BY worker_id
"""


async def look(tx: Transaction, vault: Vault, viewer: Viewer, worker_ids: Sequence[UUID], now: datetime) -> list[View]:
    """Those of these workers whom the viewer may see, as the viewer may see them; the erased are shown as nobody.

    Whether a clinic has a booking is known to the gateway alone, which asks on a clinic's behalf only where it has.
    """
    view = identity_views.view_of(viewer.party)
    if view is None:
        return []
    visible = await _visible(tx, viewer.party, worker_ids, now)
    if not visible:
        return []
    await accesses.log(tx, viewer, view.__name__, list(visible), now)
    opened = await persons.open_identities(tx, vault, visible)
    if view is WorkerView:
        return [await _own(tx, vault, worker_id, opened.get(worker_id, {})) for worker_id in visible]
    return [
        identity_views.shown(view, worker_id, opened.get(worker_id, {}), of_its_own=of_its_own)
        for worker_id, of_its_own in visible.items()
    ]


async def _own(tx: Transaction, vault: Vault, worker_id: UUID, identity: persons.Identity) -> View:
    """What workers see of themselves: also every number of every record that was merged with theirs."""
    records = sorted(await merges.all_of(tx, [worker_id]))
    history = await numbers.of_workers(tx, vault, records)
    own = identity_views.shown(WorkerView, worker_id, identity)
    seen = [number for record in records for number in history.get(record, ())]
    return own.model_copy(update={"numbers": seen, "also": [record for record in records if record != worker_id]})


async def find(
    tx: Transaction, vault: Vault, viewer: Viewer, unit_id: UUID, kind: str, value: str, now: datetime
) -> list[View]:
    """The workers of a unit who have or had a number, for a union of that unit; a miss is logged as well."""
    paths = await authority.paths(tx, [unit_id], await authority.today(tx, now))
    allowed = unit_of(viewer.party) is not None and paths.allow(viewer.party, unit_id)
    holders: list[UUID] = []
    if allowed and kind in (*NATIONAL, *OF_A_UNIT):
        scope = (kind, unit_id, value) if kind in OF_A_UNIT else (kind, value)
        rows = await tx.fetch(GET_HOLDERS, vault.index.of("number", *scope), unit_id)
        holders = [row["worker_id"] for row in rows]
    if not holders:
        await accesses.log(tx, viewer, "lookup", [None], now)
        return []
    return await look(tx, vault, viewer, holders, now)


async def _visible(tx: Transaction, party: str, worker_ids: Collection[UUID], now: datetime) -> dict[UUID, bool]:
    """Those whom a party may see, and whether by the work that they count by: the words of that are not for others."""
    rows = await tx.fetch(GET_PLACES, list(set(worker_ids)))
    kind, _, name = party.partition("/")
    if kind == "unions":
        paths = await authority.paths(tx, [row["unit_id"] for row in rows], await authority.today(tx, now))
        seen = [row for row in rows if paths.allow(party, row["unit_id"])]
    else:
        seen = [row for row in rows if _is_own(kind, name, row)]
    return {row["worker_id"]: row["counts"] for row in sorted(seen, key=lambda row: row["counts"])}


def _is_own(kind: str, name: str, row: Record) -> bool:
    if kind == "employers":
        return str(row["employer_id"]) == name
    return kind in ("clinics", "health") or (kind == "workers" and str(row["worker_id"]) == name)
