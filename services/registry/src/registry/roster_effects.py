"""A step of rosters takes effect: some thousand rows in one transaction, with the answers to them."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from random import uniform
from uuid import UUID

import structlog
from asyncpg import Record
from pydantic_core import from_json, to_json

from contracts.fields import FieldConflict
from registry import field_changes, roster_answers, roster_conflicts, roster_mappings, turns, workers
from registry.ledger import Decision
from registry.roster_answers import Slice
from registry.roster_mappings import Keeping
from registry.roster_opening import UNREADABLE, Opened
from registry.vault import Vault
from registry.workers import Member
from shared import faults, outbox, waiting
from shared.clock import new_id
from shared.database import Database, Transaction
from shared.outbox import Outgoing

log = structlog.get_logger(__name__)

LOCK_CLAIMED = """
UPDATE rosters SET claimed_until = now() + interval '20 seconds'
WHERE roster_id = ANY($1::uuid[]) AND claimed_by = $2 AND state = 'ready'
RETURNING roster_id, refs, parts, effects, members_before, outdated
"""
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
