"""Who the workers are, kept sealed: identities and numbers opened, changed and stored."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic_core import from_json

from registry import turns
from registry import vault as boxes
from registry.blind_index import BlindIndex
from registry.blocking import COLUMNS
from registry.ledger import Decision, Ledger
from registry.reading.names import name_key
from registry.roster_rows import OF_A_UNIT, Number, document_of, number_key, spelled_as
from registry.vault import Keys, Vault
from shared.database import Transaction

GET_SEALED = "SELECT worker_id, sealed FROM persons WHERE worker_id = ANY($1::uuid[])"
PERSON_COLUMNS = ("worker_id", "sealed", "digest", "name", "birth", "namesake", *COLUMNS)
# A row without a citizen's number takes none away.
CHANGE_PERSONS = """
UPDATE persons AS known SET sealed = new.sealed, digest = new.digest, name = new.name, birth = new.birth,
    namesake = new.namesake, spelled = new.spelled, named = new.named, first_word = new.first_word,
    last_word = new.last_word, number_middle = coalesce(new.number_middle, known.number_middle),
    number_end = coalesce(new.number_end, known.number_end)
FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bigint[], $8::bigint[],
            $9::bigint[], $10::bigint[], $11::int[], $12::int[])
    AS new (worker_id, sealed, digest, name, birth, namesake, spelled, named, first_word, last_word, number_middle,
            number_end)
