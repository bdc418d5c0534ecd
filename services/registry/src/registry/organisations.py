"""Union units, employers and parks: declared with a first day, re-parented by a later one, with history kept."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.base import Event
from contracts.organisations import Organisation
from contracts.registry import (
    DeclarationRefused,
    DeclarationUnchanged,
    OrganisationChanged,
    OrganisationRegistered,
)
from contracts.unions import OrganisationDeclared
from registry import authority, organisation_rules, organisation_tree
from registry.organisation_rules import Version
from registry.organisation_tree import Tree, Verdict
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction
from shared.outbox import Outgoing

# Two declarations that would put each under the other must not pass side by side.
LOCK = "SELECT pg_advisory_xact_lock(7403, 3)"
GET_HISTORIES = """
SELECT organisation_id, valid_from, kind, name, code, parent_id, province_code, commune_code, code_system, tax_code,
       declared_by, former_code_system, former_province_code, former_commune_code
FROM organisations WHERE organisation_id = ANY($1::uuid[]) ORDER BY valid_from
"""
PUT = """
INSERT INTO organisations (organisation_id, valid_from, kind, name, code, parent_id, province_code, commune_code,
                           code_system, tax_code, declared_by, former_code_system, former_province_code,
                           former_commune_code, ref)
SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[],
                     $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])
ON CONFLICT (organisation_id, valid_from) DO UPDATE SET
    kind = excluded.kind, name = excluded.name, code = excluded.code, parent_id = excluded.parent_id,
    province_code = excluded.province_code, commune_code = excluded.commune_code,
    code_system = excluded.code_system, tax_code = excluded.tax_code,
    former_code_system = excluded.former_code_system, former_province_code = excluded.former_province_code,
    former_commune_code = excluded.former_commune_code, ref = excluded.ref, recorded_at = now()
"""

Declarations = Sequence[Message[OrganisationDeclared]]


async def declare(tx: Transaction, batch: Batch[OrganisationDeclared], *, now: datetime) -> None:
    """Register or change what is declared, or say what is wrong with it; where the parent is unknown, wait for it."""
    await tx.execute(LOCK)
    tree = await _load_tree(tx, batch.events, await authority.today(tx, now))
    taken: list[tuple[Version, str]] = []
    answers: list[Outgoing] = []
    waiting_for_parent: list[Message[OrganisationDeclared]] = []
    for message in parents_first(batch):
        stated = organisation_rules.version(message.event, message.party)
        if stated.parent_id not in (None, stated.organisation_id) and not tree.knows(stated.parent_id):
            waiting_for_parent.append(message)
            continue
        verdict = tree.judge(stated, message.party)
        answers.append(message.leads_to(_answer(stated, verdict)))
        if verdict in ("registered", "changed"):
            tree.take(stated)
            taken.append((stated, message.ref))
    await _put(tx, taken)
    await outbox.append(tx, answers)
    await waiting.hold(tx, waiting_for_parent, "organisation", [m.event.parent_id for m in waiting_for_parent])
    await waiting.release(tx, "organisation", [version.organisation_id for version, _ in taken])


def parents_first(declarations: Declarations) -> Declarations:
    """Declarations in an order in which a parent stands before its children, where both are declared here."""
    by_id = {message.event.organisation_id: message for message in declarations}
    ordered: dict[UUID, Message[OrganisationDeclared]] = {}

    def place(message: Message[OrganisationDeclared]) -> None:
        chain = []
        node: Message[OrganisationDeclared] | None = message
        while node is not None and node.event.organisation_id not in ordered and node not in chain:
            chain.append(node)
            node = by_id.get(node.event.parent_id) if node.event.parent_id else None
        ordered.update((link.event.organisation_id, link) for link in reversed(chain))

    for message in declarations:
        place(message)
    return list(ordered.values())


async def get_unknown(tx: Transaction, organisation_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these organisations nobody has declared."""
    known = await tx.fetch(
        "SELECT DISTINCT organisation_id FROM organisations WHERE organisation_id = ANY($1::uuid[])",
        list(set(organisation_ids)),
    )
    return set(organisation_ids) - {row["organisation_id"] for row in known}


async def get_kinds(tx: Transaction, organisation_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What kind each of these organisations is; unknown ones are left out."""
    rows = await tx.fetch(
        "SELECT DISTINCT organisation_id, kind FROM organisations WHERE organisation_id = ANY($1::uuid[])",
        list(set(organisation_ids)),
    )
    return {row["organisation_id"]: row["kind"] for row in rows}


async def _load_tree(tx: Transaction, events: Sequence[OrganisationDeclared], today: date) -> Tree:
    """What is declared and everything above it, at any time, level by level."""
    histories: dict[UUID, list[Version]] = {}
    unseen = {event.organisation_id for event in events} | {event.parent_id for event in events if event.parent_id}
    while unseen:
        histories.update((id_, []) for id_ in unseen)
        rows = await tx.fetch(GET_HISTORIES, list(unseen))
        for row in rows:
            histories[row["organisation_id"]].append(Version(*row.values()))
        unseen = organisation_tree.above(Version(*row.values()) for row in rows) - histories.keys()
    return Tree(histories, today)


def _answer(stated: Version, verdict: Verdict) -> Event:
    if isinstance(verdict, list):
        return DeclarationRefused(subject_id=stated.organisation_id, problems=verdict)
    if verdict == "unchanged":
        return DeclarationUnchanged(subject_id=stated.organisation_id)
    return (OrganisationRegistered if verdict == "registered" else OrganisationChanged)(**_facts(stated))


def _facts(stated: Version) -> dict[str, Any]:
    return {name: getattr(stated, name) for name in Organisation.model_fields}


async def _put(tx: Transaction, taken: Sequence[tuple[Version, str]]) -> None:
    if taken:
        rows = [(*astuple(version), ref) for version, ref in taken]
        await tx.execute(PUT, *map(list, zip(*rows, strict=True)))
