"""The ZIP container of a workbook, looked through part by part before any library opens it."""

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from gateway.extraction.limits import MAX_COLUMNS, MAX_EXPANDED_BYTES, MAX_PARTS, FileRefusedError

PIECE = 1 << 20
WITHIN_CELL = 2_000
"""Bytes after a cell's tag in which its value is looked for, behind the formula."""
# How the library says that it cannot read a package; to it a password and an unknown method are a RuntimeError.
UNREADABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError)
DOCTYPE = b"<!DOCTYPE"
WIDE_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-16-le", "utf-16-be"))

# No tag reaches beyond the next "<": a part of half-open tags is looked through once, not once for each of them.
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^<>]*>")
_DATE_1904 = re.compile(rb"""\bdate1904\s*=\s*["'](?:1|true)["']""")
_HIDDEN_ROW = re.compile(rb"""<(?:\w+:)?row\b[^<>]*?\bhidden=["'](?:1|true)["'][^<>]*>""")
_HIDDEN_COLUMN = re.compile(rb"""<(?:\w+:)?col\b[^<>]*?\bhidden=["'](?:1|true)["'][^<>]*>""")
_ERROR_CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*\bt=["']e["'][^<>]*>""")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)")
_TWO_LETTERS = re.compile(rb"""["']([A-Z])[A-Z]\d+["'][^<>]*(?<!/)>""")
_WIDE = re.compile(rb' r="[A-Z][A-Z]')
_FAR_CELL = re.compile(rb"""<(?:\w+:)?c\b[^<>]*?\br=["'](?:[A-Z]{3}|S[S-Z]|[T-Z][A-Z])\d+["'][^<>]*(?<!/)>""")
_DURATION = re.compile(rb"""(formatCode=["'])[^"'<>]*\[(?:h+|m+|s+)\][^"'<>]*(["'])""", re.IGNORECASE)
_ROW_NUMBER = re.compile(rb"""\br=["'](\d+)["']""")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]+)(\d+)["']""")


@dataclass(slots=True)
class SheetMarks:
    """What the workbook library tells too late or never: size of the grid, hidden rows and columns, error values.

    Rows and columns count from 0; `width` is a bound, whole alphabets of columns.
    """

    height: int = 0
    width: int = 26
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: set[int] = field(default_factory=set)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


@dataclass(slots=True)
class Package:
    """A workbook package that passed the checks."""

    file_codes: list[str]
    date_1904: bool
    marks: dict[str, SheetMarks]


