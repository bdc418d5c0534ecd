"""Rosters arrive as a manifest and sealed chunks, in any order, as often as they like; complete ones become ready."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from contracts.registry import DeclarationRefused
from contracts.registry import RosterClosed as RosterIsClosed
from contracts.rosters import RosterChunkSealed, RosterSubmitted
from contracts.unions import RosterClosed
from registry import authority, lines, organisations, workers
from registry.authority import Paths
from registry.organisation_rules import GRASSROOTS
from registry.problems import problem
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

# A chunk and its manifest may come side by side; whoever locks the roster second sees what the first one stored.
LOCK = """
INSERT INTO rosters (roster_id) SELECT id FROM unnest($1::uuid[]) AS id ORDER BY id
ON CONFLICT (roster_id) DO UPDATE SET roster_id = excluded.roster_id
"""
RECEIVE = """
UPDATE rosters AS known SET
    unit_id = new.unit_id, employer_id = new.employer_id, campaign_id = new.campaign_id, line_id = new.line_id,
    complete = new.complete, dry_run = new.dry_run, reference_date = new.reference_date, chunks = new.chunks,
    key_id = new.key_id, sealed_facts = new.sealed_facts, refused_for = new.refused_for, trace = new.trace,
    based_on = new.based_on, host_id = new.host_id,
    refs = CASE WHEN known.state = 'assessed' THEN '{}' ELSE known.refs END || new.ref,
    state = 'receiving', step = 0, parts = 0, effects = '{}', outdated = '[]', members_before = NULL, claimed_by = NULL,
    claimed_until = NULL, received_at = now(), assessed_at = NULL
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::bool[], $7::bool[], $8::date[], $9::int[],
            $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::uuid[], $16::uuid[])
    AS new (roster_id, unit_id, employer_id, campaign_id, line_id, complete, dry_run, reference_date, chunks,
            key_id, sealed_facts, refused_for, trace, ref, based_on, host_id)
WHERE known.roster_id = new.roster_id AND known.state <> 'ready'
"""
# What is being worked on is answered to whoever sends it once more; it is not begun anew.
ANSWER_TO = """
UPDATE rosters AS known SET refs = known.refs || new.ref
FROM unnest($1::uuid[], $2::text[]) AS new (roster_id, ref)
WHERE known.roster_id = new.roster_id AND known.state = 'ready' AND new.ref <> ALL (known.refs)
"""
KEEP_CHUNKS = """
INSERT INTO roster_chunks (roster_id, index, key_id, sealed)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[])
ON CONFLICT (roster_id, index) DO UPDATE SET key_id = excluded.key_id, sealed = excluded.sealed
"""
MAKE_READY = """
UPDATE rosters SET state = 'ready', place = nextval('roster_places')
WHERE roster_id = ANY($1::uuid[]) AND state = 'receiving' AND unit_id IS NOT NULL
AND (refused_for IS NOT NULL OR chunks = (
    SELECT count(*) FROM roster_chunks AS chunk
    WHERE chunk.roster_id = rosters.roster_id AND chunk.index < rosters.chunks))
