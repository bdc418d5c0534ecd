"""From sealed pieces to rows: opened with the intake keys and read, outside any transaction: it takes its time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol
from uuid import UUID

import structlog
from pydantic_core import from_json

from contracts.fields import RosterConflict
from contracts.roster_cells import from_chunks
from contracts.roster_mapping import NOTHING, Chosen, ColumnRead
from contracts.rosters import RowAnswer
from registry import roster_mappings
from registry.blind_index import BlindIndex
from registry.line_rules import Lines
from registry.reading.reader import Reading, read
from registry.roster_rows import Entry, Roster, Rows, columns_of
from shared import faults
from shared.sealing import SealError, open_sealed

log = structlog.get_logger(__name__)

UNOPENABLE, UNREADABLE = "file.unopenable", "file.unreadable"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A piece and the id of the key it is sealed to."""

    key_id: str
    box: str


@dataclass(frozen=True, slots=True)
class Table:
    """How the file's columns were read: by what, under which header, and by whose choice (`version`: kept before)."""

    columns: list[ColumnRead]
    fingerprint: str
    chosen: Chosen
    version: int | None


class Entries(Protocol):
    """The accepted rows of a roster, here or in the reader's process (`roster_reader.py`)."""

    def __len__(self) -> int: ...
    def entries(self, first: int, last: int) -> list[Entry]: ...


@dataclass(slots=True)
class Opened:
    """A roster that was read: its accepted rows, the answers to the others, and how many rows took effect before."""

    roster: Roster
    file_outcome: str
    file_codes: list[str]
    accepted: Entries | None = None
    refused: list[RowAnswer] = field(default_factory=list)
    columns: frozenset[str] = frozenset()
    sheet: int | None = None
    header_row: int | None = None
    taken: set[UUID] = field(default_factory=set)
    step: int = 0
    table: Table | None = None
    conflict: RosterConflict | None = None

    @property
    def rows(self) -> int:
        """How many people the file names."""
        return self.size + len(self.refused)

    @property
    def size(self) -> int:
        """How many rows take effect."""
        return 0 if self.accepted is None else len(self.accepted)


def open_roster(
    roster: Roster,
    facts: Sealed,
    chunks: Sequence[Sealed],
    keys: Mapping[str, bytes],
    index: BlindIndex,
    lines: Lines,
    mappings: roster_mappings.Current,
) -> Opened:
    """Read a roster; whatever cannot be opened or read makes a refused file, never an exception."""
    try:
        facts_read, *pieces = [open_sealed(keys[sealed.key_id], sealed.box) for sealed in (facts, *chunks)]
    except (KeyError, SealError):
        return Opened(roster, "refused", [UNOPENABLE])
    try:
        known = from_json(facts_read)
        fingerprint_of = partial(roster_mappings.fingerprint_of, index, roster.unit_id)

        def kept(header: str) -> Chosen:
            found = mappings.get((roster.unit_id, fingerprint_of(header)))
            return found.chosen if found else NOTHING

        reading = read(from_chunks(known, pieces), roster.reference_date, known.get("mapping"), kept)
        table = _table(reading, fingerprint_of(reading.header), roster, mappings) if reading.columns else None
        return replace(_opened(reading, roster, index, lines), table=table)
    except Exception as error:
        # The cells are a stranger's; what nobody foresaw in them must not stop the rosters behind.
        log.error("roster not readable", roster_id=str(roster.roster_id), error=faults.where(error))  # noqa: TRY400
        return Opened(roster, "refused", [UNREADABLE])


def _table(reading: Reading, fingerprint: str, roster: Roster, mappings: roster_mappings.Current) -> Table:
    before = mappings.get((roster.unit_id, fingerprint))
    columns = [
        ColumnRead(
            column=column.column,
            field=column.field,
            how=column.why.how if column.why else None,
            wording=column.why.wording if column.why else None,
            suggested=column.suggested,
        )
        for column in reading.columns
    ]
    was_kept = before is not None and bool(reading.chosen) and before.chosen == reading.chosen
    return Table(columns, fingerprint, reading.chosen, before.version if before and was_kept else None)


def _opened(reading: Reading, roster: Roster, index: BlindIndex, lines: Lines) -> Opened:
    if reading.file_outcome == "refused":
        return Opened(roster, "refused", reading.file_codes)
    return Opened(
        roster,
        "accepted",
        reading.file_codes,
        accepted=Rows(reading, roster, index, lines),
        refused=[
            RowAnswer(
                row=person.row,
                outcome="refused",
                codes=person.codes,
                related_rows=person.related_rows,
                effect="duplicate" if "duplicate.in_file" in person.codes else "refused",
            )
            for person in reading.persons
            if person.fields is None
        ],
        columns=columns_of(reading),
        sheet=reading.sheet_index,
        header_row=reading.header_rows[-1] if reading.header_rows else None,
    )