WHERE known.worker_id = new.worker_id
"""
NUMBER_COLUMNS = ("worker_id", "type", "blind_index", "sealed", "verified", "valid_from", "valid_to", "roster_id",
                  "verified_by", "scope")  # fmt: skip
END_NUMBERS = """
UPDATE identifiers SET valid_to = ended.day
FROM unnest($1::uuid[], $2::bytea[], $3::date[]) AS ended (worker_id, blind_index, day)
WHERE identifiers.worker_id = ended.worker_id AND identifiers.blind_index = ended.blind_index AND valid_to IS NULL
"""

Identity = dict[str, Any]
WHO = frozenset({"full_name", "birth_date", "sex"})
NAME_PARTS = ("full_name", "family_name", "middle_name", "given_name")


async def open_identities(tx: Transaction, vault: Vault, worker_ids: Collection[UUID]) -> dict[UUID, Identity]:
    """What the vault knows of these workers; whoever was erased is left out."""
    if not worker_ids:
        return {}
    keys = await vault.keys(list(worker_ids))
    rows = await tx.fetch(GET_SEALED, list(keys))
    return {
        row["worker_id"]: from_json(boxes.open_box(keys[row["worker_id"]], row["worker_id"], row["sealed"]))
        for row in rows
    }


def merged(known: Identity, stated: Identity, columns: Collection[str]) -> Identity:
    """An identity with what a row states; what its file has no column for stays, and so does a fuller birth date."""
    result = {name: value for name, value in known.items() if name in stated or _column_of(name) not in columns}
    result |= stated
    if "identifiers" in known or "identifiers" in stated:
        result["identifiers"] = known.get("identifiers", {}) | stated.get("identifiers", {})
    if "birth_date" in stated and str(known.get("birth_date", "")).startswith(stated["birth_date"]):
        result |= {name: known[name] for name in ("birth_date", "birth_date_precision") if name in known}
    if _is_less_exactly_written(stated.get("full_name", ""), known.get("full_name", "")):
        result |= {name: known[name] for name in NAME_PARTS if name in known}
    return result


def _is_less_exactly_written(name: str, known: str) -> bool:
    """Whether a name lacks the marks that it is known to have: typed without a Vietnamese keyboard."""
    return name.isascii() and not known.isascii() and name_key(name) == name_key(known)


@dataclass(frozen=True, slots=True)
class Sealed:
    """Everybody new in a ledger, changed identities, and all numbers that began, as tables have them."""

    new: list[tuple[Any, ...]]
    changed: list[tuple[Any, ...]]
    numbers: list[tuple[Any, ...]]


async def _keys_for(vault: Vault, ledger: Ledger) -> Keys:
    """The keys of all whom a ledger has something to seal of; new ones for everybody new."""
    keys = await vault.new_keys([decision.known.worker_id for decision in ledger.decisions if decision.is_new])
    others = {d.known.worker_id for d, _, _ in ledger.numbers_added if not d.is_new} | ledger.identities.keys()
    return keys | await vault.keys(list(others - keys.keys()))


async def seal(vault: Vault, ledger: Ledger) -> Sealed:
    """Seal who is in a ledger, in turns with the event loop."""
    keys = await _keys_for(vault, ledger)
    latest = {decision.known.worker_id: decision for decision in ledger.decisions}
    ended = {(worker_id, number): day for worker_id, number, day in ledger.numbers_ended}
    new = await turns.made(lambda d: _person(d, keys), [d for d in ledger.decisions if d.is_new])
    changed = [
        _changed_person(latest[worker_id], identity, source, keys, vault.index)
        for worker_id, (identity, source) in ledger.identities.items()
    ]
    return Sealed(new, changed, await turns.made(lambda added: _number(*added, keys, ended), ledger.numbers_added))


async def store(tx: Transaction, sealed: Sealed, numbers_ended: Collection[tuple[UUID, bytes, date]]) -> None:
    """Write what was sealed, and which numbers ended."""
    await tx.copy_records_to_table("persons", records=sealed.new, columns=PERSON_COLUMNS)
    if sealed.changed:
        await tx.execute(CHANGE_PERSONS, *map(list, zip(*sealed.changed, strict=True)))
    if numbers_ended:
        await tx.execute(END_NUMBERS, *map(list, zip(*numbers_ended, strict=True)))
    await tx.copy_records_to_table("identifiers", records=sealed.numbers, columns=NUMBER_COLUMNS)


def _number(
    decision: Decision,
    number: Number,
    verified: bool,
    keys: Keys,
    ended: Mapping[tuple[UUID, bytes], date],
) -> tuple[Any, ...]:
    worker_id, roster = decision.known.worker_id, decision.roster
    sealed = boxes.close_box(keys[worker_id], worker_id, number.value.encode())
    current = decision.known.numbers.get(number_key(number.type, roster.unit_id), (None,))[0] == number.index
    valid_to = None if current else ended.get((worker_id, number.index), roster.reference_date)
    return (
        worker_id, number.type, number.index, sealed, verified, roster.reference_date, valid_to, roster.roster_id,
        _party_of(roster.unit_id) if verified else None, roster.unit_id if number.type in OF_A_UNIT else None,
    )  # fmt: skip


@lru_cache(maxsize=64)
def _party_of(unit_id: UUID) -> str:
    return f"unions/{unit_id}"


def _person(decision: Decision, keys: Keys) -> tuple[Any, ...]:
    known, entry = decision.known, decision.entry
    sealed = boxes.close_box(keys[known.worker_id], known.worker_id, entry.document)
    return known.worker_id, sealed, known.digest, known.name, known.birth, entry.namesake, *entry.blocks


def _changed_person(
    decision: Decision, identity: Identity, source: dict[str, str], keys: Keys, index: BlindIndex
) -> tuple[Any, ...]:
    """The hashes follow the last row, so that the same file finds its people again."""
    worker_id, entry = decision.known.worker_id, decision.entry
    if not entry.identity.keys() >= WHO:
        entry = spelled_as(entry, identity, decision.roster.unit_id, index)
    name = index.of("name", worker_id, entry.name_key)
    birth = index.of("birth", worker_id, entry.birth) if entry.full_birth else decision.known.birth
    sealed = boxes.close_box(keys[worker_id], worker_id, document_of(identity, source))
    return worker_id, sealed, entry.digest, name, birth, entry.namesake, *entry.blocks


def _column_of(name: str) -> str:
    """The column that an identity field comes from."""
    if name in NAME_PARTS:
        return "full_name"
    if name == "residence_code_system":
        return "residence_province_code"
    return "birth_date" if name == "birth_date_precision" else name
