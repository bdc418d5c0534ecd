"""Diseases for which QĐ 1613 names a class: the best that the specialty may state beside the ICD-10 code.

The class is certain as text, the ICD-10 code a suggestion to check against TT 06/2026; it only ever warns.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from results.classification.model import Text


@dataclass(frozen=True, slots=True)
class Disease:
    """The codes that start with `icd10` are at best of `least_class`."""

    icd10: str
    least_class: int
    name: Text


def stricter_than(stated: int, codes: tuple[str, ...]) -> Iterator[Disease]:
    """The diseases among the codes for which the stated class is too good."""
    for disease in DISEASES:
        if stated < disease.least_class and any(code.upper().startswith(disease.icd10) for code in codes):
            yield disease


def _load() -> tuple[Disease, ...]:
    text = files("results.classification").joinpath("diseases.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(Disease(row["icd10"], int(row["least_class"]), Text(row["vi"], row["en"])) for row in rows)


DISEASES = _load()
