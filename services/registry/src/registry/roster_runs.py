"""Ready rosters take effect in the background: claimed, read, and written step by step (`roster_effects.py`).

A crash loses nothing: a claim runs out, and another run goes on behind the rows that were committed. Rosters of one
unit take effect in the order in which they became complete.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from functools import partial
from uuid import UUID

import structlog
from asyncpg import Record

from contracts.fields import RosterConflict
from registry import collector, lines, roster_claims, roster_conflicts, roster_effects, roster_mappings
from registry.roster_opening import UNREADABLE, Opened, Sealed, open_roster
from registry.roster_reader import LARGE, Reader, ReaderGoneError
from registry.roster_rows import Roster
from registry.roster_steps import prepared, steps
from registry.vault import Vault
from shared import background
from shared.clock import new_id
from shared.database import Database, Transaction

log = structlog.get_logger(__name__)

CHUNKS_PER_CLAIM = 100
LOOK_EVERY = 0.1
PUT_OFF_SECONDS, ANSWERS_FIRST_SECONDS = 60.0, 1.0
"""For so long at most the facts of workers wait in the outbox while a large roster takes effect: whoever sent it waits
for its receipt, which needs the same cores as the readers of a hundred thousand facts. Last answers go before them."""

GET_CHUNKS = """
SELECT roster_id, roster_chunks.key_id, sealed FROM roster_chunks JOIN rosters USING (roster_id)
WHERE roster_id = ANY($1::uuid[]) AND index < chunks ORDER BY roster_id, index
"""
GET_TAKEN = "SELECT roster_id, worker_id FROM roster_members WHERE roster_id = ANY($1::uuid[])"

PutOff = Callable[[float], None]


def _at_once(_seconds: float) -> None:
    """Put nothing off."""


async def run_for_ever(database: Database, stop: asyncio.Event, *, vault: Vault, put_off: PutOff = _at_once) -> None:
    """Work on whatever is ready, until `stop`; waits for a missing database, and ends on anything else.

    `put_off` lets workers' facts wait for so many seconds, while somebody waits for a large roster's receipt.
    """
    holder = new_id()
    await background.repeat(partial(work, database, vault, holder, put_off), stop, name="rosters", every=LOOK_EVERY)


async def work(database: Database, vault: Vault, holder: UUID, put_off: PutOff = _at_once) -> bool:
    """Claim some ready rosters and let them take effect; False where none was ready."""
    async with database.transaction() as tx:
        claimed = await tx.fetch(roster_claims.CLAIM, holder, CHUNKS_PER_CLAIM)
    if not claimed:
        return False
    renewing, reader = asyncio.create_task(roster_claims.renew_for_ever(database, holder)), Reader()
    is_waited_for = any(_is_large(row) for row in claimed)
    try:
        if is_waited_for:
            put_off(PUT_OFF_SECONDS)
            reader.start()
        opened = await open_claimed(database, vault, sorted(claimed, key=lambda row: row["place"]), reader)
        # Some hundred objects a row and no cycles.
        with collector.paused():
            async with aclosing(prepared(steps(opened))) as ready:
                async for step in ready:
                    await roster_effects.take(database, vault, holder, step)
    except ReaderGoneError as gone:
        log.warning("reader of a roster ended", roster_id=str(gone.roster_id))
        await roster_claims.give_back(database, holder, gone.roster_id)
    finally:
        if is_waited_for:
            put_off(ANSWERS_FIRST_SECONDS)
        reader.close()
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
    return True


async def open_claimed(database: Database, vault: Vault, claimed: Sequence[Record], reader: Reader) -> list[Opened]:
    """Open and read claimed rosters, in threads: meanwhile the service goes on."""
    async with database.transaction() as tx:
        pieces, taken = await _pieces(tx, claimed), await _taken(tx, claimed)
        by_name = await lines.get_by_name(tx, [row["unit_id"] for row in claimed])
        mappings = await roster_mappings.current(tx, [row["unit_id"] for row in claimed])
        grounds, conflicts = await roster_conflicts.grounds(tx, claimed)
    key_ids = {sealed.key_id for some in pieces.values() for sealed in some} | {row["key_id"] for row in claimed}
    keys = await vault.intake_keys(list(key_ids))
    opened = []
    for row in claimed:
        roster_id = row["roster_id"]
        roster = _roster(row, grounds.get(roster_id))
        one = _unopened(row, roster, conflicts.get(roster_id))
        if one is None:
            facts = Sealed(row["key_id"], row["sealed_facts"])
            read = reader.open_roster if _is_large(row) else open_roster
            opening = partial(read, roster, facts, pieces[roster_id], keys, vault.index, by_name, mappings)
            one = await asyncio.to_thread(opening)
            one.step, one.taken = row["step"], taken[roster_id]
        opened.append(one)
    return opened


async def _pieces(tx: Transaction, claimed: Sequence[Record]) -> dict[UUID, list[Sealed]]:
    pieces: dict[UUID, list[Sealed]] = {row["roster_id"]: [] for row in claimed}
    for row in await tx.fetch(GET_CHUNKS, list(pieces)):
        pieces[row["roster_id"]].append(Sealed(row["key_id"], row["sealed"]))
    return pieces


async def _taken(tx: Transaction, claimed: Sequence[Record]) -> dict[UUID, set[UUID]]:
    """Whom the steps named that a roster has behind it."""
    taken: dict[UUID, set[UUID]] = {row["roster_id"]: set() for row in claimed}
    for row in await tx.fetch(GET_TAKEN, [row["roster_id"] for row in claimed if row["step"]]):
        taken[row["roster_id"]].add(row["worker_id"])
    return taken


def _unopened(row: Record, roster: Roster, conflict: RosterConflict | None) -> Opened | None:
    """A roster that is refused whatever its file holds; None for one to be read."""
    if row["refused_for"]:
        return Opened(roster, "refused", [row["refused_for"]])
    if row["readers_lost"] >= roster_claims.READERS_LOST_AT_MOST:
        log.error("roster refused: each of its readers ended", roster_id=str(roster.roster_id))
        return Opened(roster, "refused", [UNREADABLE])
    if conflict is not None:
        return Opened(roster, "refused", [roster_conflicts.OUTDATED], conflict=conflict)
    return None


def _is_large(row: Record) -> bool:
    return (row["chunks"] or 0) >= LARGE


def _roster(row: Record, ground: int | None) -> Roster:
    return Roster(
        row["roster_id"], row["unit_id"], row["employer_id"], row["line_id"], row["complete"], row["dry_run"],
        row["reference_date"], tuple(row["refs"]), row["trace"], row["host_id"],
        row["place"], ground,
    )  # fmt: skip
