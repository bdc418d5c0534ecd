"""A plan for a large block: prices by ascent, openings settled on them, people seated, then mended by a relaxation."""

import copy
import time
from itertools import pairwise

import numpy as np

from scheduling.planning import neighbourhoods, offering, pricing, rounding
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.flow import Relaxation
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.openings import Outcome
from scheduling.planning.pricing import Floats, Prices

HOT, WARM, COLD = 20.0, 2.0, 0.2
MENDING_ROUNDS, MENDING_SHARE, BOUND_SHARE, HALF = 8, 0.65, 0.1, 0.5
RARELY_OPEN = 0.15
COOLING_SECONDS = 0.5      # a round of cooling and its proof should not end after the deadline
COLUMNS_PER_SECOND = 15_000      # what a program of this kind takes; too large ones are not begun


class Draft:
    """One large block on its way from prices to a plan; every stage leaves a valid state behind."""

    def __init__(self, block: Block, absence: Absence, deadline: float, seed: int = 0) -> None:
        self.block, self.absence, self.deadline, self.seed = block, absence, deadline, seed
        self.visit_cost = pricing.visit_costs(block)
        self.outcome = Outcome(None, np.inf, -np.inf, None)
        self.started = started = time.monotonic()
        self.free = Market(block, absence, by_line=False)
        self.free.run(5, HOT, HOT)
        step = (time.monotonic() - started) / 5
        self.pace = int(np.clip(0.1 * (deadline - started) / max(step, 1e-4), 16, 60))

    def run(self) -> Outcome:
        """Plan, mend and bound until the deadline."""
        self.free.run(self.pace, HOT, WARM)
        self.free.run(self.pace // 3, WARM, 1.0)
        self.prove(self.free.prices())
        market = self.settled()
        priced = self.visit_cost + pricing.charges(self.block, self.absence, market.prices())
        priced[:, (market.upper < HALF)[self.block.window_session]] += FORBIDDEN
        ledger = Ledger(self.block, self.absence)
        seat_by_prices(ledger, priced, *market.seats(1.0))
        self.keep(ledger)
        assert self.outcome.ledger is not None      # an inserted state always exists
        used = np.maximum(market.lower, self.outcome.ledger.visits > 0)
        priced = self.visit_cost + pricing.charges(self.block, self.absence, market.prices())
        priced[:, (used < HALF)[self.block.window_session]] += FORBIDDEN
        if not self.mend(market, used, priced):
            opened = np.flatnonzero(used > HALF)
            self.keep(neighbourhoods.sweep_through(ledger, opened, self.deadline, 4, openings=False))
        every = np.arange(len(self.block.sessions))
        until = self.deadline - BOUND_SHARE * (self.deadline - self.started)
        self.keep(neighbourhoods.sweep_through(self.outcome.ledger, every, until, 6, openings=True))
        self.cool()
        return self.outcome

    def cool(self) -> None:
        """Let the free market cool for a better bound, while time lasts."""
        for hot, cold in pairwise(np.geomspace(1.0, COLD, 7).tolist()):
            if time.monotonic() > self.deadline - COOLING_SECONDS:
                return
            self.free.run(self.pace // 6, hot, cold)
        self.prove(self.free.prices())

    def keep(self, ledger: Ledger) -> None:
        """Remember the state, with everybody seated who still fits, if it is the best so far."""
        ledger = ledger.copy()
        insert_waiting(ledger)
        cost = ledger.cost()
        if cost < self.outcome.cost:
            self.outcome.ledger, self.outcome.cost = ledger, cost

    def prove(self, prices: Prices) -> None:
        """Raise the bound to what these prices prove."""
        priced = self.visit_cost + pricing.charges(self.block, self.absence, prices)
        sessions = len(self.block.sessions)
        bound = pricing.bound(self.block, self.absence, prices, priced, np.zeros(sessions), np.ones(sessions))
        if bound > self.outcome.bound:
            self.outcome.bound, self.outcome.prices = bound, prices

    def settled(self) -> Market:
        """A market in which every session is open or closed."""
        market = copy.copy(self.free)
        market.lower, market.upper = self.free.lower.copy(), self.free.upper.copy()
        market.settle_openings(max(4, self.pace // 5), 1.0)
        market.run(max(8, self.pace // 2), 1.0, COLD)
        return market

    def mend(self, market: Market, used: Floats, priced: Floats) -> bool:
        """Seat everybody anew by linear programs over the nearly cheapest windows; False if they take too long.

        The market's sessions are open; those that were opened for the rest stay so only if the first program says so.
        """
        relaxation = Relaxation(self.block, self.absence, seed=self.seed)
        lower, upper = market.lower, used
        relaxation.limit(lower, upper)
        relaxation.add_columns(*offering.near(self.block, priced))
        if self.outcome.ledger:
            relaxation.add_columns(*np.nonzero(self.outcome.ledger.count))
        if len(relaxation.column_class) > COLUMNS_PER_SECOND * MENDING_SHARE * (self.deadline - time.monotonic()):
            return False
        relaxation.watch_lines(market.prices().lines)
        done = False
        for _ in range(MENDING_ROUNDS):
            left = self.deadline - time.monotonic()
            try:
                solution, complete = relaxation.advance(MENDING_SHARE * left, 3)
            except TimeoutError:
                break
            self.keep(rounding.settle(relaxation, solution, min(2.0, MENDING_SHARE * left), priced))
            if not done:
                needed = (solution.openings > RARELY_OPEN).astype(np.float64)
                relaxation.limit(needed, needed)
            complete = complete and done
            done = True
            if complete:
                break
        return done
