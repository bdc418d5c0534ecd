"""Which tables of a service are nothing but what topics say, and so can be made again from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

from contracts.base import Event
from shared.consuming import Consumer, Handler


@dataclass(frozen=True, slots=True)
class Table:
    """A projection: a table that some events fill, whatever the order in which their topics arrive.

    `of_record` are columns with another source: never compared, never written. With `rows_of_record` there may be rows
    that no topic tells of (yet), which are left alone.
    """

    fed_by: tuple[type[Event], ...]
    of_record: tuple[str, ...] = ()
    rows_of_record: bool = False

    @property
    def topics(self) -> set[str]:
        """The topics without which it cannot be made again."""
        return {event_class.entry.topic for event_class in self.fed_by}


@dataclass(frozen=True, slots=True)
class Projections:
    """What of a service's database is projections, and how they are filled; all other tables are state of record.

    `handlers` write projections alone and say nothing. `records` tells of every other table why it is no projection.
    `after_repair` is SQL that lets the service act on what was put right.
    """

    service: str
    migrations: Path | Traversable
    tables: Mapping[str, Table]
    handlers: Mapping[type[Event], Handler]
    records: Mapping[str, str] = field(default_factory=dict)
    after_repair: str = ""

    def consumer(self) -> Consumer:
        """A consumer that fills projections and does nothing else."""
        consumer = Consumer(self.service)
        for event_class, handler in self.handlers.items():
            consumer.on(event_class)(handler)
        return consumer
