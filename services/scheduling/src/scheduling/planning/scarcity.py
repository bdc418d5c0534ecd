"""What is worth a penalty because somebody must stay out: found by small programs, with all other prices fixed.

A market's prices move by steps that fit its heat. A desk that a handful of people too many cannot do without, or a line
that may let nobody else go, is worth thousands of steps. Here such prices are free, and of everybody's other choices
only the best at the present prices counts: so few people and windows are left that the best prices are found at once.
"""

import time
from dataclasses import dataclass

import numpy as np

from scheduling.planning import pricing, programs
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.pricing import Floats, Prices
from scheduling.planning.reach import Singles

ROUNDS, IDLE, STEPS, HEAT = 12, 2, 10, 1.0
GAIN = 0.05  # of the bound per person: a round that brings less was idle
SLACK, SOME, HARDLY = 0.02, 0.1, 1e-3  # share and number of people that are too many; people who do not count
WHOLE, HURRIED = 1e-4, 0.01  # seats; seconds that any program may take
DEAR = 500.0  # a market finds cheaper prices by itself, and keeps its openings in balance with them
NARROWER, DEAREST = 10.0, 10_000.0  # only what is so many times dearer is free where the program would take too long
SECONDS, TABLE = 2e-10, 4e-8  # times visits squared, times classes x windows: what a program takes, and looking for it


@dataclass(frozen=True, slots=True)
class Worth:
    """Prices, the bound they prove, and who took part of what is scarce at them: visits (class, window), whole ones."""

    bound: float
    prices: Prices
    classes: Ints
    windows: Ints
    amounts: Ints


def sharpen(market: Market, visit_cost: Floats, until: float) -> Worth | None:
    """Let a market know what its overfull windows are worth; the best that was found on the way, None if nothing was.

    Their people turn to others, which may be too few as well: so again, until that brings nothing. The market learns
    places only: to it, all lines of a place are one.
    """
    block, best, idle = market.block, None, 0
    places, lines = np.zeros(block.places.shape, np.bool_), np.zeros(market.absence.ceiling.shape, np.bool_)
    for _ in range(ROUNDS):
        begun = time.monotonic()
        full, crowded = overfull(market)
        found = _narrowing(market, places | full, lines | crowded, visit_cost, until)
        if found is None:
            break
        idle = 0 if best is None or found.bound > best.bound + GAIN * float(block.size.sum()) else idle + 1
        if best is None or found.bound > best.bound:
            best = found
        far = np.abs(found.prices.places - market.places) > DEAR
        places, lines = (places | full) & (found.prices.places > 0), found.prices.lines > DEAR
        market.learn(np.where(far, found.prices.places, market.places))
        market.run(STEPS, HEAT, HEAT)
        now = time.monotonic()
        if idle == IDLE or now + (now - begun) > until:
            break
    return best


def overfull(market: Market) -> tuple[Flags, Flags]:
    """The places (window, resource) and moments (line, point) for which too many come."""
    block, load = market.block, market.spread(HEAT)
    use, supply = market.arrivals(load), block.places * market.upper[block.window_session][:, None]
    many = away(market, load) > market.absence.ceiling * (1 + SLACK) + SOME
    return use > supply * (1 + SLACK) + SOME, many


def away(market: Market, load: Singles) -> Floats:
    """How many people of each line are away at each point, of those who come to the windows."""
    block, reach, width = market.block, market.reach, market.absence.points + 1
    change = np.zeros(len(block.lines) * width)
    line = block.line[reach.order[reach.pair_class]]
    for turn in reach.turns:
        own, ways = turn.of(load), turn.ways.stop - turn.ways.start
        pair = line[turn.pairs] * ways + reach.pair_way[turn.pairs] - turn.ways.start
        keys, at = np.unique(pair, return_inverse=True)
        people = np.bincount(at, market.entered[turn.pairs], len(keys))
        some = people > HARDLY
        lines, way = np.divmod(keys[some], ways)
        amounts = own[:, way] * (people[some] / np.maximum(own.sum(axis=0)[way], HARDLY))
        crew = (lines - reach.row_crew[reach.way_row[turn.ways]][way]) * width
        for moments, sign in ((turn.of(reach.leave_at), 1), (turn.of(reach.back_at), -1)):
            change += sign * np.bincount((moments[:, way] + crew).ravel(), amounts.ravel(), len(change))
    found: Floats = np.cumsum(change.reshape(-1, width), axis=1)[:, :-1]
    return found


