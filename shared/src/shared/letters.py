"""Dead letters as people look for them: by key, type, reason and time; shown with their payload redacted."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any
from uuid import UUID

from asyncpg import Record

from shared.consuming import Consumer
from shared.database import Database
from shared.redaction import redacted

PAGE = 500

# Neither key nor header: whoever looks for a key knows it, nobody else needs it to decide.
SUMMARY = """
SELECT id, topic, partition, "offset", source, event_id, type, reason, detail::text, trace_id, parked_at, state
FROM dead_letters
"""
FOUND = """
WHERE state = $1 AND ($2::text IS NULL OR reason = $2) AND ($3::text IS NULL OR strpos(type, $3) > 0)
  AND ($4::text IS NULL OR key = $4) AND ($5::text IS NULL OR topic = $5)
  AND ($6::timestamptz IS NULL OR parked_at >= $6) AND ($7::timestamptz IS NULL OR parked_at < $7)
  AND ($8::uuid IS NULL OR id > $8)
ORDER BY id LIMIT $9
"""
LIST = SUMMARY + FOUND
PLACES = "SELECT id, topic, key FROM dead_letters " + FOUND  # noqa: S608 - both are constants
SHOW = SUMMARY + " WHERE id = $1"
VALUE = "SELECT value FROM dead_letters WHERE id = $1"
ACTS = "SELECT act, who, why, at FROM delivery_acts WHERE dead_letter = $1 ORDER BY position"
BEHIND = """
SELECT count(*) FROM dead_letters AS other JOIN dead_letters AS one USING (topic, key)
WHERE one.id = $1 AND other.state = 'parked' AND other.id <> one.id
  AND (other.partition, other."offset") > (one.partition, one."offset")
"""


class NotParkedError(Exception):
    """There is no such letter, or it was decided upon already."""


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for; None is anything. `type` may be a part of a type's name, `until` is not in the range."""

    state: str = "parked"
    reason: str | None = None
    type: str | None = None
    key: str | None = None
    topic: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def arguments(self) -> tuple[Any, ...]:
        """In the order of the statements' parameters."""
        return self.state, self.reason, self.type, self.key, self.topic, self.since, self.until


async def search(
    database: Database, wanted: Search, *, after: UUID | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Dead letters, oldest first, without keys and payloads; `after` is the last id of the page before."""
    return [_summary(row) for row in await database.pool.fetch(LIST, *wanted.arguments, after, limit)]


async def places(database: Database, wanted: Search) -> AsyncIterator[tuple[UUID, tuple[str, str | None]]]:
    """The ids of all letters found, oldest first, each with its topic and key."""
    after: UUID | None = None
    while rows := await database.pool.fetch(PLACES, *wanted.arguments, after, PAGE):
        for row in rows:
            after = row["id"]
            yield row["id"], (row["topic"], row["key"])


async def show(database: Database, consumer: Consumer, letter: UUID) -> dict[str, Any]:
    """One dead letter: its payload redacted, what waits behind it, all that was decided about it."""
    row, stored = await database.pool.fetchrow(SHOW, letter), await database.pool.fetchval(VALUE, letter)
    if row is None:
        raise NotParkedError(letter)
    handled = consumer.handlers.get(row["type"])
    return _summary(row) | {
        "payload": redacted(handled[0] if handled else None, stored),
        "behind": await database.pool.fetchval(BEHIND, letter),
        "acts": [dict(act) for act in await database.pool.fetch(ACTS, letter)],
    }


def _summary(row: Record) -> dict[str, Any]:
    return dict(row) | {"detail": loads(row["detail"])}
