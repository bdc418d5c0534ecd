"""The cells of a roster file as they travel from the gateway, which extracts them, to registry, which reads them.

A cell is `None` (blank), a number, or a text. Kinds that neither JSON nor a dictionary key can tell from text are texts
that begin with NUL, which no spreadsheet or text file can hold: a date, an error value, a truth value.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from pydantic_core import from_json, to_json

Cell = str | int | float | None
Row = list[Cell]
Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column, counted from 0, both ends inside."""

ROWS_PER_CHUNK = 500
BYTES_PER_CHUNK = 300_000

DATE, ERROR, TRUTH = "\0d", "\0e", "\0b"


def date_cell(value: date | datetime) -> Cell:
    """A cell that its workbook formats as a date, in the calendar (1900 and 1904 workbooks look the same)."""
    return f"{DATE}{value.isoformat()}"


def error_cell(value: str) -> Cell:
    """A cell whose formula failed: `#N/A`, `#REF!` …"""
    return f"{ERROR}{value}"


def truth_cell(value: bool) -> Cell:
    """A cell that holds TRUE or FALSE."""
    return f"{TRUTH}{int(value)}"


def shown(cell: Cell) -> str:
    """The source text of a cell, kept beside every normalised value."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        if not cell.startswith("\0"):
            return cell
        if cell.startswith(TRUTH):
            return "TRUE" if cell.endswith("1") else "FALSE"
        return cell[2:].removesuffix("T00:00:00")
    return number_text(cell)


def number_text(value: float) -> str:
    """All digits of a number cell, never its display: 79012345678.0 → `79012345678`."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e18:
        return str(int(value))
    return repr(value)


@dataclass(slots=True)
class Sheet:
    """One visible sheet, or the records of a text file; row 0 is row 1 of the spreadsheet, blank ends are cut."""

    name: str
    rows: list[Row] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[int] = field(default_factory=list)


@dataclass(slots=True)
class RosterCells:
    """Everything of a roster file that its reading depends on; an extraction that failed has codes and no sheets."""

    container: Literal["workbook", "text", "none"] = "none"
    file_codes: list[str] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    date_1904: bool = False
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(slots=True)
class ExtractedFile:
    """What extraction hands to the edge: facts of the file and its rows in pieces, ready to be sealed."""

    facts: dict[str, Any]
    chunks: list[bytes]

    @property
    def file_codes(self) -> list[str]:
        """The codes found while extracting; registry adds those of the reading."""
        return list(self.facts["file_codes"])

    @property
    def readable(self) -> bool:
        """Whether there are cells to read; if not, `file_codes` says why."""
        return bool(self.facts["sheets"])


def to_chunks(cells: RosterCells) -> ExtractedFile:
    """Cut a file into chunks of at most 500 rows and about 300 KB of JSON."""
    chunks: list[bytes] = []
    sheets = []
    for number, sheet in enumerate(cells.sheets):
        sheets.append({"name": sheet.name, "rows": len(sheet.rows), "hidden_columns": sheet.hidden_columns})
        chunks.extend(_sheet_chunks(number, sheet))
    facts = {
        "container": cells.container,
        "file_codes": cells.file_codes,
        "date_1904": cells.date_1904,
        "encoding": cells.encoding,
        "delimiter": cells.delimiter,
        "sheets": sheets,
        "chunks": len(chunks),
    }
    return ExtractedFile(facts, chunks)


def _sheet_chunks(number: int, sheet: Sheet) -> Iterator[bytes]:
    merges = _by_chunk((merge[0], merge) for merge in sheet.merges)
    hidden = _by_chunk((row, row) for row in sheet.hidden_rows)
    for index, start in enumerate(range(0, len(sheet.rows), ROWS_PER_CHUNK)):
        rows = sheet.rows[start : start + ROWS_PER_CHUNK]
        facts = {"merges": merges.get(index, []), "hidden_rows": hidden.get(index, [])}
        for first, part in _parts(start, rows):
            yield to_json({"sheet": number, "first": first, "rows": part} | facts, inf_nan_mode="null")
            facts = {}


def _by_chunk(items: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {}
    for row, item in items:
        grouped.setdefault(row // ROWS_PER_CHUNK, []).append(item)
    return grouped


def _parts(first: int, rows: list[Row]) -> Iterator[tuple[int, list[Row]]]:
    """Halve what is too large for one message; a single row that still is has its texts cut."""
    if len(rows) > 1 and len(to_json(rows, inf_nan_mode="null")) > BYTES_PER_CHUNK:
        middle = len(rows) // 2
        yield from _parts(first, rows[:middle])
        yield from _parts(first + middle, rows[middle:])
    elif len(rows) == 1 and len(to_json(rows, inf_nan_mode="null")) > BYTES_PER_CHUNK:
        longest = BYTES_PER_CHUNK // (4 * len(rows[0]))
        yield first, [[cell[:longest] if isinstance(cell, str) else cell for cell in rows[0]]]
    else:
        yield first, rows


def from_chunks(facts: dict[str, Any], chunks: Sequence[bytes]) -> RosterCells:
    """Put the pieces of a file together again, in whatever order they came; a missing piece is a ValueError."""
    sheets = [Sheet(s["name"], [[]] * s["rows"], hidden_columns=s["hidden_columns"]) for s in facts["sheets"]]
    if len(chunks) != facts["chunks"]:
        raise ValueError(f"{len(chunks)} of {facts['chunks']} chunks")
    for chunk in chunks:
        piece = from_json(chunk)
        sheet = sheets[piece["sheet"]]
        sheet.rows[piece["first"] : piece["first"] + len(piece["rows"])] = piece["rows"]
        sheet.merges.extend((a, b, c, d) for a, b, c, d in piece.get("merges", ()))
        sheet.hidden_rows.extend(piece.get("hidden_rows", ()))
    for sheet in sheets:
        sheet.merges.sort()
        sheet.hidden_rows.sort()
    return RosterCells(
        container=facts["container"],
        file_codes=list(facts["file_codes"]),
        sheets=sheets,
        date_1904=facts["date_1904"],
        encoding=facts["encoding"],
        delimiter=facts["delimiter"],
    )
