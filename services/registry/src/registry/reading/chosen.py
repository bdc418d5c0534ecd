"""How a mapping that a person chose meets a file: whether it fits, and by what its header is known again; pure."""

from collections.abc import Iterable

from contracts import roster_headings
from contracts.roster_cells import Row
from contracts.roster_mapping import NO_ROSTER, UNKNOWN_COLUMN, Chosen, problems_of
from registry.reading.mapping import Columns, column_number
from registry.reading.row_kinds import cell_text


def misfits(chosen: Chosen, columns: Columns, rows: Iterable[Row]) -> list[str]:
    """What keeps a mapping from fitting the file it was applied to, as codes."""
    found = set(problems_of(chosen))
    width = max(map(len, rows), default=0)
    if UNKNOWN_COLUMN not in found and any(column_number(letters) >= width for letters in chosen.columns):
        found.add(UNKNOWN_COLUMN)
    known = {name for name in columns.fields.values() if name}
    if "full_name" not in columns.roles or len(known) < 3:
        found.add(NO_ROSTER)
    return sorted(found)


def fingerprint_of(texts: Iterable[str]) -> str:
    """What two files with the same header have in common, before it is hashed: the words, whatever their case."""
    return "\x1e".join(roster_headings.fold(text) for text in texts if text)


def header_of(row: Row) -> str:
    """The same of one row that somebody named as the header."""
    return fingerprint_of(roster_headings.in_unicode(map(cell_text, row)))
