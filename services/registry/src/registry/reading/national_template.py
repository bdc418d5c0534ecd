"""What only the national import template has: coded columns and its own mandatory fields (QĐ 1551, QĐ 2062/QĐ-BYT)."""

from collections.abc import Callable, Mapping
from typing import Any

from contracts.roster_cells import Cell
from registry.reading import places, text
from registry.reading.text import Field

WORKER_GROUP = "13"
"""DOI_TUONG of a worker: occupation and workplace are mandatory then."""

MANDATORY = {"occupation_code": "occupation.missing", "workplace": "workplace.missing"}
WIDTHS = {
    "ethnic_code": 2,
    "residence_province_code": 2,
    "residence_commune_code": 5,
    "occupation_code": 2,
    "visit_type_code": 2,
}


def code_reader(field: str, *, from_text_file: bool) -> Callable[[Cell], Field]:
    """A reader of a code column that gives lost zeros back; in a text file every cell may once have been a number."""
    width = WIDTHS[field]

    def read(cell: Cell) -> Field:
        code = text.read_plain(cell)
        was_number = cell is not None and (from_text_file or not isinstance(cell, str))
        if code.value and was_number and code.value.isdigit() and len(code.value) < width:
            code = Field(code.value.zfill(width), ("code.leading_zero_restored",))
        return places.read_province(code) if field == "residence_province_code" else code

    return read


def read_list(cell: Cell) -> Field:
    """DOI_TUONG, NGUON_CHI_TRA: codes divided by `;`."""
    return Field([part.strip() for part in text.clean(text.raw_text(cell)).split(";") if part.strip()] or None)


def missing(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """What the row of a worker lacks."""
    if WORKER_GROUP not in fields.get("target_groups", ()):
        return ()
    return tuple(code for name, code in MANDATORY.items() if name not in fields)
