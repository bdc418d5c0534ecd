"""A plan for a large block: prices by ascent, openings settled on them, people seated, then mended by a relaxation.

Where places are so scarce that people stay out, the prices come down from penalties rather than up from nothing.
"""

import time
from itertools import pairwise

import numpy as np

from scheduling.planning import neighbourhoods, offering, pricing, rounding
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market, scarcity_market
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.flow import Relaxation
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.openings import Outcome
from scheduling.planning.pricing import Floats, Prices

HOT, WARM, LUKEWARM, COLD = 20.0, 2.0, 3.0, 0.15
MENDING_ROUNDS, MENDING_SHARE, BOUND_SHARE, HALF = 8, 0.65, 0.1, 0.5
RARELY_OPEN = 0.15
SCARCER = 50.0  # cost units beyond the market's price: a place that somebody stays out for
COOLING_SECONDS = 0.5  # a round of cooling and its proof should not end after the deadline
ROUNDING_SHARE, RESCUE_SECONDS = 0.1, 1.0
COLUMNS_PER_SECOND = 15_000  # what a program of this kind takes; too large ones are not begun


class Draft:
    """One large block on its way from prices to a plan; every stage leaves a valid state behind."""

    def __init__(
        self, block: Block, absence: Absence, deadline: float, seed: int = 0, known: Ledger | None = None
    ) -> None:
        self.block, self.absence, self.deadline, self.seed = block, absence, deadline, seed
        self.visit_cost = pricing.visit_costs(block)
        self.outcome = Outcome(known, known.cost() if known else np.inf, -np.inf, None)
        self.program: tuple[Prices, Floats] | None = None  # of the last program: prices, openings
        self.started = started = time.monotonic()
        self.free = Market(block, absence, by_line=False)
        self.free.run(5, HOT, HOT)
        step = (time.monotonic() - started) / 5
        self.pace = int(np.clip(0.1 * (deadline - started) / max(step, 1e-4), 16, 60))

    def run(self) -> Outcome:
        """Plan, mend and bound until the deadline."""
        self.free.run(self.pace, HOT, WARM)
        if self.free.is_scarce():
            self.free = scarcity_market(self.block, self.absence, self.pace + self.pace // 3, WARM)
        self.free.run(self.pace // 3, WARM, 1.0)
        self.prove(self.free.prices())
        market = self.settled()
        ledger = self.seat(market)
        assert self.outcome.ledger is not None  # an inserted state always exists
        used = np.maximum(market.lower, self.outcome.ledger.visits > 0)
        if not self.mend(market, used, self.priced(market, used)):
            opened = np.flatnonzero(used > HALF)
            self.keep(neighbourhoods.sweep_through(ledger, opened, self.deadline, 4, openings=False))
        self.rescue()
        every = np.arange(len(self.block.sessions))
        until = self.deadline - BOUND_SHARE * (self.deadline - self.started)
        self.keep(neighbourhoods.sweep_through(self.outcome.ledger, every, until, 6, openings=True))
        self.cool()
        return self.outcome

    def seat(self, market: Market) -> Ledger:
        """Everybody seated at the market's prices, in sessions that it opened; who still fits elsewhere is kept too."""
        ledger = Ledger(self.block, self.absence)
        seat_by_prices(ledger, self.priced(market, market.upper), *market.seats(1.0))
        self.keep(ledger)
        return ledger

    def priced(self, market: Market, opened: Floats) -> Floats:
        """The cost of every visit at the market's prices; nobody may use a session that is not open."""
        priced = self.visit_cost + pricing.charges(self.block, self.absence, market.prices())
        priced[:, (opened < HALF)[self.block.window_session]] += FORBIDDEN
        return priced

    def rescue(self) -> None:
        """Seat whoever the best plan so far leaves out although they have windows, by moving others about."""
        ledger = self.outcome.ledger
        assert ledger is not None
        waiting = np.flatnonzero(ledger.waiting)
        if len(waiting):
            seconds = min(RESCUE_SECONDS, self.deadline - time.monotonic())
            priced = self.priced(self.free, (ledger.visits > 0).astype(np.float64))
            self.keep(rounding.rescue(ledger, waiting, priced, seconds))

    def cool(self) -> None:
        """Let the free market cool for a better bound; from a program's prices where that saw scarcity."""
        market = self.free
        if self.program:
            market.learn(self.topped())
        for hot, cold in pairwise(np.geomspace(LUKEWARM, COLD, 7).tolist()):
            if time.monotonic() > self.deadline - COOLING_SECONDS:
                return
            market.run(self.pace // 4, hot, cold)
            self.prove(market.prices())

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

    def blended(self, found: Prices, opened: Floats) -> Prices:
        """The prices of a program over open sessions, and of the free market in those that it kept closed."""
        places = np.where((opened > HALF)[self.block.window_session][:, None], found.places, self.free.places)
        shares = self.free.prices().shares
        return Prices.of(places, found.lines, None if shares is None else np.where(opened > HALF, 0.0, shares))

    def topped(self) -> Floats:
        """The free market's prices of places, where the last program saw scarcity: that program's.

        To a program, sessions that it must open cost nothing: its other prices leave their opening unpaid.
        """
        assert self.program is not None
        found, opened = self.program
        scarcer = (opened > HALF)[self.block.window_session][:, None] & (found.places > self.free.places + SCARCER)
        return np.where(scarcer, found.places, self.free.places)

    def settled(self) -> Market:
        """A market in which every session is open or closed."""
        market = self.free.fork()
        market.settle_openings(max(4, self.pace // 12), 1.0)
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
        done, taken = False, 0.0
        for _ in range(MENDING_ROUNDS):
            begun = time.monotonic()
            left = self.deadline - begun
            if taken > HALF * left:  # groups of sessions planned anew bring more than a program cut short
                break
            try:
                solution, complete = relaxation.advance(MENDING_SHARE * left, 3)
            except TimeoutError:
                break
            self.prove(self.blended(solution.prices, relaxation.upper))
            taken = time.monotonic() - begun
            self.program = solution.prices, relaxation.upper
            known = self.free.prices()
            self.prove(Prices.of(self.topped(), known.lines, known.shares))
            self.keep(rounding.settle(relaxation, solution, min(2.0, ROUNDING_SHARE * left), priced))
            if not done:
                needed = (solution.openings > RARELY_OPEN).astype(np.float64)
                relaxation.limit(needed, needed)
            complete = complete and done
            done = True
            if complete:
                break
        return done
