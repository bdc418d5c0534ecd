"""One PostgreSQL database: its pool, its transactions, and patience while it is away."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import stamina
from asyncpg import Connection, Record
from asyncpg.pool import PoolAcquireContext, PoolConnectionProxy

from shared import faults, migrations
from shared.clock import new_id
from shared.envelope import Arrival
from shared.outbox import Row

if TYPE_CHECKING:
    from shared.consuming import Message

SESSION_SETTINGS = {
    "jit": "off",
    # A generic plan assumes ten rows of every unnest and can turn a millisecond's statement into seconds.
    "plan_cache_mode": "force_custom_plan",
    # A batch of some thousand events is sorted and joined in memory, not in files.
    "work_mem": "16MB",
    "timezone": "UTC",
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}

NOTIFY = "SELECT pg_notify(channel, payload) FROM unnest($1::text[], $2::text[]) AS told (channel, payload)"
# The driver asks the catalogue for array types that it meets, statement by statement, on each connection: here at once.
ARRAYS = """
SELECT $1::uuid[], $2::smallint[], $3::int[], $4::bigint[], $5::bytea[], $6::date[], $7::timestamptz[], $8::boolean[]
"""
ACQUIRE_SECONDS = 30.0
# Seconds idle, between questions, and questions without an answer; and milliseconds that sent data may stay unheard.
SILENCE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}


Work = Callable[["Transaction", list[Any]], Awaitable[None]]


class Transaction:
    """One PostgreSQL transaction, and what it will have said once it commits."""

    def __init__(self, connection: PoolConnectionProxy, writer: UUID, unsettled: Counter[tuple[str, str]]) -> None:
        self.connection = connection
        self.writer = writer
        self.said: list[Row] = []
        self.aggregates: set[tuple[str, str]] = set()
        self._unsettled = unsettled
        self.released: list[Arrival] = []
        self.held: list[Message[Any]] = []
        self.held_for: set[str] = set()
        self.looked: set[tuple[str, int, int, str]] = set()
        self.notices: set[tuple[str, str]] = set()
        self.pending: dict[Work, list[Any]] = {}

    async def execute(self, query: str, *args: Any) -> str:
        """Run one statement; returns its command tag."""
        return str(await self.connection.execute(query, *args))

    async def executemany(self, query: str, args: Iterable[Sequence[Any]]) -> None:
        """Run one statement for every row of arguments."""
        await self.connection.executemany(query, args)

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        """All rows of a query."""
        return list(await self.connection.fetch(query, *args))

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        """The first row of a query, or None."""
        return await self.connection.fetchrow(query, *args)

    async def fetchval(self, query: str, *args: Any) -> Any:
        """The first value of the first row, or None."""
        return await self.connection.fetchval(query, *args)

    async def copy_records_to_table(
        self, table: str, *, records: Iterable[Sequence[Any]], columns: Sequence[str]
    ) -> None:
        """COPY rows into a table: three times faster than INSERT for large sets."""
        await self.connection.copy_records_to_table(table, records=list(records), columns=list(columns))

    def notify(self, channel: str, payload: str = "") -> None:
        """Wake whoever listens, in any process, once this commits; the same again in one transaction costs nothing."""
        self.notices.add((channel, payload))

    def later(self, work: Work, items: Iterable[Any]) -> None:
        """Have work done once, last, with all items that it was given: where locks that others want are taken."""
        self.pending.setdefault(work, []).extend(items)

    async def conclude(self) -> None:
        """Do what was left for later."""
        while self.pending:
            work = next(iter(self.pending))
            await work(self, self.pending.pop(work))

    def say(self, rows: Sequence[Row]) -> None:
        """Remember what stands in the outbox now, to be published after the commit."""
        self.said += rows
        new = {(row.topic, row.key) for row in rows} - self.aggregates
        self.aggregates |= new
        self._unsettled.update(new)

    def settled(self) -> None:
        """The transaction is over, one way or the other."""
        self._unsettled.subtract(self.aggregates)
        for aggregate in self.aggregates:
            if not self._unsettled[aggregate]:
                del self._unsettled[aggregate]

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can fail alone: what it wrote, said, released and left for later is forgotten with it.

        What it left for later is done before it ends.
        """
        pending, self.pending = self.pending, {}
        said, released, held, looked = len(self.said), list(self.released), list(self.held), set(self.looked)
        try:
            async with self.connection.transaction():
                yield
                await self.conclude()
        except BaseException:
            del self.said[said:]
            self.released, self.held, self.looked = released, held, looked
            raise
        finally:
            self.pending = pending


