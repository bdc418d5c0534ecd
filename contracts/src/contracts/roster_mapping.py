"""What a person decided about a roster file's columns, against what its headings say.

As a document: `{"columns": {"C": "full_name", "D": null}, "header_row": 5}`; letters and rows are those that a
spreadsheet shows. Both ends need it: the edge to say at once what cannot be, registry to read by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from pydantic_core import from_json

from contracts import roster_headings
from contracts.base import Public, Record

UNKNOWN_FIELD, UNKNOWN_COLUMN, FIELD_TWICE = "mapping.unknown_field", "mapping.unknown_column", "mapping.field_twice"
HEADER_ROW_MISSING, NO_ROSTER = "mapping.header_row_missing", "mapping.no_roster"
MOST_COLUMNS = 512
MEANT_TOGETHER = frozenset({"full_name"})
"""A name may stand in several columns, which are joined."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Column letters to fields (None: ignore the column), and the header's row from 1 where somebody named it."""

    columns: Mapping[str, str | None] = field(default_factory=dict)
    header_row: int | None = None

    def __bool__(self) -> bool:
        return bool(self.columns) or self.header_row is not None


NOTHING = Chosen()


def parse(document: Mapping[str, Any] | None) -> Chosen:
    """A mapping from its document; a plain object of letters is one of columns alone."""
    if not document:
        return NOTHING
    if not document.keys() & {"columns", "header_row"}:
        document = {"columns": document}
    columns = {str(letters).upper(): chosen or None for letters, chosen in (document.get("columns") or {}).items()}
    return Chosen(columns, document.get("header_row"))


class NoMappingError(ValueError):
    """A text that is no mapping's document."""


def from_text(text: str | bytes) -> dict[str, Any]:
    """A mapping's document from JSON; raises NoMappingError."""
    try:
        document = from_json(text)
        columns, row = document.get("columns", {}), document.get("header_row")
        sound = all(isinstance(name, str | None) for name in columns.values())
        if not sound or isinstance(row, bool) or not isinstance(row, int | None) or (row is not None and row < 1):
            raise NoMappingError
        if document.keys() - {"columns", "header_row"} or len(columns) > MOST_COLUMNS:
            raise NoMappingError
    except (ValueError, AttributeError, TypeError) as error:
        raise NoMappingError("not a mapping") from error
    return {"columns": columns, "header_row": row}


def problems_of(chosen: Chosen) -> list[str]:
    """What is wrong with a mapping whatever the file, as codes."""
    found = set()
    if not all(letters.isascii() and letters.isalpha() and len(letters) <= 3 for letters in chosen.columns):
        found.add(UNKNOWN_COLUMN)
    fields = [name for name in chosen.columns.values() if name is not None]
    if not roster_headings.fields().issuperset(fields):
        found.add(UNKNOWN_FIELD)
    if any(fields.count(name) > 1 for name in set(fields) - MEANT_TOGETHER):
        found.add(FIELD_TWICE)
    return sorted(found)


class UnitCount(Record):
    """How many members a unit had before a roster, and how many after it; in a dry run, would have."""

    unit_id: Public[UUID]
    members_before: Public[int]
    members_after: Public[int]


class ColumnRead(Record):
    """What a column of a roster was read as, and why: never the file's own words, which may be anybody's.

    `how`: `heading` (its words are `wording`), `position` (it belongs to the column on its left), `mapping` (somebody
    decided so). Of a column that nobody knows, `suggested` is what most of its cells look like.
    """

    column: Public[str]
    field: Public[str | None] = None
    how: Public[Literal["heading", "position", "mapping"] | None] = None
    wording: Public[str | None] = None
    suggested: Public[str | None] = None
