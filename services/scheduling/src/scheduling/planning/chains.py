"""What is scarce, read off a seating: what one more place would be worth, along chains of people who could make room.

A window with room is worth nothing. A full one is worth what the holder who has the nearest way out would lose by it:
another window at its price, or staying out. Where all ways end in somebody staying out, the price is a penalty's
worth, which no market reaches in time; a linear program finds it too, but takes seconds.
"""

import time

import numpy as np

from scheduling.planning import pricing, rounding
from scheduling.planning.eligibility import Flags
from scheduling.planning.ledger import Ledger, insert_waiting
from scheduling.planning.pricing import Floats, Prices

TURNS, MOVING_SECONDS = 12, 1.0  # how often people are moved at most; for each time at most
ROUNDS = 30  # links of the longest chains that are followed
SETTLED = 1.0  # cost units per person by which a round should at least bring ways out down
HARDLY = 50.0  # cost units below which a market prices crews well enough


def foresee(ledger: Ledger, known: Prices, priced: Floats, seconds: float) -> tuple[Ledger, Prices]:
    """A seating that leaves no more out than this one, and the prices that know best what its people wait for.

    As long as somebody who waits has a way in, the prices take that for what their seats are worth: so they are moved.
    `known` are a market's prices, `priced` what every visit costs at them.
    """
    block, absence, until = ledger.block, ledger.absence, time.monotonic() + seconds
    best, proved = known, -np.inf
    for _ in range(TURNS):
        chains = Chains(ledger)
        found = _dearer(chains.prices, known)
        bound = pricing.proved(block, absence, found)
        if bound > proved:
            best, proved = found, bound
        left = min(MOVING_SECONDS, until - time.monotonic())
        movable = np.flatnonzero((ledger.waiting > 0) & (chains.worth < block.penalty - HARDLY))
        again = rounding.rescue(ledger, movable, priced, left) if left > 0 else ledger
        insert_waiting(again)
        if again.cost() >= ledger.cost():
            break
        ledger = again
    return ledger, best


def _dearer(found: Prices, known: Prices) -> Prices:
    """Known prices, but where others are far above them."""
    places = np.where(found.places > known.places + HARDLY, found.places, known.places)
    return Prices.of(places, np.where(found.lines > known.lines + HARDLY, found.lines, known.lines), known.shares)


class Chains:
    """What places and crews are worth, and each class for a seat, from who holds what in a seating."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, block, absence = ledger, ledger.block, ledger.absence
        self.classes, self.windows = np.nonzero(ledger.count)
        self.cost = block.costs(self.classes, self.windows).astype(np.float64)
        self.uses: Flags = block.uses[block.package[self.classes]]
        self.full = ledger.left <= 0
        visit, point = absence.moments(block, self.classes, self.windows)
        crowded = (ledger.away >= absence.ceiling).ravel()[point]
        order = np.argsort(point[crowded], kind="stable")
        self.who, point = visit[crowded][order], point[crowded][order]
        self.points, self.starts = np.unique(point, return_index=True)
        self.worth = block.penalty.astype(np.float64)
        for _ in range(ROUNDS):
            self.loss = np.maximum(self.worth[self.classes] - self.cost, 0)
            self.prices = self._prices()
            before, found = self.worth, pricing.cheapest(block, absence, self.prices)
            self.worth = np.minimum(before, found)
            if float((before - self.worth) @ block.size) < SETTLED * block.size.sum():
                break

    def _prices(self) -> Prices:
        """Places and crews at what their cheapest holder gives for them; stations on top of the arrival."""
        places = np.full(self.full.shape, np.inf)
        for r in range(self.uses.shape[1]):
            own = self.uses[:, r]
            np.minimum.at(places[:, r], self.windows[own], self.loss[own])
        places[~(self.full & np.isfinite(places))] = 0
        places[:, 1:] = np.maximum(0, places[:, 1:] - places[:, :1])
        net = self.loss - (self.uses * places[self.windows]).sum(axis=1)
        return Prices.of(places, self._crews(net))

    def _crews(self, net: Floats) -> Floats:
        """What a crew's point is worth to its holders beyond their place, the dearest first: so none pays twice."""
        crews = np.zeros(self.ledger.away.shape)
        if not len(self.points):
            return crews
        least = np.minimum.reduceat(net[self.who], self.starts)
        ends = np.append(self.starts[1:], len(self.who))
        dear = np.flatnonzero(least > HARDLY)
        for k in dear[np.argsort(-least[dear], kind="stable")].tolist():
            who = self.who[self.starts[k] : ends[k]]
            price = net[who].min()
            if price > HARDLY:
                crews.ravel()[self.points[k]] = price
                net[who] -= price
        return crews