class Database:
    """A service's own database; `transaction()` is the only way to write to it."""

    def __init__(
        self, url: str, *, max_connections: int = 12, warm: int = 1, idle_seconds: int = 30, durable: bool = True
    ) -> None:
        """`warm` connections are made at the start, for the first who come in a rush."""
        self.url = url
        self.writer = new_id()
        self.on_commit: list[Callable[[Transaction], None]] = []
        self.on_doubt: list[Callable[[Transaction], None]] = []
        self.before_commit: Callable[[Transaction], Awaitable[None]] | None = None
        self.settle: Callable[[Transaction], Awaitable[None]] | None = None
        self.unsettled: Counter[tuple[str, str]] = Counter()
        self._max_connections = max_connections
        self._warm = min(warm, max_connections)
        self._session = SESSION_SETTINGS | {"idle_in_transaction_session_timeout": f"{idle_seconds}s"}
        if not durable:
            self._session["synchronous_commit"] = "off"
        self._pool: asyncpg.Pool | None = None

    async def open(self) -> None:
        """Connect, waiting with jitter for as long as the database is away."""
        async for attempt in stamina.retry_context(
            on=faults.is_of_the_world, attempts=None, timeout=None, wait_initial=0.2, wait_max=5.0, wait_jitter=1.0
        ):
            with attempt:
                self._pool = await _Pool(
                    self.url,
                    connection_class=Connection,
                    record_class=Record,
                    min_size=self._warm,
                    max_size=self._max_connections,
                    max_queries=50_000,
                    max_inactive_connection_lifetime=300,
                    loop=None,
                    server_settings=self._session,
                    command_timeout=120,
                    timeout=10,
                    init=_make_ready,
                    reset=_keep_session,
                )

    async def close(self) -> None:
        """Give every connection back; those in use are waited for, for ten seconds."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                await _within(10, pool.close())
            except TimeoutError:
                pool.terminate()

    async def migrate(self, component: str, folder: Path | Traversable | None) -> list[str]:
        """Bring the schema up to date; returns the names of the files applied now."""
        async with self.pool.acquire() as connection:
            return await migrations.migrate(connection, component, folder)

    @property
    def pool(self) -> asyncpg.Pool:
        """The open pool; for single reads outside a transaction."""
        if self._pool is None:
            raise RuntimeError("the database is not open")
        return self._pool

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """READ COMMITTED; commits at the end, rolls back on any exception, then wakes the relay."""
        async with self.pool.acquire() as connection:
            tx = Transaction(connection, self.writer, self.unsettled)
            committing = False
            try:
                async with connection.transaction():
                    yield tx
                    await self._finish(tx)
                    committing = True
            except BaseException as error:
                if committing:
                    _tell(self.on_doubt, tx)
                if faults.is_of_the_world(error):
                    # Where one connection is broken or silent, the others are not asked one after the other.
                    await self.pool.expire_connections()
                raise
            else:
                _tell(self.on_commit, tx)
            finally:
                tx.settled()

    async def _finish(self, tx: Transaction) -> None:
        if tx.released or tx.held:
            if self.settle is None:
                raise RuntimeError("messages were released or held where no consumer can handle them")
            await self.settle(tx)
        await tx.conclude()
        if self.before_commit is not None:
            await self.before_commit(tx)
        if tx.notices:
            await tx.execute(NOTIFY, *map(list, zip(*sorted(tx.notices), strict=True)))


class _Pool(asyncpg.Pool):
    """Waits for no connection for ever; nor does it for one that it takes back and that does not answer any more."""

    def acquire(self, *, timeout: float | None = None) -> PoolAcquireContext:
        return super().acquire(timeout=timeout or ACQUIRE_SECONDS)


async def _make_ready(connection: Connection) -> None:
    _notice_silence(connection)
    await connection.prepare(ARRAYS)


def _notice_silence(connection: Connection) -> None:
    """A server that went without a word is given up by the system, which would else try for a quarter of an hour."""
    line = connection._transport.get_extra_info("socket")  # type: ignore[attr-defined]  # noqa: SLF001
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in SILENCE.items():
        if hasattr(socket, name):
            line.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _tell(listeners: list[Callable[[Transaction], None]], tx: Transaction) -> None:
    for listener in listeners:
        listener(tx)


async def _keep_session(_connection: Connection) -> None:
    """Nothing here changes a session's state, so the round trip that resets it is saved."""


async def _within(seconds: float, work: Any) -> None:
    async with asyncio.timeout(seconds):
        await work
