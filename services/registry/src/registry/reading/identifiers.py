"""Numbers that name a person: citizen's number and its forerunners, social insurance, health insurance.

Citizen's number (CCCD): twelve digits, no check digit; NĐ 137/2015/NĐ-CP, TT 59/2021/TT-BCA.
"""

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from contracts.roster_cells import Cell
from registry.reading import places, text
from registry.reading.text import NONE

Kind = Literal["cccd", "cmnd", "passport", "letters"]

FILLERS = frozenset({"khong", "khong co", "chua", "chua co", "chua cap", "mat", "x", "-", "?", "0", "123456789012"})

_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+")
_WRAPPED = re.compile(r'="(.*)"', re.DOTALL)
_SEPARATORS = re.compile(r"['’ .\-‐‑–]")
_ONE_DIGIT = re.compile(r"(\d)\1+")
_PASSPORT = re.compile(r"[A-Z0-9]{5,15}")
_HEALTH_CARD = re.compile(r"[A-Z]{2}[1-5]\d{12}")


class Number(NamedTuple):
    """An identifier of a kind; `letters` waits for the row's nationality to tell a passport from a mistake."""

    kind: Kind | None
    value: str | None = None
    codes: tuple[str, ...] = NONE


class Insurance(NamedTuple):
    """A social insurance number, and the citizen's number it would be if it is one."""

    value: str | None
    as_citizen: str | None = None
    codes: tuple[str, ...] = NONE


def read_national_id(cell: Cell) -> Number:
    """Citizen's number, old CMND, or letters that may be a passport."""
    if isinstance(cell, str) and len(cell) == 12 and cell.isascii() and cell.isdigit():
        return _digits(cell, cell, NONE)
    written = text.clean_cell(cell)
    if not written:
        return Number(None, codes=("national_id.missing",))
    if text.without_marks(written) in FILLERS or _ONE_DIGIT.fullmatch(written):
        return Number(None, codes=("national_id.placeholder",))
    if isinstance(cell, str) and _SCIENTIFIC.fullmatch(written):
        return Number(None, codes=("national_id.unrecoverable_scientific",))
    wrapped = _WRAPPED.fullmatch(written)
    core = (wrapped[1] if wrapped else written).strip().removesuffix(".0")
    bare = _SEPARATORS.sub("", core)
    codes = ("national_id.separators_removed",) if wrapped or bare != core else NONE
    if not bare or text.without_marks(bare) in FILLERS or _ONE_DIGIT.fullmatch(bare):
        return Number(None, codes=("national_id.placeholder",))
    if bare.isdigit() and bare.isascii():
        return _digits(bare, cell, codes)
    return Number("letters", bare, codes)


def _digits(digits: str, cell: Cell, codes: tuple[str, ...]) -> Number:
    if digits == "123456789012" or _ONE_DIGIT.fullmatch(digits):
        return Number(None, codes=("national_id.placeholder",))
    length = len(digits)
    if length == 12:
        return _citizen(digits, codes)
    if length in (10, 11) and digits[0] != "0":
        restored = digits.zfill(12)
        if restored[:3] in places.codes_of(places.CITIZEN_PREFIX):
            return _citizen(restored, (*codes, "national_id.leading_zero_restored"))
    if length == 9:
        return Number("cmnd", digits, (*codes, "national_id.old_cmnd"))
    if length == 8 and digits[0] != "0" and not isinstance(cell, str):
        return Number("cmnd", f"0{digits}", (*codes, "national_id.old_cmnd", "national_id.leading_zero_restored"))
    return Number(None, codes=(*codes, "national_id.bad_length"))


def _citizen(number: str, codes: tuple[str, ...]) -> Number:
    if number.endswith("000000"):
        kept = tuple(code for code in codes if code != "national_id.leading_zero_restored")
        return Number(None, codes=(*kept, "national_id.unrecoverable_scientific"))
    if number[:3] not in places.codes_of(places.CITIZEN_PREFIX):
        codes = (*codes, "national_id.unknown_prefix")
    return Number("cccd", number, codes)


def with_nationality(number: Number, nationality: str | None) -> Number:
    """Decide letters: a passport of a foreign worker, else `national_id.bad_characters`."""
    if number.kind != "letters":
        return number
    if nationality not in (None, "VN") and _PASSPORT.fullmatch(number.value or ""):
        return Number("passport", number.value, (*number.codes, "national_id.foreign_passport"))
    return Number(None, codes=(*number.codes, "national_id.bad_characters"))


def citizen_facts(number: str) -> tuple[int, str]:
    """Year of birth and sex that a citizen's number carries in its digits 4 to 6."""
    return _century_and_year(number[3:6])


@lru_cache(maxsize=1000)
def _century_and_year(digits: str) -> tuple[int, str]:
    century, year = int(digits[0]), int(digits[1:])
    return 1900 + 100 * (century // 2) + year, "female" if century % 2 else "male"


def read_social_insurance(cell: Cell) -> Insurance:
    """Mã số BHXH, ten digits; whether it is the row's own citizen's number is decided with the row."""
    if isinstance(cell, str) and len(cell) == 10 and cell.isascii() and cell.isdigit():
        return Insurance(cell, f"00{cell}")
    written = text.clean(text.raw_text(cell))
    if not written:
        return Insurance(None)
    wrapped = _WRAPPED.fullmatch(written)
    digits = _SEPARATORS.sub("", (wrapped[1] if wrapped else written).strip().removesuffix(".0"))
    if not (digits.isdigit() and digits.isascii()):
        return Insurance(None, codes=("social_insurance.bad_format",))
    citizen = digits.zfill(12) if 10 <= len(digits) <= 12 else None
    if len(digits) == 10:
        return Insurance(digits, citizen)
    if len(digits) == 9:
        return Insurance(f"0{digits}", citizen, ("social_insurance.leading_zero_restored",))
    return Insurance(None, citizen, ("social_insurance.bad_format",))


def read_health_insurance(cell: Cell) -> text.Field:
    """Thẻ BHYT, 15 characters."""
    written = text.clean(text.raw_text(cell)).replace(" ", "")
    if not written:
        return text.Field(None)
    if _HEALTH_CARD.fullmatch(written):
        return text.Field(written)
    return text.Field(None, ("health_insurance.bad_format",))
