"""The roster file sent back with one more column: what became of every row.

A workbook keeps everything else as it is: the answer is patched into the sheet's rows as text cells. A text file comes
back in its own encoding (an old font's too), delimiter and line ends; cells that a spreadsheet would run as formulas
are escaped.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from html import escape, unescape
from typing import NamedTuple

from contracts import legacy_text
from gateway.extraction import package, text_file

HEADING = "Kết quả tiếp nhận"
LAST_COLUMN = 16_383

_ROW = re.compile(rb"<((?:\w+:)?)row\b([^>]*?)(/?)>|</(?:\w+:)?row>")
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Z]+)\d+")
_SPANS = re.compile(rb"\sspans=[\"'][^\"']*[\"']")
_DIMENSION = re.compile(rb"<(?:\w+:)?dimension\b[^>]*?(?:/>|></(?:\w+:)?dimension>)")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_QUOTED_NUMBER = re.compile(r'="\d+"')


class Place(NamedTuple):
    """Where the roster stood in the file: its sheet (None in a text file) and the last header row, from 1."""

    sheet: str | None
    header_row: int


def write(data: bytes, place: Place, answers: Mapping[int, str]) -> bytes:
    """The file with an answer column; `answers` by row number as a spreadsheet shows it.

    Raises ValueError if the file is not the one that was read (no such sheet, or no column left).
    """
    texts = {place.header_row: HEADING, **answers}
    return _text(data, texts) if place.sheet is None else _workbook(data, place.sheet, texts)


def escape_formula(text: str) -> str:
    """Text that no spreadsheet runs: an apostrophe before = + - @ and before white space that may hide them."""
    start = text.lstrip("\t\r\n ")[:1]
    if len(text) > 1 and start and start in "=+-@" and not _QUOTED_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _text(data: bytes, texts: Mapping[int, str]) -> bytes:
    decoded, encoding = text_file.decode(data)
    delimiter = text_file.find_delimiter(decoded)
    records = list(text_file.records(decoded, delimiter))
    width = max(map(len, records), default=0)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n" if "\r\n" in decoded else "\n")
    font = text_file.font_of(decoded, delimiter) if encoding == text_file.WESTERN else None
    for number, record in enumerate(records, start=1):
        cells = [escape_formula(cell) for cell in record]
        answer = escape_formula(_typed(texts.get(number, ""), font))
        writer.writerow([*cells, *[""] * (width - len(cells)), answer] if answer else cells)
    return text_file.encode(out.getvalue(), encoding, data)


def _typed(answer: str, font: legacy_text.Encoding | None) -> str:
    """An answer as the file's own font shows it; such fonts know no arrow."""
    return answer if font is None else legacy_text.typed(answer.replace("→", "->"), font)


def _workbook(data: bytes, sheet: str, texts: Mapping[int, str]) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        part = _part_of(source, sheet)
        for info in source.infolist():
            with source.open(info) as content, target.open(info.filename, "w") as copy:
                if info.filename != part:
                    while block := content.read(package.PIECE):
                        copy.write(block)
                else:
                    for piece in _with_answers(content.read(), texts):
                        copy.write(piece)
    return out.getvalue()


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    names = {info.filename.lower().lstrip("/"): info.filename for info in archive.infolist()}
    workbook = archive.read(names["xl/workbook.xml"])
    paths = package.sheet_paths(workbook, archive.read(names["xl/_rels/workbook.xml.rels"]))
    for index, title in enumerate(package.sheet_titles(workbook)):
        if unescape(title) == sheet:
            return names[paths[str(index)]]
    raise ValueError("no such sheet")


def _with_answers(xml: bytes, texts: Mapping[int, str]) -> Iterator[bytes]:
    """The sheet's XML with one cell more in every row that has an answer, right of everything else."""
    column = _free_column(xml)
    start = 0
    current: tuple[int, bytes] | None = None
    dimension = _DIMENSION.search(xml)
    if dimension:
        yield xml[: dimension.start()]
        start = dimension.end()
    number = 0
    for tag in _ROW.finditer(xml, start):
        if tag[2] is None:
            if current and (cell := _cell(column, *current, texts)):
                yield xml[start : tag.start()] + cell
                start = tag.start()
            current = None
            continue
        number = int(package.attribute(tag[0], "r") or number + 1)
        yield xml[start : tag.start()] + _SPANS.sub(b"", tag[0])
        start = tag.end()
        current = None if tag[3] else (number, tag[1])
    yield xml[start:]


def _free_column(xml: bytes) -> str:
    last = -1
    end = 0
    for tag in _ROW.finditer(xml):
        if tag[2] is None:
            position = max(xml.rfind(b"<c ", end, tag.start()), xml.rfind(b":c ", end, tag.start()) - 3)
            for cell in _CELL.finditer(xml, max(position, end), tag.start()):
                last = max(last, package.column_index(cell[1]))
        end = tag.end()
    if last >= LAST_COLUMN:
        raise ValueError("no column left for the answers")
    return package.column_letters(last + 1)


def _cell(column: str, number: int, prefix: bytes, texts: Mapping[int, str]) -> bytes:
    answer = texts.get(number)
    if not answer:
        return b""
    text = escape(_ILLEGAL.sub("", escape_formula(answer)), quote=False).encode()
    p = prefix
    return (
        b'<%sc r="%s%d" t="inlineStr"><%sis><%st xml:space="preserve">%s</%st></%sis></%sc>'
        % (p, column.encode(), number, p, p, text, p, p, p)
    )  # fmt: skip
