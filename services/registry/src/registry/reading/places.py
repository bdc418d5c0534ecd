"""Codes of places: the province prefixes of citizens' numbers and the provinces of today.

A province code means nothing without its code system: 15 was Yên Bái until 30/06/2025 and is Lào Cai since.
Sources: NĐ 137/2015/NĐ-CP and TT 59/2021/TT-BCA (prefixes); NQ 15/2008/QH12 (63 provinces from 01/08/2008); NQ
202/2025/QH15 (34 provinces from 01/07/2025, made of whole ones).
"""

from collections.abc import Set
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from contracts.roster_cells import Cell
from registry.reading import text
from registry.reading.text import Field

CODE_SYSTEM = "2025-07-01"
FORMER_SYSTEM = "2008-08-01"
CITIZEN_PREFIX = "citizen-prefix"
UNKNOWN_COUNTRY = "??"


class Province(NamedTuple):
    """A province of a code system; `became` is its code in the next one, where there is a next one."""

    code: str
    name: str
    became: str | None


@lru_cache(maxsize=4)
def provinces_of(code_system: str) -> dict[str, Province]:
    """The provinces of a code system by their codes: CITIZEN_PREFIX, or those since a day."""
    lines = (files("registry.reading") / "data" / "provinces.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines[1:])
    return {row[1]: Province(row[1], row[2], row[4] or None) for row in rows if row[0] == code_system}


def codes_of(code_system: str) -> Set[str]:
    """The codes of a code system."""
    return provinces_of(code_system).keys()


def system_of(code: str, day: date) -> str | None:
    """The code system that a province's code was of on a day: the one in force, else the only one that has it."""
    systems = (CODE_SYSTEM, FORMER_SYSTEM) if day.isoformat() >= CODE_SYSTEM else (FORMER_SYSTEM, CODE_SYSTEM)
    return next((system for system in systems if code in codes_of(system)), None)


_COUNTRIES = {
    "VN": "vn|viet nam|vietnam|viet|vnm",
    "CN": "cn|trung quoc|china|chinese|chn|tq",
    "KR": "kr|han quoc|korea|korean|kor|south korea|hq",
    "TW": "tw|dai loan|taiwan|twn",
    "JP": "jp|nhat ban|nhat|japan|japanese|jpn",
    "LA": "la|lao|laos",
    "KH": "kh|campuchia|cam pu chia|cambodia",
    "TH": "th|thai lan|thailand",
    "PH": "ph|philippines|philippin",
    "MY": "my|malaysia|ma lai xi a",
    "SG": "sg|singapore|xin ga po",
    "ID": "id|indonesia|in do ne xi a",
    "MM": "mm|myanmar|mi an ma",
    "IN": "in|an do|india",
    "HK": "hk|hong kong|hongkong",
    "US": "us|my|hoa ky|usa|united states",
    "GB": "gb|anh|uk|united kingdom",
    "FR": "fr|phap|france",
    "DE": "de|duc|germany",
    "RU": "ru|nga|russia",
    "AU": "au|uc|australia",
    "CA": "ca|canada",
}
_BY_NAME = {name: code for code, names in _COUNTRIES.items() for name in names.split("|")} | {"my": "US"}


def read_nationality(cell: Cell) -> Field:
    """ISO 3166 code; `??` for a nationality that is filled in but not known (it is not Vietnamese)."""
    written = text.clean_cell(cell)
    if not written:
        return Field(None)
    if written == "MY":
        return Field("MY")
    return Field(_BY_NAME.get(" ".join(text.without_marks(written).replace(".", " ").split()), UNKNOWN_COUNTRY))


def read_province(code: Field) -> Field:
    """A province code of today; an unknown one is kept and reported."""
    if code.value is None or code.value in codes_of(CODE_SYSTEM):
        return code
    return Field(code.value, (*code.codes, "province.unknown_code"))
