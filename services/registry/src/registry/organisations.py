"""Union units, employers and parks: declared with a first day, re-parented by a later one, with history kept."""

from collections.abc import Sequence
from dataclasses import astuple, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from contracts.registry import DeclarationRefused, DeclarationUnchanged, OrganisationChanged, OrganisationRegistered
from contracts.unions import OrganisationDeclared
from registry import authority, organisation_rules, places
from registry.organisation_rules import Version
from registry.problems import problem
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction
from shared.outbox import Outgoing

COLUMNS = [field.name for field in fields(Version)]

# Two declarations that would put each under the other must not pass side by side.
LOCK = "SELECT pg_advisory_xact_lock(7403, 3)"
GET_HISTORIES = f"SELECT {', '.join(COLUMNS)} FROM organisations WHERE organisation_id = ANY($1::uuid[]) ORDER BY valid_from"  # noqa: S608, E501
PUT = """
INSERT INTO organisations (organisation_id, valid_from, kind, name, code, parent_id, province_code, commune_code,
                           code_system, tax_code, declared_by, ref)
SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[],
                     $9::text[], $10::text[], $11::text[], $12::text[])
ON CONFLICT (organisation_id, valid_from) DO UPDATE SET
    kind = excluded.kind, name = excluded.name, code = excluded.code, parent_id = excluded.parent_id,
    province_code = excluded.province_code, commune_code = excluded.commune_code,
    code_system = excluded.code_system, tax_code = excluded.tax_code, ref = excluded.ref, recorded_at = now()
"""
GET_TREE = "SELECT organisation_id, parent_id, kind, name, code FROM tree_as_of($1)"

Declarations = Sequence[Message[OrganisationDeclared]]


async def declare(tx: Transaction, batch: Batch[OrganisationDeclared], *, now: datetime) -> None:
    """Register or change what is declared, or say what is wrong with it; where the parent is unknown, wait for it."""
    await tx.execute(LOCK)
    register = await _Register.load(tx, batch, await authority.today(tx, now))
    taken: list[tuple[Version, str]] = []
    answers: list[Outgoing] = []
    waiting_for_parent: list[Message[OrganisationDeclared]] = []
    for message in parents_first(batch):
        stated = organisation_rules.version(message.event, message.party)
        if stated.parent_id is not None and not register.knows(stated.parent_id):
            waiting_for_parent.append(message)
            continue
        answer = register.judge(stated, message)
        answers.append(answer)
        if isinstance(answer.event, OrganisationRegistered | OrganisationChanged):
            register.take(stated)
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


class _Register:
    """What is known of the organisations that a batch touches, and of those above them."""

    def __init__(self, histories: dict[UUID, list[Version]], today: date) -> None:
        self.histories = histories
        self.today = today

    @classmethod
    async def load(cls, tx: Transaction, batch: Batch[OrganisationDeclared], today: date) -> "_Register":
        """Everything above what is declared, at any time, is loaded level by level."""
        histories: dict[UUID, list[Version]] = {}
        open_ids = {event.organisation_id for event in batch.events}
        open_ids |= {event.parent_id for event in batch.events if event.parent_id}
        while open_ids:
            histories.update((id_, []) for id_ in open_ids)
            for row in await tx.fetch(GET_HISTORIES, list(open_ids)):
                histories[row["organisation_id"]].append(Version(*row.values()))
            versions = [version for id_ in open_ids for version in histories[id_]]
            above = {version.parent_id for version in versions}
            above |= {authority.unit_of(version.declared_by) for version in versions if version.declared_by}
            open_ids = {id_ for id_ in above if id_ is not None} - histories.keys()
        return cls(histories, today)

    def knows(self, organisation_id: UUID) -> bool:
        return bool(self.histories.get(organisation_id))

    def take(self, stated: Version) -> None:
        kept = [v for v in self.histories.get(stated.organisation_id, []) if v.valid_from != stated.valid_from]
        self.histories[stated.organisation_id] = sorted([*kept, stated], key=lambda v: v.valid_from)

    def judge(self, stated: Version, message: Message[OrganisationDeclared]) -> Outgoing:
        history = self.histories.get(stated.organisation_id, [])
        known = organisation_rules.in_force(history, stated.valid_from)
        problems = organisation_rules.problems_of(
            stated,
            history,
            self.upwards(stated.parent_id, stated.valid_from),
            self.histories.get(stated.parent_id, []) if stated.parent_id else [],
            places.current(),
        )
        if code := self.objection(stated, history, message.party):
            problems = [problem(code), *problems]
        if problems:
            return message.leads_to(DeclarationRefused(subject_id=stated.organisation_id, problems=problems))
        if known is not None and known.says_the_same(stated):
            return message.leads_to(DeclarationUnchanged(subject_id=stated.organisation_id))
        facts = _facts(stated)
        return message.leads_to(OrganisationChanged(**facts) if history else OrganisationRegistered(**facts))

    def objection(self, stated: Version, history: list[Version], party: str | None) -> str | None:
        """Why the party may not declare this: it must stand below the party, now and after it."""
        if party is None or party.startswith("operations/"):
            return None
        speaker = authority.unit_of(party)
        if stated.kind in organisation_rules.PARENTS_OF_WORKPLACES:
            return self.objection_to_workplace(history, speaker)
        first = history[0] if history else stated
        places_in_tree = [self.upwards(stated.organisation_id, self.today)] if history else []
        moves = not history or stated.parent_id != (organisation_rules.in_force(history, self.today) or first).parent_id
        if moves and not (stated.organisation_id == speaker and not history):
            places_in_tree.append(self.upwards(stated.parent_id, stated.valid_from))
        if all(speaker in path for path in places_in_tree):
            return None
        return "organisation.outside_subtree"

    def objection_to_workplace(self, history: list[Version], speaker: UUID | None) -> str | None:
        """Employers and parks stand in no union tree: whoever declared one, or stands above them, may change it."""
        if speaker is None:
            return "organisation.outside_subtree"
        declarer = authority.unit_of(history[0].declared_by or "") if history else speaker
        if declarer is None or speaker in self.upwards(declarer, self.today):
            return None
        return "organisation.declared_by_another"

    def upwards(self, organisation_id: UUID | None, day: date) -> list[UUID]:
        """An organisation and all above it on a day."""
        path: list[UUID] = []
        while organisation_id is not None and organisation_id not in path:
            path.append(organisation_id)
            history = self.histories.get(organisation_id)
            if not history:
                break
            organisation_id = (organisation_rules.in_force(history, day) or history[0]).parent_id
        return path


def _facts(stated: Version) -> dict[str, Any]:
    return {name: getattr(stated, name) for name in COLUMNS if name not in ("tax_code", "declared_by")}


async def _put(tx: Transaction, taken: Sequence[tuple[Version, str]]) -> None:
    if taken:
        rows = [(*astuple(version), ref) for version, ref in taken]
        await tx.execute(PUT, *map(list, zip(*rows, strict=True)))