def inspect(data: bytes) -> Package:
    """Check every part of a package; raises FileRefusedError with all codes that apply."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _inspect(archive)
    except UNREADABLE as error:
        raise FileRefusedError("file.corrupt") from error


def _inspect(archive: zipfile.ZipFile) -> Package:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_EXPANDED_BYTES:
        raise FileRefusedError("file.too_large_uncompressed")
    names = {part.filename.lower().lstrip("/") for part in parts}
    warnings = ["file.external_links"] if any(n.startswith("xl/externallinks/") for n in names) else []
    errors = {"file.macros_present"} if any(map(_is_macro, names)) else set()
    small, marks = _read_parts(archive, parts, errors)
    if errors:
        raise FileRefusedError(*errors, *warnings)
    workbook = small.get("xl/workbook.xml")
    if workbook is None:
        raise FileRefusedError("file.corrupt")
    paths = sheet_paths(workbook, small.get("xl/_rels/workbook.xml.rels", b""))
    sheets = {name: marks[path] for name, path in paths.items() if path in marks}
    return Package(warnings, bool(_DATE_1904.search(workbook)), sheets)


def _is_macro(name: str) -> bool:
    return name.endswith("vbaproject.bin") or name.startswith("xl/macrosheets/")


def _read_parts(
    archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], errors: set[str]
) -> tuple[dict[str, bytes], dict[str, SheetMarks]]:
    """Inflate every part once, counting what really comes out: a directory may lie about sizes."""
    small: dict[str, bytes] = {}
    marks: dict[str, SheetMarks] = {}
    budget = MAX_EXPANDED_BYTES
    for part in parts:
        name = part.filename.lower().lstrip("/")
        sheet = marks.setdefault(name, SheetMarks()) if "/worksheets/" in name and name.endswith(".xml") else None
        kept = io.BytesIO()
        for piece, size in _pieces(archive, part):
            budget -= size
            if budget < 0:
                raise FileRefusedError("file.too_large_uncompressed")
            if DOCTYPE in piece or (b"\0" in piece and any(doctype in piece for doctype in WIDE_DOCTYPES)):
                errors.add("file.xml_doctype")
            if sheet is not None:
                _mark(sheet, piece, errors)
            elif name.endswith((".xml", ".rels")) and kept.tell() < PIECE:
                kept.write(piece)
        small[name] = kept.getvalue()
    return small, marks


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[tuple[bytes, int]]:
    """The part in pieces that end before a tag starts, each with the bytes that were inflated for it."""
    part.file_size = MAX_EXPANDED_BYTES + 1
    rest = b""
    with archive.open(part) as stream:
        while block := stream.read(PIECE):
            text = rest + block
            cut = text.rfind(b"<c ") if b"<c " in text else text.rfind(b"<")
            cut = cut if cut > 0 and len(text) - cut < PIECE else len(text)
            rest = text[cut:]
            yield text[:cut], len(block)
    yield rest, 0


def _mark(sheet: SheetMarks, piece: bytes, errors: set[str]) -> None:
    _measure(sheet, piece)
    if _is_wide(piece) and _FAR_CELL.search(piece):
        errors.add("file.too_many_columns")
    if b"hidden=" in piece:
        for row in _HIDDEN_ROW.findall(piece):
            if number := _ROW_NUMBER.search(row):
                sheet.hidden_rows.append(int(number[1]) - 1)
        for column in _HIDDEN_COLUMN.findall(piece):
            first, last = int(attribute(column, "min") or 1), int(attribute(column, "max") or 0)
            sheet.hidden_columns.update(range(first - 1, min(last, MAX_COLUMNS)))
    if b't="e"' in piece or b"t='e'" in piece:
        for tag in _ERROR_CELL.finditer(piece):
            if place := _REFERENCE.search(tag[0]):
                value = _VALUE.search(piece, tag.end(), tag.end() + WITHIN_CELL)
                shown = value[1].decode("ascii", "replace") if value else "#ERROR"
                sheet.errors[int(place[2]) - 1, column_index(place[1])] = shown


def _measure(sheet: SheetMarks, piece: bytes) -> None:
    """How far down and right cells with a value reach; the library would allocate all that lies between."""
    end = piece.rfind(b"</c>")
    start = max(piece.rfind(b"<c ", 0, end), 0)
    if end > 0 and (place := _REFERENCE.search(piece, start, end)):
        sheet.height = max(sheet.height, int(place[2]))
    if _is_wide(piece):
        sheet.width = max([sheet.width, *(26 * (letter[0] - 63) for letter in set(_TWO_LETTERS.findall(piece)))])


def _is_wide(piece: bytes) -> bool:
    """A quick look for columns beyond Z before a slow one."""
    return _WIDE.search(piece) is not None or b" r='" in piece


def without_durations(data: bytes) -> bytes:
    """The same package with every cell that is shown as a duration shown as the number it is."""
    copied = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(copied, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            content = source.read(part)
            target.writestr(part.filename, _DURATION.sub(rb"\1General\2", content) if _is_styles(part) else content)
    return copied.getvalue()


def _is_styles(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower().endswith("styles.xml")


def column_index(letters: bytes) -> int:
    """The column, from 0, of a spreadsheet's column name."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def column_letters(column: int) -> str:
    """The spreadsheet's name of a column counted from 0."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def attribute(tag: bytes, name: str) -> str:
    """An attribute's value as it is written, still escaped; empty if there is none."""
    found = re.search(rf"""\s(?:\w+:)?{name}\s*=\s*["']([^"']*)["']""".encode(), tag)
    return found[1].decode("utf-8", "replace") if found else ""


def sheet_paths(workbook: bytes, relationships: bytes) -> dict[str, str]:
    """The part of every sheet, by its index in the workbook as text (names may be escaped in many ways)."""
    targets = {}
    for tag in _RELATIONSHIP.findall(relationships):
        target = attribute(tag, "Target")
        targets[attribute(tag, "Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return {
        str(index): targets.get(attribute(tag, "id"), "").lower() for index, tag in enumerate(_SHEET.findall(workbook))
    }


def sheet_titles(workbook: bytes) -> list[str]:
    """The titles of all sheets in workbook order, still escaped."""
    return [attribute(tag, "name") for tag in _SHEET.findall(workbook)]
