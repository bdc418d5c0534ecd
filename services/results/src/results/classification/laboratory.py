"""A laboratory's rows (XML4 columns) as fields of the desks' sections, in the units of the fields."""

from collections.abc import Iterable

from results.classification import problems, values
from results.classification.fields import BY_NAME, FIELDS, Field
from results.classification.model import Problem

BY_INDEX = {**BY_NAME, **{code: field for field in FIELDS for code in field.loinc}}
"""A row names its index by the field's name or by LOINC."""


def sections(rows: Iterable[tuple[str, str, str]]) -> tuple[dict[str, dict[str, object]], list[Problem]]:
    """The sections that (index, value, unit) rows fill, and the rows that could not be placed.

    A value in the field's known other unit is converted; without a unit it is taken in the field's own. Codes are
    divided by semicolons.
    """
    placed: dict[str, dict[str, object]] = {}
    refused: list[Problem] = []
    for index, value, unit in rows:
        field = BY_INDEX.get(index)
        if field is None:
            refused.append(problems.warn("unknown_index", index))
            continue
        try:
            placed.setdefault(field.section, {})[field.name] = _in_unit(field, value, _bare(unit))
        except ValueError:
            refused.append(problems.reject("unknown_unit", field.name, unit=field.unit))
    return placed, refused


def _in_unit(field: Field, value: str, unit: str) -> object:
    if field.kind == "codes":
        return [code.strip() for code in value.split(";") if code.strip()]
    if field.kind != "number" or unit in {"", _bare(field.unit)}:
        return value
    if field.trap_factor is None or unit != _bare(field.trap_unit or ""):
        raise ValueError(f"no conversion from {unit}")
    return values.number(value) * field.trap_factor


def _bare(unit: str) -> str:
    """The unit in one spelling: umol/L and µmol/l are the same."""
    return unit.replace("µ", "u").replace("μ", "u").replace(" ", "").lower()
