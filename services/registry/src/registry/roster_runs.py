"""Ready rosters take effect in the background: claimed, read, and written some thousand rows at a time.

A crash loses nothing: a claim runs out, and another run goes on behind the rows that were committed. Rosters of one
unit take effect in the order in which they became complete.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from itertools import chain
from random import uniform
from uuid import UUID

import structlog
from asyncpg import Record
from pydantic_core import from_json, to_json

from contracts.fields import FieldConflict
from registry import (
    collector,
    field_changes,
    lines,
    roster_answers,
    roster_claims,
    roster_conflicts,
    roster_mappings,
    turns,
    workers,
)
from registry.ledger import Decision
from registry.roster_answers import Slice
from registry.roster_mappings import Keeping
from registry.roster_opening import UNREADABLE, Opened, Sealed, open_roster
from registry.roster_reader import LARGE, Reader, ReaderGoneError
from registry.roster_rows import Roster
from registry.roster_steps import prepared, steps
from registry.vault import Vault
from registry.workers import Member
from shared import faults, outbox, waiting
from shared.clock import new_id
from shared.database import Database, Transaction
from shared.outbox import Outgoing

log = structlog.get_logger(__name__)

CHUNKS_PER_CLAIM = 100
LOOK_EVERY = 0.1
PUT_OFF_SECONDS, ANSWERS_FIRST_SECONDS = 60.0, 1.0
"""For so long at most the facts of workers wait in the outbox while a large roster takes effect: whoever sent it waits
for its receipt, which needs the same cores as the readers of a hundred thousand facts. Last answers go before them."""

LOCK_CLAIMED = """
UPDATE rosters SET claimed_until = now() + interval '20 seconds'
WHERE roster_id = ANY($1::uuid[]) AND claimed_by = $2 AND state = 'ready'
RETURNING roster_id, refs, parts, effects, members_before, outdated
"""
GET_CHUNKS = """
SELECT roster_id, roster_chunks.key_id, sealed FROM roster_chunks JOIN rosters USING (roster_id)
WHERE roster_id = ANY($1::uuid[]) AND index < chunks ORDER BY roster_id, index
"""
GET_TAKEN = "SELECT roster_id, worker_id FROM roster_members WHERE roster_id = ANY($1::uuid[])"
FORGET_MEMBERS = "DELETE FROM roster_members WHERE roster_id = ANY($1::uuid[])"
ADVANCE = """
UPDATE rosters SET step = done.step, parts = done.parts, effects = done.effects::jsonb,
    members_before = done.members_before, outdated = done.outdated::jsonb, state = done.state,
    readers_lost = 0, assessed_at = CASE WHEN done.state = 'assessed' THEN now() END
FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::int[], $6::text[], $7::text[])
    AS done (roster_id, step, parts, effects, members_before, outdated, state)
