"""What waits for one lane: however many polls brought it, it is taken as one batch."""

import asyncio

from shared.consuming import Decoded


class Lane:
    """Arrivals of some partitions, in order; batches grow while the one before is under way."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._waiting: list[Decoded] = []
        self._in_hand = 0
        self._changed = asyncio.Condition()

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is in hand."""
        return not self._waiting and not self._in_hand

    async def put(self, decoded: list[Decoded]) -> None:
        """Add arrivals; returns at once unless half a batch waits already."""
        async with self._changed:
            await self._changed.wait_for(lambda: 2 * len(self._waiting) < self._at_most)
            self._waiting += decoded
            self._changed.notify_all()

    async def take(self) -> list[Decoded]:
        """The next batch, which is in hand until it is `done`; waits until there is one."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._waiting))
            batch, self._waiting = self._waiting[: self._at_most], self._waiting[self._at_most :]
            self._in_hand = len(batch)
            self._changed.notify_all()
        return batch

    async def done(self) -> None:
        """The batch in hand has had its effect."""
        async with self._changed:
            self._in_hand = 0
            self._changed.notify_all()

    async def until_idle(self) -> None:
        """Return once all that was put has had its effect."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.idle)
