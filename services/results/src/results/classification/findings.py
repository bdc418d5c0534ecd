"""How a desk sends the criteria of QĐ 1613 it found."""

from results.classification import values
from results.classification.model import Finding


def read(raw: object) -> tuple[Finding, ...]:
    """Read ["24.2", {"criterion": "12.3", "index": "eye", "class": 3}]; ValueError says it is no such list."""
    if not isinstance(raw, list | tuple):
        raise ValueError("not a list")  # noqa: TRY004
    return tuple(_one(item) for item in raw)


def _one(item: object) -> Finding:
    if isinstance(item, dict):
        criterion, index, rank = item.get("criterion"), item.get("index"), item.get("class")
        return Finding(
            values.text(criterion),
            values.text(index) if index is not None else None,
            values.health_class(rank) if rank is not None else None,
        )
    return Finding(values.text(item))
