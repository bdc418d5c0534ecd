"""The fields of each desk's section: JSON name, national template key (QĐ 1551/2062), kind, unit and limits."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files

SECTIONS = ("REC", "MEA", "BLD", "URI", "XRY", "EYE", "ENT", "DEN", "INT", "SUR", "GYN", "ECG", "AUD", "SPI")

COMMON = {"criteria": "criteria", "icd": "icd", "no_abnormality": "specialties"}
"""Fields any section may carry: criteria of QĐ 1613, ICD-10 codes by specialty, specialties without abnormality."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field; limits are in the unit, both ends allowed, None is unlimited.

    A value outside the limits that fits them when multiplied by `trap_factor` was likely given in `trap_unit`.
    """

    section: str
    name: str
    template_key: str | None
    loinc: tuple[str, ...]
    kind: str
    unit: str
    reject_low: Decimal | None
    reject_high: Decimal | None
    warn_low: Decimal | None
    warn_high: Decimal | None
    trap_unit: str | None
    trap_factor: Decimal | None

    @property
    def choices(self) -> tuple[str, ...]:
        """The codes a field of codes or a choice may hold."""
        return tuple(self.unit.split("|"))


def _bound(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _load() -> tuple[Field, ...]:
    text = files("results.classification").joinpath("fields.csv").read_text(encoding="utf-8")
    return tuple(_field(row) for row in csv.DictReader(text.splitlines()))


def _field(row: Mapping[str, str]) -> Field:
    limits = {name: _bound(row[name]) for name in ("reject_low", "reject_high", "warn_low", "warn_high", "trap_factor")}
    return Field(
        section=row["section"],
        name=row["name"],
        template_key=row["template_key"] or None,
        loinc=tuple(row["loinc"].split("|")) if row["loinc"] else (),
        kind=row["kind"],
        unit=row["unit"],
        trap_unit=row["trap_unit"] or None,
        **limits,
    )


FIELDS = _load()
BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}


def of_section(section: str) -> Mapping[str, Field]:
    """The fields of one section by JSON name; an unknown section raises KeyError."""
    if section not in SECTIONS:
        raise KeyError(section)
    return {field.name: field for field in FIELDS if field.section == section}
