"""Class of work: normal, or on the list of heavy, harmful and dangerous jobs (TT 11/2020/TT-BLĐTBXH)."""

import re

from contracts.roster_cells import Cell
from registry.reading import text
from registry.reading.text import Field

_ESPECIALLY_HEAVY = re.compile(r"dac biet|\bdb|\bloai (?:vi|v|6|5)\b")
_HEAVY = re.compile(r"nang nhoc|\bnn|\bloai (?:iv|4)\b")
_NORMAL = re.compile(r"\bbinh thuong\b|\bbt\b|\bthuong\b|\bloai (?:iii|ii|i|3|2|1)\b")
_NOT_WORD = re.compile(r"[\W_]+")


def read_work_class(cell: Cell) -> Field:
    """`NORMAL`, `NNDHNH` or `DBNNDHNH`; left empty if it cannot be read."""
    written = text.clean_cell(cell)
    if not written:
        return Field(None)
    bare = _NOT_WORD.sub(" ", text.without_marks(written).replace(".", "")).strip()
    if _ESPECIALLY_HEAVY.search(bare):
        return Field("DBNNDHNH")
    if _HEAVY.search(bare):
        return Field("NNDHNH")
    if _NORMAL.search(bare):
        return Field("NORMAL")
    return Field(None, ("heavy_class.unrecognised",))
