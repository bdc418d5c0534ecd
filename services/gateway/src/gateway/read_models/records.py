"""How a batch of events becomes rows: one JSON array, which PostgreSQL spreads over the columns of a table."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from asyncpg import Record

from contracts.base import Event
from gateway.catalogue import key_of
from shared.consuming import Batch


class Reader(Protocol):
    """What reading needs: a pool, a connection or a transaction."""

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        """All rows of a query."""
        ...

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        """The first row of a query, or None."""
        ...

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first value of the first row, or None."""
        ...


def as_rows(events: Iterable[Event]) -> str:
    """The events' data as one JSON array, for `json_populate_recordset`."""
    return f"[{','.join(event.model_dump_json() for event in events)}]"


def as_told_rows(batch: Batch[Any]) -> str:
    """Like `as_rows`, with what the envelope says: `event_key` (of the ref) and `at`."""
    rows = (
        f'{message.event.model_dump_json()[:-1]},"event_key":"{key_of(message.ref)}","at":"{message.time.isoformat()}"}}'
        for message in batch
    )
    return f"[{','.join(rows)}]"


def dicts(rows: Sequence[Record]) -> list[dict[str, Any]]:
    """Rows as dictionaries, for output models."""
    return [dict(row) for row in rows]
