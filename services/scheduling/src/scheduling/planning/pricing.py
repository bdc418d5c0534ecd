"""Shadow prices of scarce places and crews, what every visit costs at them, and the bound they prove."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block

GRAIN = 1024  # prices are whole multiples of 1/GRAIN, so that bounds are exact in floating point
ROWS = 500
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prices:
    """At least 0: `places[w, r]` of one arrival, `lines[line, point]` of one person away.

    `shares[c, s]`, if any, is the price of letting one of class c into session s, which its opening pays back.
    """

    places: Floats
    lines: Floats
    shares: Floats | None = None

    @classmethod
    def of(cls, places: Floats, lines: Floats, shares: Floats | None = None) -> "Prices":
        """The same prices, never negative and grained."""
        return cls(_grained(places), _grained(lines), None if shares is None else _grained(shares))


def visit_costs(block: Block) -> Floats:
    """Cost of every visit, class by window, FORBIDDEN where R2 or R3 fails."""
    cost: Floats = np.empty((len(block.size), len(block.window_at)))
    for first in range(0, len(cost), ROWS):  # a few classes at a time: tables of all are a hundred megabytes each
        rows = slice(first, first + ROWS)
        cost[rows] = block.kind_cost[block.kind[rows]] + block.day_cost[rows, block.window_day]
    seated = np.flatnonzero(block.seat >= 0)
    cost[seated] += block.move
    own = cost[seated, block.seat[seated]] - block.move
    cost[:, block.windows.held] = FORBIDDEN
    cost[seated, block.seat[seated]] = own
    return np.minimum(cost, FORBIDDEN, out=cost)


def charges(block: Block, absence: Absence, prices: Prices) -> Floats:
    """What the prices add to every visit, class by window."""
    by_package: Floats = block.uses.astype(np.float64) @ prices.places.T
    total: Floats = np.empty((len(block.size), len(block.window_at)))
    for first in range(0, len(total), ROWS):
        rows = slice(first, first + ROWS)
        np.take(by_package, block.package[rows], axis=0, out=total[rows])
        if prices.shares is not None:
            total[rows] += prices.shares[rows, block.window_session]
    before = np.concatenate((np.zeros((len(prices.lines), 1)), np.cumsum(prices.lines, axis=1)), axis=1)
    for line in np.flatnonzero(prices.lines.any(axis=1)).tolist():
        own = np.flatnonzero(block.line == line)
        place = absence.place_of_line[line]
        past, first = absence.past[place, absence.length_of[own]], absence.first[place]
        total[own] += before[line, np.maximum(past, first)] - before[line, first]
    return total


def bound(
    block: Block,
    absence: Absence,
    prices: Prices,
    priced: Floats,
    lower: Floats,
    upper: Floats,
    credit: Floats | float = 0.0,
) -> float:
    """What no plan whose openings lie within the limits can cost less than, exactly, for any prices.

    `credit` is what opening each session is worth to limits on how many open; whoever sets them adds what they cost.
    """
    cheapest_visit = priced.min(axis=1, initial=float(FORBIDDEN))
    people = float((np.minimum(cheapest_visit, block.penalty) * block.size).sum())
    crews = float((prices.lines * absence.ceiling).sum())
    net = block.open_cost - credit - rents(block, prices)
    return people - crews + float(np.where(net >= 0, net * lower, net * upper).sum())


def rents(block: Block, prices: Prices) -> Floats:
    """What the places of each session are worth at these prices."""
    worth = (prices.places * block.places).sum(axis=1)
    rent = np.bincount(block.window_session, worth, minlength=len(block.sessions)).astype(np.float64)
    return rent if prices.shares is None else rent + block.size @ prices.shares


def _grained(prices: Floats) -> Floats:
    grained: Floats = np.floor(np.maximum(prices, 0) * GRAIN) / GRAIN
    return grained
