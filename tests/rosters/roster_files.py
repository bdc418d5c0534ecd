"""Rows of cells as files: a workbook, or a text in some encoding or old font."""

import io
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime
from random import Random
from typing import Any

import openpyxl

from contracts import legacy_text

OLD_FONTS = ("tcvn3", "vni")
TONES = "\u0300\u0301\u0303\u0309\u0323"
Rows = Sequence[Sequence[Any]]


def workbook(random: Random, rows: Rows, merges: Sequence[str], hidden: set[int]) -> bytes:
    """A workbook with merged areas and hidden rows, at times with other sheets beside it."""
    book = openpyxl.Workbook()
    sheet = book.active
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row, start=1):
            if cell is not None:
                written = sheet.cell(number, column, cell)
                written.data_type = "s" if written.data_type == "f" else written.data_type
    for area in merges:
        sheet.merge_cells(area)
    for number in hidden:
        sheet.row_dimensions[number].hidden = True
    if random.random() < 0.3:
        book.create_sheet("Ghi chú", random.choice([0, 1])).append(["Hướng dẫn điền"])
    if random.random() < 0.3:
        old = book.create_sheet("Cũ", 0)
        old.sheet_state = "hidden"
        for row in rows:
            old.append([cell for cell in row if not isinstance(cell, datetime | date)])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def text(random: Random, rows: Rows, encoding: str) -> bytes:
    """A text file with some delimiter; in an old font it is what a reader sees who does not have the font."""
    delimiter = random.choice([";", ",", "\t", "|"])
    end = random.choice(["\r\n", "\n"])
    quote_all = random.random() < 0.3
    lines = []
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row]
        lines.append(delimiter.join(_quoted(cell, delimiter, quote_all) for cell in cells))
    whole = end.join([*lines, ""])
    if encoding in OLD_FONTS:
        return in_old_font(whole, encoding).encode(random.choice(["latin-1", "utf-8"]))
    if encoding == "cp1258":
        return _with_loose_tones(whole).encode("cp1258", "replace")
    if encoding == "utf-16-be":
        return b"\xfe\xff" + whole.encode("utf-16-be")
    return whole.encode(encoding)


def _quoted(cell: str, delimiter: str, quote_all: bool) -> str:
    if quote_all or delimiter in cell or '"' in cell or "\n" in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def in_old_font(text: str, encoding: str) -> str:
    """The text as its keystrokes look without the font."""
    letters = {letter: typed for typed, letter in legacy_text.table(encoding).items()}  # type: ignore[arg-type]
    return "".join(letters.get(letter, letter) for letter in text)


def _with_loose_tones(text: str) -> str:
    letters = []
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(c for c in parts if c in TONES)
        letters.append(unicodedata.normalize("NFC", "".join(c for c in parts if c not in TONES)) + tones)
    return "".join(letters)
