"""The visible sheets of a workbook as cells."""

import io
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from contracts.roster_cells import Cell, RosterCells, Row, Sheet, date_cell, error_cell, truth_cell
from gateway.extraction import package
from gateway.extraction.limits import MAX_COLUMNS, MAX_GRID_CELLS, MAX_ROWS, MAX_TEXT, FileRefusedError

INVISIBLE = (
    " \t\n\r\x0b\x0c\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff"
)
SHORT = 200
"""Characters among which nothing costs much."""
_ESCAPED = re.compile(r"_x(00(?:0[0-9A-Fa-f]|1[0-9A-Fa-f]|7[Ff]))_")


def extract(data: bytes) -> RosterCells:
    """Cells of all visible sheets, hidden rows and columns among them; hidden sheets are never read."""
    checked = package.inspect(data)
    try:
        sheets, hidden = _opened(data, checked)
    except FileRefusedError:
        raise
    except MemoryError as error:
        raise FileRefusedError("file.too_large_uncompressed") from error
    except Exception as error:  # the library raises bare exceptions of many kinds for broken parts
        raise FileRefusedError("file.corrupt") from error
    codes = checked.file_codes + (["file.hidden_sheets_ignored"] if hidden else [])
    return RosterCells("workbook", sorted(codes), sheets, checked.date_1904)


def _opened(data: bytes, checked: package.Package) -> tuple[list[Sheet], bool]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            return _sheets(workbook, checked)
    except OverflowError:  # a number that is shown as hours (`[h]:mm`) and has too many days for a duration
        with CalamineWorkbook.from_filelike(io.BytesIO(package.without_durations(data))) as workbook:
            return _sheets(workbook, checked)


def _sheets(workbook: CalamineWorkbook, checked: package.Package) -> tuple[list[Sheet], bool]:
    sheets, hidden = [], False
    for index, facts in enumerate(workbook.sheets_metadata):
        if facts.visible != SheetVisibleEnum.Visible:
            hidden = True
        elif facts.typ == SheetTypeEnum.WorkSheet:
            marks = checked.marks.get(str(index), package.SheetMarks())
            if marks.height * marks.width > 2 * MAX_GRID_CELLS:
                raise FileRefusedError("file.too_large_uncompressed")
            sheets.append(_sheet(workbook.get_sheet_by_index(index), facts.name, marks))
    return sheets, hidden


def _sheet(source: CalamineSheet, name: str, marks: package.SheetMarks) -> Sheet:
    if source.total_width > MAX_COLUMNS:
        raise FileRefusedError("file.too_many_columns")
    if source.total_height * source.total_width > MAX_GRID_CELLS:
        raise FileRefusedError("file.too_large_uncompressed")
    rows = [_row(values) for values in source.to_python(skip_empty_area=False)]
    for (row, column), value in marks.errors.items():
        if column < MAX_COLUMNS and row < source.total_height + 1_000:
            _put(rows, row, column, error_cell(value))
    while rows and not rows[-1]:
        rows.pop()
    if sum(map(bool, rows)) > MAX_ROWS:
        raise FileRefusedError("file.too_many_rows")
    merges = [(a, b, c, d) for (a, b), (c, d) in source.merged_cell_ranges or () if a < len(rows) and b < MAX_COLUMNS]
    hidden = [row for row in marks.hidden_rows if row < len(rows)]
    width = max(map(len, rows), default=0)
    return Sheet(name, rows, merges, hidden, sorted(c for c in marks.hidden_columns if c < width))


def _put(rows: list[Row], row: int, column: int, cell: Cell) -> None:
    rows.extend([] for _ in range(row + 1 - len(rows)))
    rows[row].extend([None] * (column + 1 - len(rows[row])))
    rows[row][column] = cell


def _row(values: list[Any]) -> Row:
    row = [value if value.__class__ is float else _cell(value) for value in values]
    while row and row[-1] is None:
        row.pop()
    return row


def _cell(value: Any) -> Cell:
    if value.__class__ is str:
        return text_cell(_ESCAPED.sub(_unescape, value) if "_x00" in value else value)
    if isinstance(value, bool):
        return truth_cell(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime | date):
        return date_cell(value)
    if isinstance(value, time | timedelta):
        return str(value)
    return None


def _unescape(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter in "\t\n\r" else ""


def _without_towers(text: str) -> str:
    """The text with at most thirty marks on one letter: to put thousands in their order costs the square of them."""
    return text if text.isascii() else _towers().sub(r"\1", text)


@lru_cache(maxsize=1)
def _towers() -> re.Pattern[str]:
    marks = "".join(letter for letter in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(letter))
    return re.compile(f"([{marks}]{{30}})[{marks}]+")


def text_cell(text: str) -> str | None:
    """The text as it stands, or None if there is nothing in it but spaces of any kind."""
    if text and (text[0] > " " or text.strip(INVISIBLE)):
        text = _without_towers(text[:MAX_TEXT]) if len(text) > SHORT else text
        return text.replace("\0", "") if "\0" in text else text
    return None
