"""Telephone numbers, to E.164 (numbering plan after the change of prefixes in 2018)."""

import re

from contracts.roster_cells import Cell
from registry.reading import text
from registry.reading.text import NONE, Field

_DIVIDED = re.compile(r"[/;,]| - ")
_MOBILE = re.compile(r"0(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])\d{7}")
_LANDLINE = re.compile(r"02\d{9}")
_NOT_DIGIT = re.compile(r"[^0-9]")
_OLD_PREFIXES = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
    **{f"016{n}": f"03{n}" for n in range(2, 10)},
    "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip


def read_phone(cell: Cell) -> Field:
    """The first valid number of the cell; `phone.invalid` if there is none."""
    if isinstance(cell, str) and len(cell) == 10 and _MOBILE.fullmatch(cell):
        return Field(f"+84{cell[1:]}")
    written = text.clean(text.raw_text(cell)).removesuffix(".0")
    if not written:
        return Field(None)
    parts = [part for part in _DIVIDED.split(written) if part.strip()]
    several = ("phone.multiple_values",) if len(parts) > 1 else NONE
    for part in parts:
        if number := _number(part):
            return Field(number.value, (*several, *number.codes))
    return Field(None, (*several, "phone.invalid"))


def _number(part: str) -> Field | None:
    digits = _NOT_DIGIT.sub("", part)
    if len(digits) == 11 and digits.startswith("84"):
        digits = f"0{digits[2:]}"
    if len(digits) == 9 and _MOBILE.fullmatch(f"0{digits}"):
        return Field(f"+84{digits}", ("phone.leading_zero_restored",))
    if _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        return Field(f"+84{digits[1:]}")
    if len(digits) == 11 and digits[:4] in _OLD_PREFIXES:
        return Field(f"+84{_OLD_PREFIXES[digits[:4]][1:]}{digits[4:]}", ("phone.old_prefix_converted",))
    return None