def _narrowing(market: Market, places: Flags, lines: Flags, visit_cost: Floats, until: float) -> Worth | None:
    """The prices with those of these and of all dear places at their best; of the dearest where that takes too long."""
    dear, known = DEAR, market.prices()
    places = places | (market.places > dear)
    if TABLE * visit_cost.size > until - time.monotonic():
        return None
    while (places.any() or lines.any()) and dear <= DEAREST:
        found = priced(market.block, market.absence, known, places, lines, visit_cost, until - time.monotonic())
        if found is not None:
            return found
        dear *= NARROWER
        places, lines = places & (market.places > dear), np.zeros_like(lines)
    return None


def priced(
    block: Block, absence: Absence, prices: Prices, places: Flags, lines: Flags, visit_cost: Floats, seconds: float
) -> Worth | None:
    """The prices with those of some places and lines' moments at their best; None if that takes too long."""
    fixed = Prices(np.where(places, 0, prices.places), np.where(lines, 0, prices.lines), prices.shares)
    barred = Prices(np.where(places, FORBIDDEN, 0), np.where(lines, FORBIDDEN, 0))
    avoiding = Prices(fixed.places + barred.places, fixed.lines + barred.lines, prices.shares)
    outside = np.minimum(pricing.cheapest(block, absence, avoiding), block.penalty)
    cost = pricing.charges(block, absence, fixed)
    cost += visit_cost
    concerned = pricing.charges(block, absence, barred) > 0
    classes, windows = np.nonzero(concerned & (cost < outside[:, None]))
    if SECONDS * len(classes) ** 2 > seconds:
        return None
    opening = block.open_cost - pricing.rents(block, fixed)
    program = Program(block, absence, places, lines, classes, windows)
    solved = program.solve(cost[classes, windows], outside, opening, seconds)
    if solved is None:
        return None
    visits, duals = solved
    fixed.places[places], fixed.lines[lines] = np.split(duals, [int(places.sum())])
    best, seats = Prices.of(fixed.places, fixed.lines, prices.shares), np.floor(visits + WHOLE).astype(np.int64)
    taken = np.flatnonzero(seats)
    return Worth(pricing.proved(block, absence, best), best, classes[taken], windows[taken], seats[taken])


class Program:
    """Who takes part (`people`, their visits as classes and windows), and a row for each of the places and moments."""

    def __init__(
        self, block: Block, absence: Absence, places: Flags, lines: Flags, classes: Ints, windows: Ints
    ) -> None:
        self.people, own = np.unique(classes, return_inverse=True)
        n, count = len(self.people), int(places.sum())
        row_of, moment_of = np.full(places.shape, -1), np.full(lines.shape, -1)
        row_of[places], moment_of[lines] = n + np.arange(count), n + count + np.arange(int(lines.sum()))
        window, resource = np.nonzero(places)
        self.sessions, session = np.unique(block.window_session[window], return_inverse=True)
        first = n + len(self.sessions)
        taken, used = np.nonzero(places[windows] & block.uses[block.package[classes]])
        absent, moment = _moments(block, absence, moment_of, classes, windows)
        self.rows = np.concatenate((np.arange(n), row_of[window, resource], own, row_of[windows[taken], used], moment))
        self.columns = np.concatenate(
            (np.arange(n), n + session, first + np.arange(len(classes)), first + taken, first + absent)
        )
        self.values = np.ones(len(self.rows))
        self.values[n : n + count] = -block.places[window, resource]
        self.size = block.size[self.people].astype(np.float64)
        self.limits = np.concatenate((np.zeros(count), absence.ceiling[lines]))

    def solve(self, cost: Floats, outside: Floats, opening: Floats, seconds: float) -> tuple[Floats, Floats] | None:
        """The visits, and what one more of each place and moment would save; None if that takes too long."""
        n, sessions, free = len(self.people), len(self.sessions), np.inf
        found = programs.solve(
            np.concatenate((outside[self.people], opening[self.sessions], cost)),
            np.concatenate((np.full(n, free), np.ones(sessions), np.full(len(cost), free))),
            self.rows,
            self.columns,
            self.values,
            np.concatenate((self.size, np.full(len(self.limits), -free))),
            np.concatenate((self.size, self.limits)),
            max(seconds, HURRIED),
        )
        return (found.amounts[n + sessions :], found.duals[n:]) if found.optimal else None


def _moments(block: Block, absence: Absence, moment_of: Ints, classes: Ints, windows: Ints) -> tuple[Ints, Ints]:
    """The rows of the moments in which each visit takes somebody away: pairs (visit, row)."""
    scarce: Flags = np.asarray((moment_of >= 0).any(axis=1))
    concerned = np.flatnonzero(scarce[block.line[classes]])
    visit, moment = absence.moments(block, classes[concerned], windows[concerned])
    row = moment_of.ravel()[moment]
    return concerned[visit[row >= 0]], row[row >= 0]
