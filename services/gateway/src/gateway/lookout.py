"""One look for all who wait: a notification wakes a hundred requests, and none of them has news but a few."""

import asyncio
from uuid import UUID

from gateway import receipts
from gateway.read_models.records import Reader

OPEN = ("accepted", "stored")
# Whoever is woken by the same notification comes along within this time.
GATHER_SECONDS = 0.005


class Lookout:
    """Answers the receipts that are asked about at the same time with one query."""

    def __init__(self) -> None:
        self._asked: set[UUID] = set()
        self._look: asyncio.Task[set[UUID]] | None = None

    async def is_open(self, db: Reader, receipt_id: UUID) -> bool:
        """Whether a receipt that is known to exist has still no final state."""
        self._asked.add(receipt_id)
        if self._look is None:
            self._look = asyncio.create_task(self._all(db))
        # A request that is given up takes nobody else's answer away.
        return receipt_id in await asyncio.shield(self._look)

    async def _all(self, db: Reader) -> set[UUID]:
        await asyncio.sleep(GATHER_SECONDS)
        asked, self._asked, self._look = self._asked, set(), None
        return set(await receipts.still_in(db, list(asked), None, OPEN, limit=len(asked)))
