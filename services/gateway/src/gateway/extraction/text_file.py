"""The records of a text file (CSV and its relatives) as cells."""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from itertools import islice

from contracts import legacy_text, roster_headings
from contracts.roster_cells import RosterCells, Row, Sheet
from gateway.extraction.limits import MAX_COLUMNS, MAX_ROWS, FileRefusedError
from gateway.extraction.workbook import text_cell

DELIMITERS = (";", ",", "\t", "|")
HEADER_WITHIN = 100
HEADERS_TRIED = 3
LOOKED_AT = 20
LEGACY_CODEPAGE = "windows-1258"
WESTERN = "latin-1"
WITHIN_LOOK = 64 * 1024

TONES = "\u0300\u0301\u0303\u0309\u0323"
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_COMMON_NAMES = re.compile(r"\b(?:nguyễn|trần|phạm|huỳnh|hoàng|vũ|võ|đặng|bùi|đỗ|hồ|ngô|dương|thị|văn|đức|hữu|ngọc)\b")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def extract(data: bytes) -> RosterCells:
    """All records, counted from 1 with the empty ones; raises FileRefusedError."""
    text, encoding = decode(data)
    delimiter = find_delimiter(text)
    rows = _rows(text, delimiter)
    codes = ["file.legacy_codepage"] if not encoding.startswith("utf") else []
    return RosterCells("text", codes, [Sheet("", rows)], encoding=encoding, delimiter=delimiter)


def decode(data: bytes) -> tuple[str, str]:
    """Text and encoding: UTF-8, UTF-16 with its mark, else Windows-1258 (composed) or the bytes of an old font."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            try:
                return _checked(data.decode(encoding)), encoding
            except UnicodeDecodeError as error:
                raise FileRefusedError("file.not_a_workbook") from error
    if _CONTROL.search(data[:4096].decode("latin-1")):
        raise FileRefusedError("file.not_a_workbook")
    try:
        return _checked(data.decode("utf-8")), "utf-8"
    except UnicodeDecodeError:
        return _old_codepage(data)


def _checked(text: str) -> str:
    if _CONTROL.search(text):
        raise FileRefusedError("file.not_a_workbook")
    return text


def _old_codepage(data: bytes) -> tuple[str, str]:
    """Tones are characters of their own in Windows-1258; text typed in TCVN3 or VNI fonts has Western bytes instead.

    A header that is known only after conversion from such a font tells; without one it is Windows-1258.
    """
    vietnamese = unicodedata.normalize("NFC", _checked(data.decode("cp1258", "replace")))
    western = data.decode("latin-1")
    known, _ = _known_headings(vietnamese)
    known_western, is_old = _known_headings(western)
    if not is_old and known_western == known:
        is_old = _old_names(western) > _names(vietnamese)
    return (western, WESTERN) if is_old and known_western >= known else (vietnamese, LEGACY_CODEPAGE)


def encode(text: str, encoding: str, original: bytes) -> bytes:
    """The text in a file's own encoding; what that cannot show becomes `?`."""
    if encoding == LEGACY_CODEPAGE:
        return _with_loose_tones(text.replace("→", "->")).encode("cp1258", "replace")
    if encoding == "utf-16":
        mark = codecs.BOM_UTF16_BE if original.startswith(codecs.BOM_UTF16_BE) else codecs.BOM_UTF16_LE
        return mark + text.encode("utf-16-be" if mark == codecs.BOM_UTF16_BE else "utf-16-le")
    return text.encode(encoding, "replace")


def _with_loose_tones(text: str) -> str:
    """As Windows-1258 has it: letters of the code page whole, tones as characters of their own behind them."""
    loose = []
    for letter in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", letter) if letter > "\x7f" else letter
        tones = "".join(part for part in parts if part in TONES)
        whole = unicodedata.normalize("NFC", "".join(part for part in parts if part not in TONES))
        loose.append(whole + tones if tones else letter)
    return "".join(loose)


