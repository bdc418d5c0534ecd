"""What waits for its batch: little goes together, one batch after the other; much goes in lanes beside each other."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from shared.consuming import Decoded

# So many make a batch that is worth a transaction of its own beside another.
MUCH = 100
# Nobody waits longer than this for a batch that is under way, of which somebody may be slow.
LONG_SECONDS = 0.25


@dataclass(slots=True)
class Taken:
    """A batch, and the lanes that it is of: nothing else of theirs is begun before it is done."""

    lanes: list[int]
    decoded: list[Decoded]


class Lanes:
    """Arrivals by partition, in order; batches grow while the one before is under way."""

    def __init__(self, number: int, at_most: int) -> None:
        self._at_most = at_most
        # What goes together is no larger than a batch may be: each lane has less than its share.
        self._much = min(MUCH, max(1, at_most // number))
        self._waiting: list[list[Decoded]] = [[] for _ in range(number)]
        self._since = [0.0] * number
        self._in_hand: set[int] = set()
        self._changed = asyncio.Condition()

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is in hand."""
        return not self._in_hand and not any(self._waiting)

    async def put(self, decoded: Sequence[Decoded]) -> None:
        """Add arrivals; returns at once unless half a batch waits already in a lane of theirs.

        A partition always goes the same lane, and equal numbers of different topics, which often speak of the same.
        """
        for lane, waiting in enumerate(self._waiting):
            own = [item for item in decoded if item.arrival.partition % len(self._waiting) == lane]
            if own:
                await self._put(lane, waiting, own)

    async def _put(self, lane: int, waiting: list[Decoded], own: list[Decoded]) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: 2 * len(waiting) < self._at_most)
            if not waiting:
                self._since[lane] = monotonic()
            waiting += own
            self._changed.notify_all()

    async def take(self) -> Taken:
        """The next batch, which is in hand until it is `done`; waits until there is one."""
        async with self._changed:
            while not (lanes := self._next()):
                with suppress(TimeoutError):
                    async with asyncio.timeout(LONG_SECONDS if any(self._waiting) else None):
                        await self._changed.wait()
            taken = Taken(lanes, [item for lane in lanes for item in self._waiting[lane][: self._at_most]])
            for lane in lanes:
                del self._waiting[lane][: self._at_most]
                self._since[lane] = monotonic()
            self._in_hand.update(lanes)
            self._changed.notify_all()
        return taken

    def _next(self) -> list[int]:
        """One lane beside the others where much waits, or waits long; all together where nothing is under way."""
        free = [lane for lane, waiting in enumerate(self._waiting) if waiting and lane not in self._in_hand]
        late = monotonic() - LONG_SECONDS
        alone = [lane for lane in free if len(self._waiting[lane]) >= self._much or self._since[lane] <= late]
        return alone[:1] or ([] if self._in_hand else free)

    async def done(self, taken: Taken) -> None:
        """A batch in hand has had its effect."""
        async with self._changed:
            self._in_hand.difference_update(taken.lanes)
            self._changed.notify_all()

    async def until_idle(self) -> None:
        """Return once all that was put has had its effect."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.idle)