WHERE rosters.roster_id = done.roster_id
"""
DELETE_CHUNKS = "DELETE FROM roster_chunks WHERE roster_id = ANY($1::uuid[])"


PutOff = Callable[[float], None]


def _at_once(_seconds: float) -> None:
    """Put nothing off."""


async def run_for_ever(database: Database, stop: asyncio.Event, *, vault: Vault, put_off: PutOff = _at_once) -> None:
    """Work on whatever is ready, until `stop`; waits for a missing database, and ends on anything else.

    `put_off` lets workers' facts wait for so many seconds, while somebody waits for a large roster's receipt.
    """
    holder = new_id()
    while not stop.is_set():
        try:
            worked = await work(database, vault, holder, put_off)
        except Exception as error:
            if faults.is_of_the_message(error):
                raise
            log.warning("rosters tried again", error=faults.where(error))
            worked = False
        if not worked:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_EVERY * uniform(0.8, 1.2))


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
                    await take(database, vault, holder, step)
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
    ids = [row["roster_id"] for row in claimed]
    begun = [row["roster_id"] for row in claimed if row["step"]]
    async with database.transaction() as tx:
        pieces: dict[UUID, list[Sealed]] = {roster_id: [] for roster_id in ids}
        for row in await tx.fetch(GET_CHUNKS, ids):
            pieces[row["roster_id"]].append(Sealed(row["key_id"], row["sealed"]))
        by_name = await lines.get_by_name(tx, [row["unit_id"] for row in claimed])
        mappings = await roster_mappings.current(tx, [row["unit_id"] for row in claimed])
        grounds, conflicts = await roster_conflicts.grounds(tx, claimed)
        taken: dict[UUID, set[UUID]] = {roster_id: set() for roster_id in ids}
        for row in await tx.fetch(GET_TAKEN, begun):
            taken[row["roster_id"]].add(row["worker_id"])
    key_ids = {sealed.key_id for some in pieces.values() for sealed in some} | {row["key_id"] for row in claimed}
    keys = await vault.intake_keys(list(key_ids))
    opened = []
    for row in claimed:
        roster = _roster(row, grounds.get(row["roster_id"]))
        if row["refused_for"]:
            opened.append(Opened(roster, "refused", [row["refused_for"]]))
            continue
        if row["readers_lost"] >= roster_claims.READERS_LOST_AT_MOST:
            log.error("roster refused: each of its readers ended", roster_id=str(roster.roster_id))
            opened.append(Opened(roster, "refused", [UNREADABLE]))
            continue
        if conflict := conflicts.get(roster.roster_id):
            opened.append(Opened(roster, "refused", [roster_conflicts.OUTDATED], conflict=conflict))
            continue
        facts = Sealed(row["key_id"], row["sealed_facts"])
        read = reader.open_roster if _is_large(row) else open_roster
        opening = partial(read, roster, facts, pieces[roster.roster_id], keys, vault.index, by_name, mappings)
        opened.append(await asyncio.to_thread(opening))
        opened[-1].step, opened[-1].taken = row["step"], taken[roster.roster_id]
    return opened


async def take(database: Database, vault: Vault, holder: UUID, step: list[Slice]) -> None:
    """Let one step take effect; one that fails on its content is taken roster by roster, to refuse the one at fault."""
    try:
        await _until_committed(database, vault, holder, step)
    except Exception as error:
        if len(step) > 1:
            for part in step:
                await take(database, vault, holder, [part])
            return
        part = step[0]
        if part.opened.file_codes == [UNREADABLE]:
            raise
        log.error("roster refused", roster_id=str(part.roster.roster_id), error=faults.where(error))  # noqa: TRY400
        await take(database, vault, holder, [Slice(Opened(part.roster, "refused", [UNREADABLE]), 0, 0)])


async def _until_committed(database: Database, vault: Vault, holder: UUID, step: list[Slice]) -> None:
    """Rivals and a missing database are waited for; only what the content is to blame for is raised."""
    tries = 0
    taken = [set(part.opened.taken) for part in step]
    while True:
        try:
            async with database.transaction() as tx:
                await _take_effect(tx, vault, holder, step)
        except Exception as error:
            for part, before in zip(step, taken, strict=True):
                part.opened.taken = set(before)
            if faults.is_of_the_message(error):
                raise
            tries += 1
            log.warning("roster step tried again", error=faults.where(error), tries=tries)
            await asyncio.sleep(uniform(0.5, 1.0) * min(5.0, 0.05 * 2 ** min(tries, 7)))
        else:
            return


async def _take_effect(tx: Transaction, vault: Vault, holder: UUID, step: list[Slice]) -> None:
    rows = await tx.fetch(LOCK_CLAIMED, [part.roster.roster_id for part in step], holder)
    claimed = {row["roster_id"]: row for row in rows}
    step = [part for part in step if part.roster.roster_id in claimed]
    if not step:
        return
    await _recall(tx, step, claimed)
    ledger = await workers.decide(tx, vault, [part.page for part in step], new_id)
    told = [] if step[0].roster.dry_run else await workers.write(tx, vault, ledger)
    decisions: dict[UUID, list[Decision]] = {part.roster.roster_id: [] for part in step}
    for decision in ledger.decisions:
        decisions[decision.roster.roster_id].append(decision)
    answering = turns.made(lambda part: roster_answers.answer_rows(part, decisions[part.roster.roster_id]), step)
    _, answers = await turns.beside(outbox.append(tx, told), answering)
    await outbox.append(tx, list(chain(*answers, await _assess(tx, step, decisions))))
    await _advance(tx, step)


async def _recall(tx: Transaction, step: Sequence[Slice], claimed: Mapping[UUID, Record]) -> None:
    """What earlier slices came to; a roster that begins forgets whom an earlier sending of it named."""
    beginning = [part for part in step if part.first == 0]
    counts = await workers.count(tx, [part.roster.unit_id for part in beginning])
    await tx.execute(FORGET_MEMBERS, [part.roster.roster_id for part in beginning])
    for part in step:
        row = claimed[part.roster.roster_id]
        part.opened.roster = replace(part.roster, refs=tuple(row["refs"]))
        part.parts, part.effects = row["parts"], Counter(from_json(row["effects"]))
        part.members_before = row["members_before"] or 0
        part.outdated = [FieldConflict.model_validate(known) for known in from_json(row["outdated"])]
    for part in beginning:
        part.members_before = counts.get(part.roster.unit_id, 0)


async def _assess(tx: Transaction, step: Sequence[Slice], decisions: Mapping[UUID, list[Decision]]) -> list[Outgoing]:
    done = [part for part in step if part.is_last]
    others = {unit_id for part in done for unit_id in roster_answers.other_units(part)}
    counts = await workers.count(tx, [*(part.roster.unit_id for part in done), *others])
    members = await workers.members(tx, [part.roster.unit_id for part in done if part.roster.complete])
    conflicts = await roster_conflicts.of(tx, {part.roster.roster_id: part.outdated for part in done})
    said = []
    for part in done:
        unit_id = part.roster.unit_id
        trying = decisions[part.roster.roster_id] if part.roster.dry_run else []
        joining = roster_answers.members_changed(trying)[unit_id]
        part.opened.conflict = conflicts.get(part.roster.roster_id, part.opened.conflict)
        asked = await _known_by_then(tx, part, members.get(unit_id, ()))
        said.append(roster_answers.assess(part, asked, counts.get(unit_id, 0) + joining, counts))
        said += await _keep_mapping(tx, part)
    return said


async def _known_by_then(tx: Transaction, part: Slice, members: Sequence[Member]) -> Sequence[Member]:
    """The members whom a sender could have named: whoever came since the roster that they built on is not missing."""
    if part.roster.ground is None or not members:
        return members
    ids = [member.worker_id for member in members]
    known = await field_changes.named_by(tx, part.roster.unit_id, part.roster.ground, ids)
    return [member for member in members if member.worker_id in known or member.worker_id in part.opened.taken]


async def _keep_mapping(tx: Transaction, part: Slice) -> list[Outgoing]:
    """What was chosen for a file that was taken holds for the unit's later files with this header."""
    table, roster = part.opened.table, part.roster
    if table is None or not table.chosen or table.version or roster.dry_run or part.opened.accepted is None:
        return []
    keeping = Keeping(roster.unit_id, table.fingerprint, table.chosen, None, " ".join(roster.refs))
    return [roster_answers.because_of(roster, kept) for kept in await roster_mappings.keep(tx, [keeping])]


async def _advance(tx: Transaction, step: Sequence[Slice]) -> None:
    await tx.execute(
        ADVANCE, [part.roster.roster_id for part in step], [part.last for part in step],
        [part.parts for part in step], [to_json(part.effects).decode() for part in step],
        [part.members_before for part in step], [to_json(part.outdated).decode() for part in step],
        ["assessed" if part.is_last else "ready" for part in step],
    )  # fmt: skip
    done = [part.roster.roster_id for part in step if part.is_last]
    await tx.execute(DELETE_CHUNKS, done)
    await waiting.release(tx, "roster", done)


def _is_large(row: Record) -> bool:
    return (row["chunks"] or 0) >= LARGE


def _roster(row: Record, ground: int | None) -> Roster:
    return Roster(
        row["roster_id"], row["unit_id"], row["employer_id"], row["line_id"], row["complete"], row["dry_run"],
        row["reference_date"], tuple(row["refs"]), row["trace"], row["host_id"],
        row["place"], ground,
    )  # fmt: skip
