"""What a large block's prices say: a market's, and those of seatings and programs that know who must stay out.

Where places are so scarce that people stay out, the prices come down from penalties rather than up from nothing.
"""

import time
from itertools import pairwise

import numpy as np

from scheduling.planning import chains, offering, pricing, scarcity
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market, scarcity_market
from scheduling.planning.blocks import Block
from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.flow import Solution
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.openings import Outcome
from scheduling.planning.pricing import Floats, Prices

HOT, WARM, LUKEWARM, COLD = 20.0, 2.0, 3.0, 0.15
UPWARDS, DOWNWARDS = (0.1, 16, 60), (0.2, 32, 180)  # steps of prices: a share of the time, at least, at most
FORESIGHT_SHARE, SHARPENING_SHARE = 0.1, 0.15  # of the time left
SETTLING_SHARE = 0.15  # of the time left; what is unsettled then settles at once
SCARCITY = 50.0  # cost units between two prices: only one of them knows that somebody stays out
MANY_OUT = 0.05  # share of people left out from which prices come down
SMALL, HALF = 5_000, 0.5  # people


class Outlook:
    """One block's market, free to open any session; what it proves goes to the outcome."""

    def __init__(self, block: Block, absence: Absence, visit_cost: Floats, outcome: Outcome, deadline: float) -> None:
        self.block, self.absence, self.visit_cost = block, absence, visit_cost
        self.outcome, self.deadline, self.people = outcome, deadline, int(block.size.sum())
        self.program: tuple[Prices, Floats] | None = None  # of the last program: prices, openings
        self.seats: Ledger | None = None  # a seating with all sessions open, where somebody must stay out of all
        self.knows_scarcity = False
        self.started = time.monotonic()
        self.free = Market(block, absence, by_line=False)
        self.free.run(5, HOT, HOT)
        self.plain = self.free.prices()  # of the market before it was told who must stay out
        self.step = (time.monotonic() - self.started) / 5
        self.pace = self.steps(UPWARDS)

    def form(self) -> None:
        """Let prices find their level, and tell them who must stay out."""
        self.free.run(self.pace, HOT, WARM)
        scarce = self.free.is_scarce()
        if scarce:
            self.free = scarcity_market(self.block, self.absence, self.steps(DOWNWARDS), WARM)
        self.free.run(self.pace // 3, WARM, 1.0)
        self.plain = self.free.prices()
        self.prove(self.plain)
        if self.people <= SMALL and not scarce:
            self.foresee()
        elif self.people > SMALL and (scarce or self.descend()):
            self.sharpen()

    def steps(self, usual: tuple[float, int, int]) -> int:
        """How many steps of the market are a share of all time, at least and at most so many."""
        share, least, most = usual
        return int(np.clip(share * (self.deadline - self.started) / max(self.step, 1e-4), least, most))

    def foresee(self) -> None:
        """Tell the market who must stay out whatever is open: what their seats are worth it would not find in time.

        Few are found along chains of people who could make room; many by a market whose prices come down from above.
        """
        ledger, priced = Ledger(self.block, self.absence), self.priced(self.free, self.free.upper)
        seat_by_prices(ledger, priced, *self.free.seats(1.0))
        insert_waiting(ledger)
        waiting, before = int(ledger.waiting.sum()), self.outcome.bound
        if waiting > MANY_OUT * self.people:
            self.descend()
        elif waiting:
            seconds = FORESIGHT_SHARE * (self.deadline - time.monotonic())
            ledger, prices = chains.foresee(ledger, self.plain, priced, seconds)
            self.prove(prices)
            if self.outcome.bound > before:
                self.seats, self.program = ledger, (prices, np.ones(len(self.block.sessions)))
                self.free.learn(prices.places)
                self.free.run(self.pace // 2, HOT, 1.0)
                self.prove(self.known(self.free))

    def sharpen(self) -> None:
        """Let small programs tell the market of a large block what is scarce, and who gets it."""
        left = self.deadline - time.monotonic()
        found = scarcity.sharpen(self.free, self.visit_cost, self.deadline - (1 - SHARPENING_SHARE) * left)
        if found is not None:
            self.outcome.prove(found.bound, found.prices)
            self.program, self.knows_scarcity = (found.prices, np.ones(len(self.block.sessions))), True
            self.seats = Ledger(self.block, self.absence)
            for c, w, n in zip(found.classes.tolist(), found.windows.tolist(), found.amounts.tolist(), strict=True):
                self.seats.add(c, w, min(n, self.seats.room(c, w)))

    def descend(self) -> bool:
        """Go on with the market whose prices come down from penalties, if that proves more: whether it does."""
        before, market = self.outcome.bound, scarcity_market(self.block, self.absence, self.steps(DOWNWARDS), WARM)
        market.run(self.pace // 3, WARM, 1.0)
        self.prove(market.prices())
        if self.outcome.bound <= before:
            return False
        self.free, self.plain = market, market.prices()
        return True

    def learn(self, solution: Solution, opened: Floats) -> None:
        """What a program's prices prove."""
        self.prove(self.blended(solution.prices, opened))
        self.program = solution.prices, opened
        self.prove(self.known(self.free))

    def known(self, market: Market) -> Prices:
        """A market's prices; where the last program's say otherwise of what is scarce, that program's.

        To a program, sessions that it must open cost nothing: its other prices leave their opening unpaid. Line
        ceilings the market knows only for all lines of a place together. What one holds to be scarce only for the
        other's reasons (a station for all arrivals, a place for a line) must not be paid twice: so both ways.
        """
        known = market.prices()
        if self.program is None:
            return known
        found, opened = self.program
        otherwise = (opened > HALF)[self.block.window_session][:, None] & _far(found.places, known.places)
        places = np.where(otherwise, found.places, known.places)
        return Prices(places, np.where(_far(found.lines, known.lines), found.lines, known.lines), known.shares)

    def blended(self, found: Prices, opened: Floats) -> Prices:
        """The prices of a program over open sessions, and of the free market in those that it kept closed."""
        places = np.where((opened > HALF)[self.block.window_session][:, None], found.places, self.free.places)
        shares = self.free.prices().shares
        return Prices.of(places, found.lines, None if shares is None else np.where(opened > HALF, 0.0, shares))

    def priced(self, market: Market, opened: Floats) -> Floats:
        """The cost of every visit at the market's prices; nobody may use a session that is not open."""
        priced = pricing.charges(self.block, self.absence, self.known(market), opened < HALF)
        priced += self.visit_cost
        return priced

    def offers(self, market: Market, opened: Floats) -> tuple[Ints, Ints]:
        """The visits that a program starts from; of small blocks, where scarce windows cost a penalty, earlier prices
        tell more.
        """
        prices = self.plain if self.seats and self.people <= SMALL else self.known(market)
        priced = pricing.charges(self.block, self.absence, prices, opened < HALF)
        priced += self.visit_cost
        return offering.near(self.block, priced)

    def settled(self) -> Market:
        """A market in which every session is open or closed."""
        market = self.free.fork()
        if time.monotonic() > self.deadline:
            market.settle_at_once()
            return market
        left = self.deadline - time.monotonic()
        market.settle_openings(max(4, self.pace // 12), 1.0, time.monotonic() + SETTLING_SHARE * left)
        market.run(max(8, self.pace // 2), 1.0, COLD)
        return market

    def cool(self) -> None:
        """Let the free market cool for a better bound; from a program's prices where that saw scarcity."""
        market = self.free
        if self.program:
            market.learn(self.known(market).places)
        taken = self.step * self.pace / 2  # a round of cooling and its proof should not end after the deadline
        for hot, cold in pairwise(np.geomspace(LUKEWARM, COLD, 7).tolist()):
            begun = time.monotonic()
            if begun + taken > self.deadline:
                return
            market.run(self.pace // 4, hot, cold)
            self.prove(market.prices())
            if self.program:
                self.prove(self.known(market))
            taken = time.monotonic() - begun

    def prove(self, prices: Prices) -> None:
        """Raise the bound to what these prices prove."""
        self.outcome.prove(pricing.proved(self.block, self.absence, prices), prices)


def _far(found: Floats, known: Floats) -> Flags:
    return np.asarray(np.abs(found - known) > SCARCITY)