"""
GET_STATES = "SELECT roster_id, unit_id, state FROM rosters WHERE roster_id = ANY($1::uuid[])"
FORGET_CHUNKS = "DELETE FROM roster_chunks WHERE received_at < $1"

EMPLOYERS, HOSTS = ("EMPLOYER",), ("EMPLOYER", "PARK")

Manifests = Sequence[Message[RosterSubmitted]]


async def receive(tx: Transaction, batch: Batch[RosterSubmitted], *, now: datetime) -> None:
    """Note what a roster consists of; one of an unknown unit, employer or line waits for it."""
    events = batch.events
    units = [event.unit_id for event in events]
    named = [id_ for event in events for id_ in (event.employer_id, event.host_id) if id_]
    kinds = await organisations.get_kinds(tx, units + named)
    unknown_lines = await lines.get_unknown(tx, [event.line_id for event in events if event.line_id])
    paths = await authority.paths(tx, units, await authority.today(tx, now))
    held: dict[str, list[tuple[Message[RosterSubmitted], UUID]]] = {"organisation": [], "line": []}
    known: list[Message[RosterSubmitted]] = []
    for message in batch:
        roster = message.event
        missing = [id_ for id_ in (roster.unit_id, roster.employer_id, roster.host_id) if id_ and id_ not in kinds]
        if missing:
            held["organisation"].append((message, missing[0]))
        elif roster.line_id in unknown_lines and roster.line_id is not None:
            held["line"].append((message, roster.line_id))
        else:
            known.append(message)
    await _receive(tx, known, [_objection(message, kinds, paths) for message in known])
    for kind, pairs in held.items():
        await waiting.hold(tx, [message for message, _ in pairs], kind, [id_ for _, id_ in pairs])


async def collect(tx: Transaction, batch: Batch[RosterChunkSealed]) -> None:
    """Keep sealed rows until their roster is complete."""
    chunks = batch.events
    roster_ids = [chunk.roster_id for chunk in chunks]
    await tx.execute(LOCK, roster_ids)
    await tx.execute(
        KEEP_CHUNKS, roster_ids, [chunk.index for chunk in chunks], [chunk.key_id for chunk in chunks],
        [chunk.sealed for chunk in chunks],
    )  # fmt: skip
    await tx.execute(MAKE_READY, roster_ids)


async def close(tx: Transaction, batch: Batch[RosterClosed], *, now: datetime) -> None:
    """State how many workers a unit has, as soon as all rosters named are assessed; until then the message waits."""
    units = [event.unit_id for event in batch.events]
    unknown = await organisations.get_unknown(tx, units)
    paths = await authority.paths(tx, units, await authority.today(tx, now))
    named = [roster_id for event in batch.events for roster_id in event.roster_ids]
    states = {row["roster_id"]: row for row in await tx.fetch(GET_STATES, named)}
    closing: list[Message[RosterClosed]] = []
    for message in batch:
        closed = message.event
        seen = [states[id_] for id_ in closed.roster_ids if id_ in states]
        foreign = [row for row in seen if row["unit_id"] not in (None, closed.unit_id)]
        pending = [id_ for id_ in closed.roster_ids if id_ not in states or states[id_]["state"] != "assessed"]
        if closed.unit_id in unknown:
            await waiting.hold(tx, [message], "organisation", [closed.unit_id])
        elif not paths.allow(message.party, closed.unit_id):
            await _refuse(tx, message, "organisation.outside_subtree", "unit_id")
        elif foreign:
            await _refuse(tx, message, "roster.of_another_unit", "roster_ids")
        elif pending:
            await waiting.hold(tx, [message], "roster", pending[:1])
        else:
            closing.append(message)
    await _say_closed(tx, closing)


async def forget_chunks(tx: Transaction, before: datetime) -> None:
    """Remove sealed rows whose roster never became complete; by then nobody can open them any more."""
    await tx.execute(FORGET_CHUNKS, before)


def _objection(message: Message[RosterSubmitted], kinds: dict[UUID, str], paths: Paths) -> str | None:
    if not paths.allow(message.party, message.event.unit_id):
        return "roster.outside_subtree"
    roster = message.event
    if kinds[roster.unit_id] not in GRASSROOTS:
        return "roster.no_grassroots_unit"
    work_for = [(roster.employer_id, EMPLOYERS), (roster.host_id, HOSTS)]
    return "roster.no_employer" if any(id_ and kinds[id_] not in fit for id_, fit in work_for) else None


async def _receive(tx: Transaction, manifests: Manifests, objections: Sequence[str | None]) -> None:
    if not manifests:
        return
    rosters, refs = [message.event for message in manifests], [message.ref for message in manifests]
    ids = [roster.roster_id for roster in rosters]
    await tx.execute(LOCK, ids)
    await tx.execute(ANSWER_TO, ids, refs)
    await tx.execute(
        RECEIVE, ids, [roster.unit_id for roster in rosters], [roster.employer_id for roster in rosters],
        [roster.campaign_id for roster in rosters], [roster.line_id for roster in rosters],
        [roster.complete for roster in rosters], [roster.dry_run for roster in rosters],
        [roster.reference_date for roster in rosters], [roster.chunks for roster in rosters],
        [roster.key_id for roster in rosters], [roster.sealed_facts for roster in rosters], list(objections),
        [message.trace for message in manifests], refs, [roster.based_on for roster in rosters],
        [roster.host_id for roster in rosters],
    )  # fmt: skip
    await tx.execute(MAKE_READY, ids)


async def _refuse(tx: Transaction, message: Message[RosterClosed], code: str, field: str) -> None:
    refused = DeclarationRefused(subject_id=message.event.unit_id, problems=[problem(code, field)])
    await outbox.append(tx, [message.leads_to(refused)])


async def _say_closed(tx: Transaction, closing: Sequence[Message[RosterClosed]]) -> None:
    units = [message.event.unit_id for message in closing]
    now, ever = await workers.count(tx, units), await workers.count_ever(tx, units)
    answers = [
        message.leads_to(
            RosterIsClosed(
                unit_id=message.event.unit_id,
                campaign_id=message.event.campaign_id,
                workers=now.get(message.event.unit_id, 0),
                workers_ever=ever.get(message.event.unit_id, 0),
            )
        )
        for message in closing
    ]
    await outbox.append(tx, answers)
