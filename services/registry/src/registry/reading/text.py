"""Text of a cell: cleaning, old encodings, formulas that pretend to be text."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from contracts import legacy_text
from contracts.legacy_text import Encoding
from contracts.roster_cells import DATE, ERROR, TRUTH, Cell, number_text

V = TypeVar("V")

NONE: tuple[str, ...] = ()

OLD_TEXT: dict[Encoding, str] = {"tcvn3": "\0t", "vni": "\0v"}
OLD_TEXTS = tuple(OLD_TEXT.values())

_ZERO_WIDTH = re.compile("[\u200b-\u200d\u2060\ufeff]")
INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\xa0]")
_SPACES = re.compile(r"\s+")
_BEYOND_OLD_FONTS = re.compile("[\u0100-\u1eff]")
_SPACE_KINDS = re.compile(r"[^\S ]|  ")


class Field(NamedTuple):
    """What one cell says: the value (None if nothing usable) and the codes to report."""

    value: Any
    codes: tuple[str, ...] = NONE


class Cached(dict[Cell, V]):
    """Reads each distinct cell once; rosters repeat most of theirs."""

    def __init__(self, read: Callable[[Cell], V]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, cell: Cell) -> V:
        value = self[cell] = self._read(cell)
        return value


def is_error(cell: Cell) -> bool:
    """Whether a formula failed in this cell; it is read as blank."""
    return isinstance(cell, str) and cell.startswith(ERROR)


def raw_text(cell: Cell) -> str:
    """A cell as the sender would write it; number cells by their value, dates day first."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return number_text(cell)
    if cell.startswith("\0"):
        if cell.startswith(OLD_TEXTS):
            return cell[2:]
        if cell.startswith(DATE):
            year, month, day = cell[2:12].split("-")
            return f"{day}/{month}/{year}"
        return cell[2:] if cell.startswith(TRUTH) else ""
    return cell


def clean(text: str) -> str:
    """Without zero-width characters, every white space one plain space, trimmed, in NFC."""
    if text.isascii():
        return _SPACES.sub(" ", text).strip() if _SPACE_KINDS.search(text) else text.strip(" ")
    text = _SPACES.sub(" ", _ZERO_WIDTH.sub("", text)).strip()
    return unicodedata.normalize("NFC", text)


def old_text(cell: Cell, encoding: Encoding | None) -> Cell:
    """The cell marked as text in an old encoding that its whole table is in, whatever its letters show."""
    if encoding is None or not isinstance(cell, str) or cell.startswith("\0") or cell.isascii():
        return cell
    return f"{OLD_TEXT[encoding]}{cell}"


def encoding_of(cell: Cell, cleaned: str) -> Encoding | None:
    """The old encoding of a cell's text: the one its table is in, or the one its letters show.

    None where converting would change nothing. A letter that no old font has tells of Unicode, whatever the rest of
    the table is in.
    """
    if isinstance(cell, str) and cell.startswith(OLD_TEXTS):
        encoding: Encoding = "tcvn3" if cell.startswith(OLD_TEXT["tcvn3"]) else "vni"
        if _BEYOND_OLD_FONTS.search(cleaned) or legacy_text.convert(cleaned, encoding) == cleaned:
            return None
        return encoding
    return legacy_text.detect(cleaned)


def clean_cell(cell: Cell) -> str:
    """The cleaned text of a cell, old encodings converted silently: for fields whose text is only compared."""
    text = clean(raw_text(cell))
    encoding = encoding_of(cell, text)
    return clean(legacy_text.convert(text, encoding)) if encoding else text


def has_formula_prefix(text: str) -> bool:
    """Whether a spreadsheet would run this text as a formula if it were written there unescaped."""
    return len(text) > 1 and text[0] in "=+-@"


def read_text(cell: Cell) -> Field:
    """A text field: cleaned, converted from old encodings, never interpreted."""
    if isinstance(cell, str) and cell.isascii() and cell.isalnum():
        return Field(cell)
    text = clean(raw_text(cell))
    if not text:
        return Field(None)
    codes = NONE
    encoding = encoding_of(cell, text)
    if encoding:
        text = clean(legacy_text.convert(text, encoding))
        codes = ("text.legacy_encoding_converted",)
    if has_formula_prefix(text):
        codes = (*codes, "text.formula_prefix")
    return Field(text, codes)


def read_plain(cell: Cell) -> Field:
    """A text field that no spreadsheet formula is expected in (places of issue, codes)."""
    field = read_text(cell)
    return field._replace(codes=tuple(code for code in field.codes if code != "text.formula_prefix"))


_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def without_marks(text: str) -> str:
    """The search form of a text: small letters, marks removed, đ as d (it has no decomposition)."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def has_tone(letter: str) -> bool:
    """Whether a letter carries one of the five tone marks (a circumflex, breve or horn is none)."""
    return not _TONES.isdisjoint(unicodedata.normalize("NFD", letter))