def font_of(western: str, delimiter: str) -> legacy_text.Encoding | None:
    """The old font that a file of Western letters is typed in: its header tells, else the names in it."""
    for row in _head(western, delimiter):
        if encoding := roster_headings.old_encoding(_texts(row)):
            return encoding
    fonts: tuple[legacy_text.Encoding, ...] = ("tcvn3", "vni")
    return max(fonts, key=lambda font: _names(legacy_text.convert(western[:WITHIN_LOOK], font)))


def _old_names(western: str) -> int:
    return max(_names(legacy_text.convert(western[:WITHIN_LOOK], encoding)) for encoding in ("tcvn3", "vni"))


def _names(text: str) -> int:
    """How many common words of Vietnamese names the beginning of a text holds; only the right decoding has many."""
    return len(_COMMON_NAMES.findall(text[:WITHIN_LOOK].lower()))


def _known_headings(text: str) -> tuple[int, bool]:
    """How many headings of the best record are known, and whether it is in an old encoding."""
    best = max((_known(row) for row in _head(text, find_delimiter(text))), key=len, default=[])
    return len(best), roster_headings.old_encoding(best) is not None


def _known(row: list[str]) -> list[str]:
    texts = _texts(row)
    shown = roster_headings.in_unicode(texts)
    return [written for written, words in zip(texts, shown, strict=True) if roster_headings.match(words)]


def find_delimiter(text: str) -> str:
    """The delimiter that occurs most in the header record; without a header, in the first record that has one.

    A title may look like a header too (`Gồm: họ tên, ngày sinh, CCCD`): one that the records below it fit comes first.
    """
    heads = {delimiter: _head(text, delimiter) for delimiter in DELIMITERS}
    headers = [
        (not _fits(rows, number), number, -len(rows[number]), delimiter)
        for delimiter, rows in heads.items()
        for number in islice(_headers(rows), HEADERS_TRIED)
    ]
    if headers:
        return min(headers)[-1]
    return max(DELIMITERS, key=lambda delimiter: max(map(len, heads[delimiter]), default=0))


def _headers(rows: list[list[str]]) -> Iterator[int]:
    return (number for number, row in enumerate(rows) if roster_headings.is_header(_texts(row)))


def _fits(rows: list[list[str]], header: int) -> bool:
    """Whether half of the records below a header, at least, are as wide as it is."""
    below = [len(row) for row in rows[header + 1 :] if any(row)][:LOOKED_AT]
    return sum(width == len(rows[header]) for width in below) * 2 >= max(len(below), 1)


def _texts(row: list[str]) -> list[str]:
    return [] if len(row) > MAX_COLUMNS else [cell.strip() for cell in row]


def _head(text: str, delimiter: str) -> list[list[str]]:
    """The first records; a file without line ends must not be split in full just to look at it."""
    head = text[: 64 * 1024]
    if len(head) < len(text):
        head = head[: max(head.rfind("\n"), head.rfind("\r"))] if "\n" in head or "\r" in head else head
    csv.field_size_limit(1 << 30)
    return list(islice(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), HEADER_WITHIN))


def records(text: str, delimiter: str) -> Iterator[list[str]]:
    """RFC 4180 records; an empty one is an empty list, a line break in quotes starts none.

    Where a stray quote would swallow the lines behind it, quotes are characters like any other: no row may get lost.
    """
    csv.field_size_limit(1 << 30)
    if _quotes_swallow_lines(text, delimiter):
        return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=csv.QUOTE_NONE)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _quotes_swallow_lines(text: str, delimiter: str) -> bool:
    if '"' not in text:
        return False
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            pass
    except csv.Error:
        lenient = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return sum(1 for _ in lenient) < lenient.line_num
    return False


def _rows(text: str, delimiter: str) -> list[Row]:
    rows: list[Row] = []
    filled = 0
    for record in records(text, delimiter):
        if len(record) > MAX_COLUMNS:
            raise FileRefusedError("file.too_many_columns")
        row: Row = [text_cell(cell) for cell in record]
        while row and row[-1] is None:
            row.pop()
        filled += bool(row)
        if filled > MAX_ROWS:
            raise FileRefusedError("file.too_many_rows")
        rows.append(row)
    while rows and not rows[-1]:
        rows.pop()
    return rows
