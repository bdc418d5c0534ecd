"""One look for all who wait for receipts: a notification wakes this, and only those whose receipt closed are told."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from gateway import receipts
from gateway.read_models.records import Reader
from gateway.wakeups import FALLBACK_SECONDS, Wakeups

Closed = Callable[[float], Awaitable[None]]


class Lookout:
    """Looks on, with one query for all, as long as anybody waits."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self._waiting: dict[UUID, set[asyncio.Future[None]]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def awaiting(self, db: Reader, receipt_id: UUID) -> Iterator[Closed]:
        """Called with seconds, what this gives returns once the receipt has a final state, or the time is over.

        What happens from the entry on is not missed: enter it first, then look whether the receipt is open.
        """
        told = asyncio.get_running_loop().create_future()
        self._waiting[receipt_id].add(told)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on(db))

        async def closed(seconds: float) -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await told

        try:
            yield closed
        finally:
            told.cancel()
            self._waiting[receipt_id].discard(told)
            if not self._waiting[receipt_id]:
                del self._waiting[receipt_id]

    async def _look_on(self, db: Reader) -> None:
        try:
            while self._waiting:
                upcoming = self._wakeups.upcoming(receipts.CHANNEL)
                asked = list(self._waiting)
                open_now = set(await receipts.still_in(db, asked, None, receipts.OPEN_STATES, limit=len(asked)))
                self._tell(set(asked) - open_now)
                await self._wakeups.wait(upcoming, FALLBACK_SECONDS)
        except Exception as error:
            # Those who wait hear why nobody looks on; whoever comes next has it begun anew.
            self._tell(list(self._waiting), error)
        finally:
            self._looking = None

    def _tell(self, receipt_ids: Iterable[UUID], error: Exception | None = None) -> None:
        for told in [told for receipt_id in receipt_ids for told in self._waiting.get(receipt_id, ())]:
            if told.done():
                continue
            if error is None:
                told.set_result(None)
            else:
                told.set_exception(error)
