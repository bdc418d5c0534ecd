"""Reading a roster: `read(cells, reference_date)` gives every person with all codes, every other row by kind."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from contracts import roster_codes as known_codes
from contracts.roster_cells import RosterCells, shown
from contracts.roster_mapping import HEADER_ROW_MISSING, NOTHING, Chosen, parse
from registry import collector
from registry.reading import duplicates, layout, persons, suggestions
from registry.reading.chosen import misfits
from registry.reading.mapping import Heading, Why, column_letters, column_number
from registry.reading.rows import Person
from registry.reading.text import clean, raw_text

LOOKED_AT = 60
"""Persons whose cells tell what an unknown column may be."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the roster: its letter, its heading, the field it was read as (None: ignored), and why.

    Of one that nobody knows, `suggested` is the field that most of its cells look like.
    """

    column: str
    header: str
    field: str | None
    why: Why | None = None
    suggested: str | None = None


@dataclass(eq=False, repr=False)
class Reading:
    """All that one roster file says; row numbers are those that a spreadsheet program shows.

    It is never shown as a whole: asyncio, for one, writes out whatever a finished task holds, here a list of people.
    """

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
    header: str = ""
    chosen: Chosen = NOTHING

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
            cell = cells[index] if index < len(cells) else None
            # Most cells are plain text, and there are a million of them.
            text = cell if cell.__class__ is str and cell[:1] != "\0" else shown(cell)
            if text:
                texts[name] = f"{texts[name]} {text}" if name in texts else text
        return texts

    @cached_property
    def _sources(self) -> list[tuple[int, str]]:
        return [(column_number(column.column), column.field) for column in self.columns if column.field]


def read(
    cells: RosterCells,
    reference_date: date,
    mapping: Mapping[str, Any] | None = None,
    kept: layout.Kept | None = None,
) -> Reading:
    """Read a file's cells; ages are taken on `reference_date`, the planned first examination day.

    `mapping` is what somebody chose for this file (`chosen.py`), `kept` what they chose for such files before. A file
    without a roster is refused, and so is one that the mapping does not fit.
    """
    # A reading makes millions of objects and no cycles.
    with collector.paused():
        return _read(cells, reference_date, parse(mapping), kept)


def _read(cells: RosterCells, reference_date: date, chosen: Chosen, kept: layout.Kept | None) -> Reading:
    found = layout.find(cells, chosen, kept) if cells.sheets else None
    file_codes = set(cells.file_codes)
    if found is not None and found.chosen:
        file_codes |= set(misfits(found.chosen, found.columns, found.sheet.rows))
    if cells.sheets and chosen.header_row is not None and (found is None or found.chosen is not chosen):
        file_codes.add(HEADER_ROW_MISSING)
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
        columns=[_column(heading, found) for heading in found.headings],
        skipped_rows={kind: [row + 1 for row in rows] for kind, rows in sorted(found.skipped.items())},
        persons=people,
        encoding=cells.encoding,
        delimiter=cells.delimiter,
        header=found.header,
        chosen=found.chosen,
    )


def _column(heading: Heading, found: layout.Layout) -> Column:
    name = found.columns.fields.get(heading.column)
    why = found.columns.whys.get(heading.column)
    cells = (found.rows[number] for number in found.persons[:LOOKED_AT]) if name is None and why is None else ()
    looks = suggestions.of(row[heading.column] for row in cells if heading.column < len(row))
    return Column(column_letters(heading.column), clean(raw_text(heading.text)), name, why, looks)
