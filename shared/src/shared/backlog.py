"""What of the outbox is sent next: straight from memory where that is surely in order, else from the table."""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from time import monotonic

import asyncpg
from pydantic_core import from_json

from shared.database import Database, Transaction
from shared.leases import Leases
from shared.outbox import Row

CHUNK = 2_000
IN_MEMORY_AT_MOST = 6_000
POLL_SECONDS = 1.0

# Each shard's oldest, in the order of the index: told first which rows to leave out, the planner sorts the whole shard.
READ = """
SELECT o.shard, o.position, o.topic, o.key, o.sequence, o.headers, o.value
FROM unnest($1::smallint[], $2::int[]) AS wanted (shard, number) CROSS JOIN LATERAL (
    SELECT * FROM (
        SELECT * FROM outbox WHERE outbox.shard = wanted.shard AND topic <> ALL($3::text[])
        ORDER BY position LIMIT wanted.number
    ) AS oldest WHERE position <> ALL($4::bigint[])
) AS o ORDER BY o.position
"""


class Backlog:
    """The rows of the shards that this process holds; its own come from memory, in the order of their commits.

    `sent` are those on their way or not deleted yet, by position with their shard. A shard that is not clean is read.
    """

    def __init__(self, database: Database, own: Database, leases: Leases) -> None:
        self.sent: dict[int, int] = {}
        self._database = database
        self._own = own
        self._leases = leases
        self._wake = asyncio.Event()
        self._fresh: list[Row] = []
        self._dirty: set[int] = set()
        self._shunned: dict[str, float] = {}
        self._read_at = 0.0
        database.on_commit.append(self._committed)
        database.on_doubt.append(self._in_doubt)

    @property
    def is_clean(self) -> bool:
        """Whether no shard has to be read."""
        return not self._dirty

    def wake(self) -> None:
        """Whoever waits for news looks now."""
        self._wake.set()

    def look(self, shards: Collection[int]) -> None:
        """Read these shards: there may be rows that memory does not have."""
        if shards:
            self._dirty.update(shards)
            self.wake()

    def put_off(self, topic: str, seconds: float) -> None:
        """Leave a topic's rows where they are for so long; while it is put off it can only be put off less."""
        until = monotonic() + seconds
        self._shunned[topic] = min(until, self._shunned.get(topic, until))
        self.wake()

    def start_over(self, landed: Sequence[Row], *, without: Iterable[str], seconds: float) -> None:
        """What was on its way is sent again, all but what has landed; some topics are left out for a while."""
        self._shunned.update(dict.fromkeys(without, monotonic() + seconds))
        self.sent = {row.position: row.shard for row in landed}
        self._fresh.clear()
        self.look(self._leases.shards)

    def _committed(self, tx: Transaction) -> None:
        held = self._leases.held
        for row in tx.said:
            # The table may be read, and told, before this process hears that its own transaction was committed.
            if row.shard not in held or row.topic in self._shunned or row.position in self.sent:
                continue
            # Of two transactions about one aggregate the later may be the first that we hear of.
            contested = self._database.unsettled[row.topic, row.key] > 1
            if row.after_another or contested or row.shard in self._dirty or len(self._fresh) >= IN_MEMORY_AT_MOST:
                self._dirty.add(row.shard)
            else:
                self._fresh.append(row)
        if tx.said:
            self.wake()

    def _in_doubt(self, tx: Transaction) -> None:
        self._dirty.update(row.shard for row in tx.said)

    async def news(self) -> None:
        """Return when there may be something to send; the table is read now and then though nobody told of anything."""
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            self._dirty |= self._leases.held
        self._wake.clear()
        if monotonic() - self._read_at > 5 * POLL_SECONDS:
            self._dirty |= self._leases.held

    async def next_rows(self) -> list[Row]:
        """The rows to send behind those that are on their way; none where all are."""
        held, now = self._leases.held, monotonic()
        ended = [topic for topic, until in self._shunned.items() if until < now]
        for topic in ended:
            del self._shunned[topic]
            self._dirty |= held
        self._dirty &= held
        self._fresh = [row for row in self._fresh if row.shard in held and row.topic not in self._shunned]
        if not self._dirty:
            rows, self._fresh = self._fresh[:CHUNK], self._fresh[CHUNK:]
            if self._fresh:
                self.wake()
            return rows
        return await self._read(sorted(self._dirty))

    async def _read(self, shards: list[int]) -> list[Row]:
        """The oldest rows of these shards that are not on their way; what memory has of them stands in the table."""
        self._dirty.difference_update(shards)
        self._fresh = [row for row in self._fresh if row.shard not in shards]
        self._read_at = monotonic()
        limit = max(1, CHUNK // len(shards))
        on_their_way = Counter(self.sent.values())
        numbers = [limit + on_their_way[shard] for shard in shards]
        found = await self._own.pool.fetch(READ, shards, numbers, list(self._shunned), list(self.sent))
        rows = [_row(record) for record in found]
        full = {shard for shard, number in Counter(row.shard for row in rows).items() if number >= limit}
        self._dirty |= full
        read = {row.position for row in rows}
        self._fresh = [row for row in self._fresh if row.position not in read]
        if self._dirty or self._fresh:
            self.wake()
        return rows


def _row(record: asyncpg.Record) -> Row:
    shard, position, topic, key, sequence, headers, value = record
    return Row(shard, position, topic, key, sequence, from_json(headers), value)
