"""What a row of a roster is that is no person: blank, numbering, repeated header, subtotal, heading, footer."""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from contracts import roster_headings
from contracts.legacy_text import Encoding
from contracts.roster_cells import Cell, Row
from registry.reading import text

_COLUMN_NUMBER = re.compile(r"[(\[]?\s*(\d{1,3}|[A-Za-z])\s*[)\]]?(?:\s*=.*)?")
_SUBTOTAL = re.compile(r"(?:cộng|tổng|total)(?!\w)|tong (?:cong|so)(?!\w)|grand total(?!\w)")
_NUMBERING = re.compile(
    r"\s*\(?(?:\d+(?:\.\d+)+[.)\-–—:/]*\s+|(?:[IVXLC]+|\d+|(?![KNPT]\.)[A-Za-zĐđ])\s*[.)\-–—:/]+\s*)"
)
"""`P. Kế toán` is a department (Phòng), `A. Khối văn phòng` the first of several."""
_BARE_NUMBERING = re.compile(r"\(?(?:[IVXLC]+|[A-ZĐ])\s*[.)\-–—:/]*")
_UNIT = r"(?:người|lđ|lao động|nlđ|cnlđ|công nhân|cn|nhân viên|nv|đoàn viên|đv|đ/c|đồng chí|ng|persons?|workers?)"
_SUM = r"(?<=[,(:\[])\s*(?:tổng số|tổng cộng|tổng|số lượng|sl)\s*:?"
_COUNT = re.compile(
    rf"\s*[,:\-–(\[]*\s*(?:{_SUM}\s*\d+\s*{_UNIT}?\.?|\d+\s*{_UNIT}\.?|(?<=[(:\[])\s*\d+)\s*[)\]]?\s*$",
    re.IGNORECASE,
)
_ONLY_COUNT = re.compile(rf"\(?\d+\s*{_UNIT}?\)?", re.IGNORECASE)
COLUMNS_LEFT_OUT = 3
COUNT_WITHIN = 40
"""Characters at the end of a heading in which its count stands."""


def cell_text(cell: Cell) -> str:
    """The cleaned text of any cell."""
    return text.clean(text.raw_text(cell)) if cell is not None else ""


def _has(row: Row, column: int) -> bool:
    return column < len(row)


class RowKinds:
    """Rows that are no persons, by kind; what a lone text was is known only when the last person is."""

    def __init__(
        self, rows: Sequence[Row], header_rows: Sequence[int], name_column: int, encoding: Encoding | None
    ) -> None:
        self._rows = rows
        self._name = name_column
        self._encoding = encoding
        self._below_header = header_rows[-1] + 1
        self._kinds: dict[int, str] = {}
        self._headings = {roster_headings.fold(words) for row in header_rows for words in self._texts(row)}
        names = [cell_text(rows[row][name_column]) for row in header_rows if _has(rows[row], name_column)]
        self._name_headings = {roster_headings.fold(words) for words in names}
        self._initials = {words[0].lower() for words in names if words}

    def _texts(self, number: int) -> list[str]:
        return [words for cell in self._rows[number] if (words := cell_text(cell))]

    def is_header(self, number: int) -> bool:
        """Whether what looks like a person repeats the header, perhaps in another language, or numbers columns."""
        if number == self._below_header and roster_headings.is_header(self._texts(number)):
            kind: str | None = "repeated_header"
        elif self._has_a_name(self._rows[number]):
            return False
        else:
            kind = self._header_kind(self._texts(number))
        if kind:
            self._kinds[number] = kind
        return kind is not None

    def _has_a_name(self, row: Row) -> bool:
        """A fast yes for most persons: the name column holds a longer text that is no heading."""
        name = row[self._name] if _has(row, self._name) else None
        if not isinstance(name, str) or len(name) <= 5 or not name[0].isalpha():
            return False
        return name[0].lower() not in self._initials or roster_headings.fold(name) not in self._name_headings

    def _header_kind(self, texts: list[str]) -> str | None:
        if is_numbering(texts):
            return "column_numbers"
        folded = {roster_headings.fold(words) for words in texts}
        return "repeated_header" if len(texts) > 1 and folded <= self._headings else None

    def kind(self, number: int) -> str:
        """What a row is that is no person; `group_heading` may turn out a footer."""
        if number not in self._kinds:
            self._kinds[number] = self._kind(self._texts(number))
        return self._kinds[number]

    def _kind(self, texts: list[str]) -> str:
        if not texts:
            return "blank"
        if kind := self._header_kind(texts):
            return kind
        first = next((words for words in texts if any(map(str.isalpha, words))), "")
        if _BARE_NUMBERING.fullmatch(first) and len(texts) > 1:
            first = texts[texts.index(first) + 1]
        if _SUBTOTAL.match(text.clean_cell(text.old_text(first, self._encoding)).lower()):
            return "subtotal"
        return "group_heading" if self._is_lone(texts) else "other"

    @staticmethod
    def _is_lone(texts: list[str]) -> bool:
        if len(texts) < 2:
            return True
        is_counted = len(texts) == 2 or (len(texts) == 3 and bool(_ONLY_COUNT.fullmatch(texts[2])))
        return is_counted and bool(_BARE_NUMBERING.fullmatch(texts[0]))

    def label(self, number: int) -> str:
        """The text of a heading row; numbering before it and a count behind it may stand in cells of their own."""
        texts = self._texts(number)
        return texts[1 if len(texts) > 1 else 0]

    def by_kind(self, last_person: int) -> dict[str, list[int]]:
        """Rows by kind; after the last person no heading follows, only a footer."""
        sorted_rows: dict[str, list[int]] = {}
        for number, kind in sorted(self._kinds.items()):
            is_footer = number > last_person and kind in ("group_heading", "other")
            sorted_rows.setdefault("footer" if is_footer else kind, []).append(number)
        return sorted_rows


def is_numbering(texts: Iterable[str]) -> bool:
    """`(1) (2) (3)` or `1 2 3`: every filled cell a number, each a little more than the last (`A B 1 2 3` occurs).

    A column may be left out or come later; so may letters count alone.
    """
    cells = list(texts)
    if len(cells) < 3:
        return False
    found = [_COLUMN_NUMBER.fullmatch(words) for words in cells]
    if not all(found):
        return False
    marks = [match[1] for match in found if match]
    numbers = [int(mark) for mark in marks if mark.isdigit()] or [ord(mark.upper()) for mark in marks]
    return len(numbers) >= 2 and all(1 <= after - before <= COLUMNS_LEFT_OUT for before, after in pairwise(numbers))


def heading_department(label: str, encoding: Encoding | None = None) -> str | None:
    """The text of a heading row less leading numbering (`II -`, `1.`, `A)`) and a trailing count (`(45 người)`)."""
    cleaned = text.clean_cell(text.old_text(label, encoding))
    numbering = _NUMBERING.match(cleaned)
    bare = cleaned[numbering.end() :] if numbering else cleaned
    found = _COUNT.search(bare, max(1, len(bare) - COUNT_WITHIN))
    if found:
        bare = bare[: found.start()]
    return bare.strip(" :-–*•") or cleaned or None
