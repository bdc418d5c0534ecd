"""A roster's rows as the register takes them: facts, numbers, and the keyed hashes that find a person again; pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any
from uuid import UUID

from pydantic_core import from_json, to_json

from registry import line_rules
from registry.blind_index import BlindIndex
from registry.blocking import Blocks, blocks_of
from registry.line_rules import Lines
from registry.reading.names import name_key
from registry.reading.places import CODE_SYSTEM, system_of
from registry.reading.reader import Reading
from registry.reading.rows import Outcome, Person
from registry.reading.shifts import read_hours
from registry.worker_facts import Facts, full_date, values_of_facts

# Numbers that name a person anywhere, the surest first; those of a unit mean something only there.
NATIONAL = ("cccd", "passport", "bhxh", "bhyt", "cmnd")
OF_A_UNIT = {"employee_code": "employee_code.duplicate", "union_member_no": ""}
SHARED = "identity.shared_national_id"
NumberKey = str | tuple[str, UUID]
"""What somebody has one number of: of those of the state by their type, of those of a unit in each of their units."""
NOT_IDENTITY = frozenset({"hazard_codes", "heavy_class", "start_date", "disabled", "last_health_check"})


@dataclass(frozen=True, slots=True)
class Roster:
    """Whose a roster is and what it is for; `refs` are the messages to answer, `trace` the trace to go on with.

    `place` is its own among all rosters, `ground` that of the one it is built on, where it says so.
    """

    roster_id: UUID
    unit_id: UUID
    employer_id: UUID | None
    line_id: UUID | None
    complete: bool
    dry_run: bool
    reference_date: date
    refs: tuple[str, ...] = ()
    trace: str | None = None
    host_id: UUID | None = None
    place: int = 0
    ground: int | None = None


# Not frozen: that would take three times as long to make.
@dataclass(slots=True)
class Number:
    """An identifier with its blind index; it is verified where nothing contradicts it."""

    type: str
    value: str
    index: bytes
    verified: bool = True


@dataclass(slots=True)
class Entry:
    """A row that was accepted; `document` is whom it names and what stood in its cells, as it is sealed."""

    row: int
    facts: Facts
    document: bytes
    digest: bytes
    name_key: str
    birth: str
    namesake: bytes
    blocks: Blocks
    numbers: tuple[Number, ...]
    outcome: Outcome
    codes: tuple[str, ...]
    related_rows: tuple[int, ...]

    def __reduce__(self) -> tuple[Callable[..., "Entry"], tuple[Any, ...]]:
        """To another process as plain values: what dataclasses do by themselves takes three times as long."""
        numbers = tuple(map(_values_of_number, self.numbers))
        return _entry_of, (*_values_of_entry(self), values_of_facts(self.facts), tuple(self.blocks), numbers)

    @property
    def identity(self) -> dict[str, Any]:
        """Whom the row names; read anew each time, which is seldom."""
        return {name: value for name, value in from_json(self.document).items() if name != "source"}

    @property
    def source(self) -> dict[str, str]:
        """What stood in the cells, by field."""
        source: dict[str, str] = from_json(self.document)["source"]
        return source

    @property
    def full_birth(self) -> str | None:
        """The birth date where its day is known."""
        return self.birth if full_date(self.birth) else None


PLAIN = ("row", "document", "digest", "name_key", "birth", "namesake", "outcome", "codes", "related_rows")
_values_of_number, _values_of_entry = attrgetter(*Number.__slots__), attrgetter(*PLAIN)


def _entry_of(*values: Any) -> Entry:
    row, document, digest, key, birth, namesake, outcome, codes, related_rows, facts, blocks, numbers = values
    return Entry(
        row, Facts(*facts), document, digest, key, birth, namesake, Blocks(*blocks),
        tuple([Number(*number) for number in numbers]), outcome, codes, related_rows,
    )  # fmt: skip


def document_of(identity: Mapping[str, Any], source: Mapping[str, str]) -> bytes:
    """Who somebody is, with the source text of every field beside it, as JSON."""
    return to_json({**identity, "source": source})


def number_key(kind: str, unit_id: UUID) -> NumberKey:
    """Of which somebody has one: a number of this type that a roster of a unit states."""
    return (kind, unit_id) if kind in OF_A_UNIT else kind


def columns_of(reading: Reading) -> frozenset[str]:
    """The fields that the file has a column for."""
    return frozenset(column.field for column in reading.columns if column.field)


class Rows:
    """The accepted rows of a roster, made entries as they are needed: there may be a hundred thousand.

    Those with a sure number come first: they may not lose their person to a namesake without one.
    """

    def __init__(self, reading: Reading, roster: Roster, index: BlindIndex, lines: Lines) -> None:
        self._reading = reading
        self._roster = roster
        self._index = index
        self._lines = lines
        accepted = [person for person in reading.persons if person.fields is not None]
        self._persons = sorted(accepted, key=lambda person: (not _is_sure(person), person.row))

    def __len__(self) -> int:
        return len(self._persons)

    def entries(self, first: int, last: int) -> list[Entry]:
        """Some of the rows, in the order in which they take effect."""
        return [
            _entry(person, person.fields or {}, self._reading.source(person), self._roster, self._index, self._lines)
            for person in self._persons[first:last]
        ]


def _is_sure(person: Person) -> bool:
    """Whether the row has a number of its own that names a person anywhere."""
    kinds = set((person.fields or {}).get("identifiers") or ())
    return bool(kinds - {"cccd"} if SHARED in person.codes else kinds)


def _entry(
    person: Person,
    fields: Mapping[str, Any],
    source: dict[str, str],
    roster: Roster,
    index: BlindIndex,
    lines: Lines,
) -> Entry:
    identity = {name: fields[name] for name in sorted(fields.keys() - NOT_IDENTITY)}
    if code := identity.get("residence_province_code"):
        identity |= _code_system(code, roster.reference_date)
    key = name_key(fields["full_name"])
    # As text, which it is hashed as several times.
    birth, sex, unit = fields["birth_date"], fields["sex"], str(roster.unit_id)
    numbers = tuple(_numbers(person, fields, unit, index))
    return Entry(
        row=person.row,
        facts=_facts(fields, roster, lines),
        document=document_of(identity, source),
        digest=index.of("identity", to_json(identity).decode()),
        name_key=key,
        birth=birth,
        namesake=index.of("namesake", key, birth, sex, unit),
        blocks=blocks_of(index, fields, unit, _citizen_number(numbers)),
        numbers=numbers,
        outcome=person.outcome,
        codes=tuple(person.codes),
        related_rows=tuple(person.related_rows),
    )


def _code_system(code: str, day: date) -> dict[str, str]:
    """Which codes a province's is of, where they are not today's: some name another province now."""
    system = system_of(code, day)
    return {} if system in (None, CODE_SYSTEM) else {"residence_code_system": str(system)}


def spelled_as(entry: Entry, identity: Mapping[str, Any], unit: UUID, index: BlindIndex) -> Entry:
    """A row that left a name, birth date or sex alone, with the hashes of what it is by now."""
    key, birth = name_key(identity["full_name"]), identity["birth_date"]
    return replace(
        entry,
        name_key=key,
        birth=birth,
        namesake=index.of("namesake", key, birth, identity["sex"], unit),
        blocks=blocks_of(index, identity, unit, _citizen_number(entry.numbers)),
    )


def _facts(fields: Mapping[str, Any], roster: Roster, lines: Lines) -> Facts:
    shift = read_hours(fields["shift"]) if fields.get("shift") else None
    named = lines.get((roster.unit_id, name_key(fields["line"])), ()) if lines and fields.get("line") else ()
    return Facts(
        unit_id=roster.unit_id,
        employer_id=roster.employer_id,
        host_id=roster.host_id,
        line_id=roster.line_id or line_rules.fitting(named, shift),
        sex=fields["sex"],
        born=fields["birth_date"][: len("YYYY-MM")],
        disabled=bool(fields.get("disabled", False)),
        heavy_class=fields.get("heavy_class"),
        exposures=tuple(sorted(fields.get("hazard_codes") or ())),
        employed_since=full_date(fields.get("start_date")),
        last_health_check=full_date(fields.get("last_health_check")),
        job=name_key(fields["job"]) if fields.get("job") else None,
        shift=shift,
    )


def _citizen_number(numbers: Iterable[Number]) -> str | None:
    """The row's own citizen's number, where nothing contradicts it."""
    return next((number.value for number in numbers if number.verified and number.type == "cccd"), None)


def _numbers(person: Person, fields: Mapping[str, Any], unit: str, index: BlindIndex) -> list[Number]:
    known = fields.get("identifiers") or {}
    shared = SHARED in person.codes
    found = [
        Number(kind, known[kind], index.of("number", kind, known[kind]), not (shared and kind == "cccd"))
        for kind in NATIONAL
        if known.get(kind)
    ]
    for kind, doubt in OF_A_UNIT.items():
        if fields.get(kind):
            found.append(
                Number(kind, fields[kind], index.of("number", kind, unit, fields[kind]), doubt not in person.codes)
            )
    return found
