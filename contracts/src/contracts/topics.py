"""The committed topic list: it creates topics and access rights, and a test holds it against the catalogue."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

MILLISECONDS_PER_DAY = 24 * 60 * 60 * 1000
FOR_EVER = -1
# A writer's clock an hour ahead would have its records refused, and one of years ago have them deleted.
TIMESTAMPS = {"message.timestamp.type": "LogAppendTime"}


@dataclass(frozen=True, slots=True)
class Topic:
    """A Kafka topic; `retention_days` None keeps for ever; `restricted` topics may carry sealed or health data."""

    name: str
    partitions: int
    retention_days: int | None
    restricted: bool
    writers: tuple[str, ...]
    readers: tuple[str, ...]

    @property
    def retention_ms(self) -> int:
        """How long it keeps, as Kafka says it."""
        return FOR_EVER if self.retention_days is None else self.retention_days * MILLISECONDS_PER_DAY


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
