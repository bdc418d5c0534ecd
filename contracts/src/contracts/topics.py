"""The committed topic list: it creates topics and access rights, and a test holds it against the catalogue."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic; `retention_days` None keeps for ever; `restricted` topics may carry sealed or health data."""

    name: str
    partitions: int
    retention_days: int | None
    restricted: bool
    writers: tuple[str, ...]
    readers: tuple[str, ...]


def load() -> tuple[Topic, ...]:
    """All topics, in the order of the file."""
    rows = tomllib.loads(files("contracts").joinpath("topics.toml").read_text("utf-8"))["topic"]
    return tuple(
        Topic(
            name=row["name"],
            partitions=row["partitions"],
            retention_days=row["retention_days"] or None,
            restricted=row["restricted"],
            writers=tuple(row["writers"]),
            readers=tuple(row["readers"]),
        )
        for row in rows
    )
