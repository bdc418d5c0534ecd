"""What a column that nobody knows may be, by what most of its cells look like; a suggestion, never a reading."""

import re
from collections import Counter
from collections.abc import Iterable

from contracts.roster_cells import Cell
from registry.reading import identifiers, phones, sexes, text

FEWEST, SHARE = 3, 0.8
_DATE = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2}.*")


def of(cells: Iterable[Cell]) -> str | None:
    """The field that four in five of the filled cells look like, if at least three are filled."""
    looks = [_look(cell) for cell in cells if cell is not None]
    if len(looks) < FEWEST:
        return None
    best, count = Counter(looks).most_common(1)[0]
    return best if count >= SHARE * len(looks) else None


def _look(cell: Cell) -> str | None:
    if identifiers.read_national_id(cell).kind == "cccd":
        return "national_id"
    if phones.read_phone(cell).value:
        return "phone"
    if sexes.read_sex(cell).value:
        return "sex"
    return "birth_date" if _DATE.fullmatch(text.clean(text.raw_text(cell))) else None
