"""Whether a row changes what others changed since: by person and field, against the roster its sender built on; pure.

What stands in a row is one of three things. As it stood on that roster: the sender left it alone, and what others made
of it stays. As it stands now: nothing to do. Anything else, where others changed it: two words on one field, and
neither is taken for granted.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from contracts.fields import FieldConflict
from registry.blind_index import BlindIndex
from registry.roster_rows import Entry, document_of
from registry.worker_facts import Facts

OUTDATED = "row.outdated"
SHOWN_AT_MOST = 500
LEFT = "left_on"
GONE = b"left"
"""Somebody was said to have left, or is back; a change like any other."""

OF_FACTS = {
    "hazard_codes": "exposures",
    "heavy_class": "heavy_class",
    "start_date": "employed_since",
    "last_health_check": "last_health_check",
    "disabled": "disabled",
}
OF_EMPLOYMENT = frozenset({"hazard_codes", "heavy_class", "start_date", LEFT})
"""What is said of the work for one employer: that for another has its own."""
TOLD = frozenset(OF_FACTS) - {"disabled"}
"""Fields whose values others are told as facts; of any other, an answer says the name alone."""

DERIVED = frozenset(
    {"family_name", "middle_name", "given_name", "birth_date_precision", "residence_code_system", "source"}
)
NUMBERS = "identifiers."

Values = Mapping[str, Any]


class Change(NamedTuple):
    """A field as it stood before and after others changed it, and the last roster that did."""

    before: bytes
    after: bytes
    roster_id: UUID | None


@dataclass(slots=True)
class Since:
    """What happened since the roster that somebody built on: changes by worker and field, and who came, as they are."""

    changed: dict[UUID, dict[str, Change]] = field(default_factory=dict)
    came: dict[UUID, Values] = field(default_factory=dict)

    def left(self, worker_id: UUID) -> bool:
        """Whether somebody was said to have left meanwhile."""
        change = self.changed.get(worker_id, {}).get(LEFT)
        return change is not None and change.after == GONE


@dataclass(frozen=True, slots=True)
class Verdict:
    """Fields that the row left as they were, and what others made of them stays; fields that both changed."""

    alone: frozenset[str] = frozenset()
    conflicts: Sequence[FieldConflict] = ()


def values_of(identity: Mapping[str, Any], facts: Facts | None) -> dict[str, Any]:
    """What is said of somebody and of their work, field by field; what is not said is left out."""
    said = {name: value for name, value in identity.items() if name not in DERIVED and name != "identifiers"}
    said |= {f"{NUMBERS}{kind}": number for kind, number in (identity.get("identifiers") or {}).items()}
    if facts is not None:
        said |= {name: getattr(facts, attribute) for name, attribute in OF_FACTS.items()}
    return {name: value for name, value in said.items() if value}


def hashed(index: BlindIndex, worker_id: UUID, name: str, value: object) -> bytes:
    """A field's value of one person, to be compared and not to be read."""
    return index.of("field", worker_id, name, to_json(value).decode())[:16] if value else b""


def changes(index: BlindIndex, worker_id: UUID, before: Values, after: Values) -> dict[str, tuple[bytes, bytes]]:
    """The fields in which two states of somebody differ, hashed."""
    names = [name for name in sorted(before.keys() | after.keys()) if before.get(name) != after.get(name)]
    return {
        name: (hashed(index, worker_id, name, before.get(name)), hashed(index, worker_id, name, after.get(name)))
        for name in names
    }


def judge(
    since: Since,
    index: BlindIndex,
    entry: Entry,
    worker_id: UUID,
    known: Facts,
    columns: frozenset[str],
    *,
    aside: bool,
) -> Verdict:
    """What a row about somebody known changes of what others changed; `columns` are those that its file has.

    `known` is the employment that it speaks of; one aside from what they count by says nothing of who they are.
    """
    theirs = values_of({} if aside else entry.identity, entry.facts)
    if (who := since.came.get(worker_id)) is not None:
        ours = values_of({} if aside else who, known)
        differing = [name for name in theirs if name in ours and theirs[name] != ours[name]]
        return Verdict(conflicts=[_conflict(entry, name, theirs, known, None) for name in differing])
    alone, both = set(), []
    for name, change in since.changed.get(worker_id, {}).items():
        if name == LEFT or (aside and name not in OF_FACTS) or not _is_said(name, theirs, columns):
            continue
        stated = hashed(index, worker_id, name, theirs.get(name))
        if stated == change.before:
            alone.add(name)
        elif stated != change.after:
            both.append(_conflict(entry, name, theirs, known, change.roster_id))
    return Verdict(frozenset(alone), both)


def without(entry: Entry, alone: Iterable[str], known: Facts) -> Entry:
    """A row without the fields that it left alone."""
    alone = frozenset(alone)
    stated = entry.identity
    identity = {name: value for name, value in stated.items() if name not in alone}
    if "full_name" in alone:
        identity = {name: value for name, value in identity.items() if name not in DERIVED}
    if "birth_date" in alone:
        identity.pop("birth_date_precision", None)
    if kinds := {name.removeprefix(NUMBERS) for name in alone if name.startswith(NUMBERS)}:
        numbered = stated.get("identifiers") or {}
        identity["identifiers"] = {kind: number for kind, number in numbered.items() if kind not in kinds}
    facts = entry.facts
    if "line" in alone:
        facts = replace(facts, line_id=known.line_id)
    if "sex" in alone:
        facts = replace(facts, sex=known.sex)
    if "birth_date" in alone:
        facts = replace(facts, born=known.born)
    numbers = tuple(number for number in entry.numbers if number.type not in kinds | alone)
    return replace(entry, document=document_of(identity, entry.source), facts=facts, numbers=numbers)


def _is_said(name: str, theirs: Values, columns: frozenset[str]) -> bool:
    """Whether a file says something of a field; a number that is not there takes none away."""
    return name in theirs if name.startswith(NUMBERS) else name in columns


def _conflict(entry: Entry, name: str, theirs: Values, known: Facts, roster_id: UUID | None) -> FieldConflict:
    told = name in TOLD
    return FieldConflict(
        row=entry.row,
        field=name,
        roster_id=roster_id,
        theirs=_written(theirs.get(name)) if told else None,
        ours=_written(getattr(known, OF_FACTS[name])) if told else None,
    )


def _written(value: object) -> str | None:
    if isinstance(value, tuple):
        return " ".join(value)
    return value.isoformat() if isinstance(value, date) else str(value) if value else None
