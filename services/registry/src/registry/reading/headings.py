"""The header of a sheet: which rows belong to it, and the heading of every column."""

from collections.abc import Sequence

from contracts import roster_headings
from contracts.legacy_text import Encoding
from contracts.roster_cells import Sheet
from registry.reading import text
from registry.reading.mapping import Heading
from registry.reading.row_kinds import cell_text, is_numbering

HEADER_WITHIN = 300


class Head:
    """The upper part of a sheet with its merged cells."""

    def __init__(self, sheet: Sheet) -> None:
        self._rows = sheet.rows
        self._merges = [m for m in sheet.merges if m[0] < HEADER_WITHIN]

    def texts(self, row: int) -> dict[int, str]:
        """A row's filled cells by column; a cell merged downwards counts in all its rows."""
        texts = self._own(row)
        for top, left, bottom, _ in self._merges:
            if top < row <= bottom and (words := self._cell(top, left)):
                texts.setdefault(left, words)
        return texts

    def _own(self, row: int) -> dict[int, str]:
        if not 0 <= row < len(self._rows):
            return {}
        return {column: words for column, cell in enumerate(self._rows[row]) if (words := cell_text(cell))}

    def _cell(self, row: int, column: int) -> str:
        return cell_text(self._rows[row][column]) if row < len(self._rows) and column < len(self._rows[row]) else ""

    def extent(self, base: int) -> list[int]:
        """The header rows around the first row that is one by itself."""
        first = last = base
        while self._belongs_above(first - 1, first):
            first -= 1
        while self._belongs_below(last + 1, last):
            last += 1
        return list(range(first, last + 1))

    def _belongs_above(self, row: int, header: int) -> bool:
        own, below = self._own(row), self._own(header)
        across = [m for m in self._merges if m[0] == row and m[3] > m[1] and self._cell(m[0], m[1])]
        if len(own) < 2 or not across:
            return any(m[0] == row and m[2] >= header for m in self._merges if self._cell(m[0], m[1]))
        known = any(column not in below and roster_headings.match(words) for column, words in own.items())
        covered = {column for m in across for column in range(m[1], m[3] + 1)} | set(own)
        return known or len(own) >= 3 or covered >= set(below)

    def _belongs_below(self, row: int, header: int) -> bool:
        own, above = self._own(row), self._own(header)
        if any(m[0] <= header and m[2] >= row and self._cell(m[0], m[1]) for m in self._merges if m[2] > m[0]):
            return True
        if not own or any(isinstance(cell, int | float) for cell in self._rows[row]):
            return False
        under = {c for m in self._merges if m[2] == header and m[3] > m[1] for c in range(m[1], m[3] + 1)}
        if under & set(own):
            return all(c in under or c not in above or roster_headings.match(words) for c, words in own.items()) and (
                not is_numbering(own.values())
            )
        fields = [roster_headings.match(words) for words in own.values()]
        is_another = own == above or roster_headings.is_header(own.values())
        return len(own) >= 2 and all(fields) and not is_another and any(column not in above for column in own)

    def headings(self, rows: Sequence[int]) -> list[Heading]:
        """For every column the lowest filled heading cell, with the cell that spans it from above."""
        lowest: dict[int, str] = {}
        for row in rows:
            lowest |= self.texts(row)
        spans = {
            column: self._cell(m[0], m[1])
            for m in self._merges
            if m[0] in rows and m[3] > m[1]
            for column in range(m[1], m[3] + 1)
        }
        upper = self._own(rows[0]) if len(rows) > 1 else {}
        width = max([*lowest, *spans], default=-1) + 1
        groups = {c: spans.get(c) or _nearest_left(upper, c) for c in range(width) if c in spans or c not in upper}
        for column, words in lowest.items():
            if len(rows) > 1 and column in upper and upper[column] != words:
                groups.setdefault(column, upper[column])
        return [
            Heading(column, lowest.get(column, ""), groups.get(column, ""))
            for column in range(width)
            if column in lowest or column in spans
        ]


def _nearest_left(texts: dict[int, str], column: int) -> str:
    left = [c for c in texts if c < column]
    return texts[max(left)] if left else ""


def in_unicode(headings: list[Heading]) -> Encoding | None:
    """Convert the headings of a header in an old encoding, which then the whole table was typed in."""
    encoding = roster_headings.old_encoding(heading.text for heading in headings)
    if encoding is None:
        return None
    for heading in headings:
        heading.text = text.clean_cell(text.old_text(heading.text, encoding))
        heading.group = text.clean_cell(text.old_text(heading.group, encoding))
    return encoding
