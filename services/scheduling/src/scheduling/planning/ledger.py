"""Who sits where in a block, in whole numbers, with what is still free: never breaks R4 or R5."""

import numpy as np
from numpy.typing import NDArray

from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.seats import Seats

NEAR = 10.0  # windows this little above a class's cheapest count as its options
Floats = NDArray[np.float64]
Counts = np.ndarray[tuple[int, ...], np.dtype[np.int32]]


class Ledger:
    """Counts per class and window; `left[w, r]` free places, `away[line, point]` people away."""

    def __init__(self, block: Block, absence: Absence) -> None:
        self.block, self.absence = block, absence
        self.count: Counts = np.zeros((len(block.size), len(block.window_at)), dtype=np.int32)
        self.waiting: Ints = block.size.copy()
        self.left: Ints = block.places.copy()
        self.away = np.zeros((len(block.lines), absence.points), dtype=np.int64)
        self.visits = np.zeros(len(block.sessions), dtype=np.int64)

    def room(self, c: int, w: int) -> int:
        """How many more of class c window w can take."""
        free = int(self.left[w, self.block.uses[self.block.package[c]]].min())
        if free <= 0:
            return 0
        return min(free, self._line_room(c, w))

    def takes(self, c: int) -> Flags:
        """Which windows can take one more of class c."""
        block, line, place = self.block, self.block.line[c], self.absence.place_of_line[self.block.line[c]]
        crowded = np.append(0, np.cumsum(self.away[line] >= self.absence.ceiling[line]))  # points, up to each
        first, past = self.absence.first[place], self.absence.past[place, self.absence.length_of[c]]
        open_: Flags = crowded[past] <= crowded[first]
        return open_ & (self.left[:, block.uses[block.package[c]]] > 0).all(axis=1)

    def _line_room(self, c: int, w: int) -> int:
        line, place = self.block.line[c], self.absence.place_of_line[self.block.line[c]]
        first, past = self.absence.first[place, w], self.absence.past[place, self.absence.length_of[c], w]
        free = self.absence.ceiling[line, first:past] - self.away[line, first:past]
        return int(free.min()) if past > first else FORBIDDEN

    def add(self, c: int, w: int, n: int) -> None:
        """Seat n of class c in window w; a negative n takes them out."""
        block, place = self.block, self.absence.place_of_line[self.block.line[c]]
        self.count[c, w] += n
        self.waiting[c] -= n
        self.left[w, block.uses[block.package[c]]] -= n
        self.visits[block.window_session[w]] += n
        first, past = self.absence.first[place, w], self.absence.past[place, self.absence.length_of[c], w]
        self.away[block.line[c], first:past] += n

    def add_many(self, classes: Ints, windows: Ints, amounts: Ints) -> None:
        """Seat many pairs at once; they must fit."""
        block, resources = self.block, self.left.shape[1]
        np.add.at(self.count, (classes, windows), amounts.astype(np.int32))
        np.subtract.at(self.waiting, classes, amounts)
        needed = block.uses[block.package[classes]]
        for r in range(resources):
            self.left[:, r] -= np.bincount(windows, amounts * needed[:, r], minlength=len(self.left)).astype(np.int64)
        session = block.window_session[windows]
        self.visits += np.bincount(session, amounts, minlength=len(self.visits)).astype(np.int64)
        self.away += np.round(self.absence.load(block, classes, windows, amounts)).astype(np.int64)

    def close(self, sessions: Flags) -> None:
        """Take everybody out of these sessions."""
        classes, windows = np.nonzero(self.count * sessions[self.block.window_session])
        self.add_many(classes, windows, -self.count[classes, windows].astype(np.int64))

    def fill(self, c: int, order: Ints) -> None:
        """Seat the waiting of class c in the first windows of the order that have room."""
        for w in order[self.takes(c)[order]].tolist():
            if self.waiting[c] <= 0:
                return
            n = min(int(self.waiting[c]), self.room(c, w))
            if n > 0:
                self.add(c, w, n)

    def cost(self) -> int:
        """Visits, openings and penalties of this state."""
        c, w = np.nonzero(self.count)
        visits = int((self.block.costs(c, w) * self.count[c, w]).sum())
        return visits + self.opening() + int((self.waiting * self.block.penalty).sum())

    def seats(self) -> Seats:
        """Who sits where."""
        c, w = np.nonzero(self.count)
        return Seats.at(self.block, c, w, self.count[c, w].astype(np.int64))

    def opening(self) -> int:
        """Cost of the sessions in use."""
        return int(self.block.open_cost[self.visits > 0].sum())

    def copy(self) -> "Ledger":
        """An independent copy."""
        twin = object.__new__(Ledger)
        twin.block, twin.absence = self.block, self.absence
        twin.count, twin.waiting, twin.left = self.count.copy(), self.waiting.copy(), self.left.copy()
        twin.away, twin.visits = self.away.copy(), self.visits.copy()
        return twin


def seat_by_prices(ledger: Ledger, priced: Floats, wanted: Floats | None = None, row: Ints | None = None) -> None:
    """Seat the waiting at their cheapest priced windows, those with the fewest near their cheapest first.

    Whoever costs more than being left out comes last, the dearest to leave out first among them.
    `wanted[row[c], w]`: how many of the class's row a market would seat in each window; near windows that still lack
    people of the row come first, so that equals spread rather than crowd into one window.
    """
    cheapest = priced.min(axis=1, initial=np.inf)
    least, penalty = cheapest[:, None] + NEAR, ledger.block.penalty
    order = np.lexsort(((priced < least).sum(axis=1), np.where(cheapest > penalty, -penalty, -FORBIDDEN)))
    for c in order.tolist():
        allowed = np.flatnonzero(priced[c] < FORBIDDEN)
        if wanted is None or row is None:
            ledger.fill(c, allowed[np.argsort(priced[c, allowed], kind="stable")])
            continue
        lacking = np.where(priced[c, allowed] < least[c], wanted[row[c], allowed], 0)
        ledger.fill(c, allowed[np.lexsort((priced[c, allowed], -np.round(lacking, 1)))])
        wanted[row[c]] -= ledger.count[c]


def insert_waiting(ledger: Ledger, prices: Ints | None = None) -> None:
    """Seat whoever still fits anywhere, dear classes first: afterwards nobody could have been placed (R7)."""
    block = ledger.block
    waiting = np.flatnonzero(ledger.waiting > 0)
    everywhere = np.arange(len(block.window_at))
    extra = np.zeros(len(everywhere), dtype=np.int64) if prices is None else prices
    for c in waiting[np.lexsort((waiting, -block.penalty[waiting]))].tolist():
        cost = block.costs(np.full(len(everywhere), c), everywhere)
        cost = cost + np.where(ledger.visits > 0, 0, block.open_cost)[block.window_session] + extra
        options = np.flatnonzero(ledger.takes(c) & (cost < FORBIDDEN))
        ledger.fill(c, options[np.argsort(cost[options], kind="stable")])
