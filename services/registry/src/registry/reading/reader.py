"""Reading a roster: `read(cells, reference_date)` gives every person with all codes, every other row by kind."""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from contracts import roster_codes as known_codes
from contracts.roster_cells import RosterCells, shown
from registry.reading import duplicates, layout, persons
from registry.reading.mapping import column_letters, column_number
from registry.reading.rows import Person
from registry.reading.text import clean, raw_text


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the roster: its letter, its heading, and the field it was read as (None: ignored)."""

    column: str
    header: str
    field: str | None


@dataclass(eq=False)
class Reading:
    """All that one roster file says; row numbers are those that a spreadsheet program shows."""

    file_outcome: Literal["accepted", "refused"]
    file_codes: list[str]
    sheet: str | None = None
    sheet_index: int | None = None
    header_rows: list[int] = field(default_factory=list)
    label_rows: list[int] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    skipped_rows: dict[str, list[int]] = field(default_factory=dict)
    persons: list[Person] = field(default_factory=list)
    encoding: str | None = None
    delimiter: str | None = None

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Persons by outcome, skipped rows, and how often each code was given."""
        outcomes = Counter(person.outcome for person in self.persons)
        codes = Counter(code for person in self.persons for code in person.codes)
        return {
            "person_rows": len(self.persons),
            "accepted": outcomes["accepted"],
            "accepted_with_warnings": outcomes["accepted_with_warnings"],
            "refused": outcomes["refused"],
            "skipped_rows": sum(map(len, self.skipped_rows.values())),
            "codes": dict(sorted(codes.items())),
        }

    def source(self, person: Person) -> dict[str, str]:
        """The source text beside every value: what the cells of one person held, by field."""
        texts: dict[str, str] = {}
        cells = person.cells
        for index, name in self._sources:
            if index < len(cells) and (text := shown(cells[index])):
                texts[name] = f"{texts[name]} {text}" if name in texts else text
        return texts

    @cached_property
    def _sources(self) -> list[tuple[int, str]]:
        return [(column_number(column.column), column.field) for column in self.columns if column.field]


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A reading makes millions of objects and no cycles; the collector would only walk them again and again."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read(cells: RosterCells, reference_date: date, mapping: Mapping[str, str | None] | None = None) -> Reading:
    """Read a file's cells; ages are taken on `reference_date`, the planned first examination day.

    `mapping` overrides single columns (letter to field, None to ignore). A file without a roster is refused.
    """
    with _collector_paused():
        return _read(cells, reference_date, mapping or {})


def _read(cells: RosterCells, reference_date: date, mapping: Mapping[str, str | None]) -> Reading:
    found = layout.find(cells, mapping) if cells.sheets else None
    file_codes = set(cells.file_codes)
    if found is None:
        file_codes |= {"file.header_not_found"} if cells.sheets or cells.container != "none" else set()
        return Reading("refused", sorted(file_codes), encoding=cells.encoding, delimiter=cells.delimiter)
    if len(cells.sheets) > 1:
        file_codes.add("file.extra_sheets_ignored")
    if any(column <= found.last_heading for column in found.sheet.hidden_columns):
        file_codes.add("file.hidden_columns")
    people = persons.read(found, cells, reference_date)
    duplicates.mark(people)
    return Reading(
        "refused" if known_codes.outcome(file_codes) == "refused" else "accepted",
        sorted(file_codes),
        sheet=found.sheet.name if cells.container == "workbook" else None,
        sheet_index=next(index for index, sheet in enumerate(cells.sheets) if sheet is found.sheet),
        header_rows=[row + 1 for row in found.header_rows],
        label_rows=[row + 1 for row in found.label_rows],
        columns=[
            Column(column_letters(h.column), clean(raw_text(h.text)), found.columns.fields.get(h.column))
            for h in found.headings
        ],
        skipped_rows={kind: [row + 1 for row in rows] for kind, rows in sorted(found.skipped.items())},
        persons=people,
        encoding=cells.encoding,
        delimiter=cells.delimiter,
    )
