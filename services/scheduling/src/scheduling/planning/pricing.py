"""Shadow prices of scarce places and crews, what every visit costs at them, and the bound they prove."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Flags, Ints

GRAIN = 1024  # prices are whole multiples of 1/GRAIN, so that bounds are exact in floating point
ROWS = 100  # classes at a time: tables of all are a hundred megabytes each, parts of them stay in the cache
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

    @classmethod
    def nothing(cls, block: Block, absence: Absence) -> "Prices":
        """Places and crews for nothing."""
        return cls(np.zeros(block.places.shape), np.zeros((len(block.lines), absence.points)))


def visit_costs(block: Block) -> Floats:
    """Cost of every visit, class by window, FORBIDDEN where R2 or R3 fails."""
    cost: Floats = np.empty((len(block.size), len(block.window_at)))
    for first in range(0, len(cost), ROWS):
        rows = slice(first, first + ROWS)
        np.add(block.kind_cost[block.kind[rows]], block.day_cost[rows, block.window_day], out=cost[rows])
    seated = np.flatnonzero(block.seat >= 0)
    cost[seated] += block.move
    own = cost[seated, block.seat[seated]] - block.move
    cost[:, block.windows.held] = FORBIDDEN
    cost[seated, block.seat[seated]] = own
    return np.minimum(cost, FORBIDDEN, out=cost)


def charges(block: Block, absence: Absence, prices: Prices, closed: Flags | None = None) -> Floats:
    """What the prices add to every visit, class by window; FORBIDDEN or more in sessions that are closed."""
    total: Floats = np.empty((len(block.size), len(block.window_at)))
    by_package, before = _by_package(block, prices), _before(prices)
    if closed is not None:
        by_package[:, closed[block.window_session]] += FORBIDDEN
    for first in range(0, len(total), ROWS):
        rows = slice(first, first + ROWS)
        total[rows] = by_package[block.package[rows]]
        if prices.shares is not None:
            total[rows] += prices.shares[rows, block.window_session]
    for line in np.flatnonzero(prices.lines.any(axis=1)).tolist():
        own = np.flatnonzero(block.line == line)
        total[own] += _away(block, absence, before, own)
    return total


def _by_package(block: Block, prices: Prices) -> Floats:
    """What the places of a visit cost, package by window."""
    by_package: Floats = block.uses.astype(np.float64) @ prices.places.T
    return by_package


def _before(prices: Prices) -> Floats:
    """The prices of each line's points, summed up to each."""
    return np.concatenate((np.zeros((len(prices.lines), 1)), np.cumsum(prices.lines, axis=1)), axis=1)


def _away(block: Block, absence: Absence, before: Floats, classes: Ints) -> Floats:
    """What their absence from the line costs these classes, class by window."""
    line = block.line[classes]
    place = absence.place_of_line[line]
    first, past = absence.first[place], absence.past[place, absence.length_of[classes]]
    line = line[:, None]
    charge: Floats = before[line, np.maximum(past, first)] - before[line, first]
    return charge


def cheapest(block: Block, absence: Absence, prices: Prices) -> Floats:
    """What the cheapest visit of one of each class costs at these prices; FORBIDDEN or more where there is none.

    Of a session, classes of one line and kind differ by their day and their way in alone: so no table of all classes
    and windows is needed.
    """
    starts = block.starts()
    session, day = block.window_session[starts], block.window_day[starts]
    priced: Flags = np.asarray(prices.lines.any(axis=1))
    keys = np.where(priced[block.line], block.line + 1, 0) * len(block.kind_cost) + block.kind
    _, first, alike = np.unique(keys, return_index=True, return_inverse=True)
    by_package, before = _by_package(block, prices), _before(prices)
    held = np.where(block.windows.held, FORBIDDEN, 0)
    least = np.empty((len(first), len(starts)))
    for at in range(0, len(first), ROWS):
        some = first[at : at + ROWS]
        visits = block.kind_cost[block.kind[some]] + by_package[block.package[some]] + held
        dear = np.flatnonzero(priced[block.line[some]])
        visits[dear] += _away(block, absence, before, some[dear])
        np.minimum.reduceat(visits, starts, axis=1, out=least[at : at + ROWS])
    found = np.empty(len(block.size))
    for at in range(0, len(found), ROWS):
        rows = slice(at, at + ROWS)
        visits = least[alike[rows]] + block.day_cost[rows, day]
        if prices.shares is not None:
            visits += prices.shares[rows, session]
        found[rows] = visits.min(axis=1)
    seated = np.flatnonzero(block.seat >= 0)
    if len(seated):
        window = block.seat[seated]
        own = block.costs(seated, window) + by_package[block.package[seated], window]
        own += _away(block, absence, before, seated)[np.arange(len(seated)), window]
        own += 0 if prices.shares is None else prices.shares[seated, block.window_session[window]]
        found[seated] = np.minimum(found[seated] + block.move, own)
    return found


def bound(
    block: Block,
    absence: Absence,
    prices: Prices,
    least: Floats,
    lower: Floats,
    upper: Floats,
    credit: Floats | float = 0.0,
) -> float:
    """What no plan whose openings lie within the limits can cost less than, exactly, for any prices.

    `least` is what the cheapest visit of one of each class costs at these prices in sessions that may open. `credit` is
    what opening each session is worth to limits on how many open; whoever sets them adds what they cost.
    """
    people = float((np.minimum(least, block.penalty) * block.size).sum())
    crews = float((prices.lines * absence.ceiling).sum())
    net = block.open_cost - credit - rents(block, prices)
    return people - crews + float(np.where(net >= 0, net * lower, net * upper).sum())


def proved(block: Block, absence: Absence, prices: Prices) -> float:
    """What no plan can cost less than, whatever it opens."""
    closed = np.zeros(len(block.sessions))
    return bound(block, absence, prices, cheapest(block, absence, prices), closed, closed + 1)


def rents(block: Block, prices: Prices) -> Floats:
    """What the places of each session are worth at these prices."""
    worth = (prices.places * block.places).sum(axis=1)
    rent = np.bincount(block.window_session, worth, minlength=len(block.sessions)).astype(np.float64)
    return rent if prices.shares is None else rent + block.size @ prices.shares


def _grained(prices: Floats) -> Floats:
    grained: Floats = np.floor(np.maximum(prices, 0) * GRAIN) / GRAIN
    return grained
