"""The 34 provinces and 3,321 communes since 2025-07-01, by the package vietnam-provinces, which follows the decrees."""

from dataclasses import dataclass
from functools import lru_cache

from pydantic_core import from_json
from vietnam_provinces import NESTED_DIVISIONS_JSON_PATH

CODE_SYSTEM = "2025-07-01"


@dataclass(frozen=True, slots=True)
class Places:
    """The codes of one code system: province → name, and commune → (province, name)."""

    code_system: str
    provinces: dict[str, str]
    communes: dict[str, tuple[str, str]]


@lru_cache(maxsize=1)
def current() -> Places:
    """The places by the codes of 2025-07-01: MATINH has two digits, MAXA five."""
    provinces, communes = {}, {}
    for province in from_json(NESTED_DIVISIONS_JSON_PATH.read_bytes()):
        code = f"{province['code']:02}"
        provinces[code] = province["name"]
        for commune in province["wards"]:
            communes[f"{commune['code']:05}"] = (code, commune["name"])
    return Places(CODE_SYSTEM, provinces, communes)
