"""The document of the desks' sections, written from the table so that it cannot say anything else."""

from collections.abc import Iterator

from results.classification.fields import FIELDS, SECTIONS, Field

HEAD = """# Sections of the desks

Written by `python -m results.classification.document > docs/sections.md`; a test holds it to the table.
Every section may also carry `criteria` (numbers of QĐ 1613 such as "24.2", or `{"criterion", "index", "class"}`),
`icd` (ICD-10 codes by specialty) and `no_abnormality` (specialties). Numbers may come as text with a decimal comma,
vision as tenths or ĐNT, ST (+), ST (−). A value outside *reject* is refused, outside *warn* it is questioned.
"""

TABLE_HEAD = """| field | national key | LOINC | kind | unit or codes | reject outside | warn outside |
|---|---|---|---|---|---|---|
"""


def document() -> str:
    """The whole Markdown text."""
    return HEAD + "".join(f"\n## {code}\n\n{_table(code)}" for code in SECTIONS)


def _table(code: str) -> str:
    rows = "".join(f"| {' | '.join(_cells(field))} |\n" for field in FIELDS if field.section == code)
    return TABLE_HEAD + rows


def _cells(field: Field) -> Iterator[str]:
    yield f"`{field.name}`"
    yield field.template_key or ""
    yield ", ".join(field.loinc)
    yield field.kind
    yield field.unit.replace("|", ", ")
    for low, high in ((field.reject_low, field.reject_high), (field.warn_low, field.warn_high)):
        yield "" if low is None and high is None else f"{'' if low is None else low}…{'' if high is None else high}"


if __name__ == "__main__":
    print(document(), end="")  # noqa: T201
