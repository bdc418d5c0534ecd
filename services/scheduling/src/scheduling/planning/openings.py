"""Which sessions to open: branch and bound over the relaxation, good plans first, proof as time allows."""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scheduling.planning import offering, pricing, rounding
from scheduling.planning.ascent import Market, scarcity_market
from scheduling.planning.flow import HALF_OPEN, Relaxation, Solution
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.pricing import Floats, Prices

FIRST_STEPS = (60, 20.0, 0.5)
CLEARLY_OPEN, AT_ONCE, DIVE_ROUNDS, DEEPER_ROUNDS = 0.95, 5, 3, 0
EARLY_SECONDS, EARLY_SHARE = 0.3, 0.2  # of a rounding on the way; of the time taken so far
SHARED, MANY_SESSIONS, SHARED_ROUNDS = 250_000, 8, 1  # classes x windows; fewer sessions are soon branched on
LEAF_SECONDS, LEAF_SHARE = 2.0, 0.15  # of one rounding; of the time left: the rest is for the proof and other leaves


@dataclass
class Outcome:
    """The best state found, the bound proved, the prices of the root."""

    ledger: Ledger | None
    cost: float
    bound: float
    prices: Prices | None


class Search:
    """A best-first search that plunges to a whole set of openings from every node it takes."""

    def __init__(
        self, relaxation: Relaxation, deadline: float, known: Ledger | None = None, prices: Prices | None = None
    ) -> None:
        self.relaxation, self.deadline, self.first_prices = relaxation, deadline, prices
        self.outcome = Outcome(known, known.cost() if known else np.inf, -np.inf, None)
        self.leaves, self.started = np.inf, time.monotonic()
        self.nodes: list[tuple[float, int, Floats, Floats]] = []
        self.taken = 0

    def run(self, better: Callable[[Outcome], None] | None = None) -> Outcome:
        """Search until proved or out of time."""
        if not self.taken:
            self.dive()
        while self.nodes and time.monotonic() < self.deadline:
            bound, _, lower, upper = heapq.heappop(self.nodes)
            if bound > self.outcome.cost - 1:
                self.nodes.clear()
                break
            if not self._plunge(lower, upper):
                self._push(max(bound, self.relaxation.proved), lower, upper)
                break
            self._prove()
            if better:
                better(self.outcome)
        self._prove()
        return self.outcome

    def _start(self) -> None:
        """Offer first columns at the prices of a market; the likeliest openings become the first node to try."""
        relaxation = self.relaxation
        prices = self.first_prices or _market_prices(relaxation)
        priced = relaxation.visit_cost + pricing.charges(relaxation.block, relaxation.absence, prices)
        self.outcome.prices = prices
        self.outcome.bound = pricing.bound(
            relaxation.block, relaxation.absence, prices, priced, relaxation.lower, relaxation.upper
        )
        relaxation.add_columns(*offering.near(relaxation.block, priced))
        if self.outcome.ledger is None:
            ledger = Ledger(relaxation.block, relaxation.absence)
            seat_by_prices(ledger, priced)
            insert_waiting(ledger)
            self.outcome.ledger, self.outcome.cost = ledger, ledger.cost()
        relaxation.add_columns(*np.nonzero(self.outcome.ledger.count))
        self._push(-np.inf, relaxation.lower.copy(), relaxation.upper.copy())

    def dive(self) -> Outcome:
        """A first plan: open the clearest sessions and close the idlest, again and again, until all are whole."""
        self._start()
        relaxation = self.relaxation
        whole = relaxation.lower, relaxation.upper
        lower, upper = whole[0].copy(), whole[1].copy()
        sharing, relaxation.sharing = relaxation.sharing, False
        try:
            while True:
                at_root = bool((lower == whole[0]).all() and (upper == whole[1]).all())
                solution = relaxation.optimise(
                    DIVE_ROUNDS if at_root else DEEPER_ROUNDS, self.deadline - time.monotonic()
                )
                if at_root:
                    self._price(solution)
                    if sharing and self._is_worth_sharing(solution):
                        self._early_leaf(solution)
                        relaxation.sharing = True
                        solution = relaxation.optimise(SHARED_ROUNDS, self.deadline - time.monotonic())
                        relaxation.sharing = False
                        self._price(solution)
                loose = np.flatnonzero(lower < upper)
                share = solution.openings[loose]
                if _undecided(solution) is None:
                    break
                if not (lower > whole[0]).any():
                    self._early_leaf(solution)
                clear = (share > CLEARLY_OPEN) | (share < HALF_OPEN)
                clear[np.argsort(-share, kind="stable")[: max(1, len(share) // AT_ONCE)]] = True
                lower[loose[clear & (share > HALF_OPEN)]] = 1
                upper[loose[clear & (share <= HALF_OPEN)]] = 0
                relaxation.limit(lower, upper)
            if (lower > whole[0]).any():
                solution = relaxation.optimise(DIVE_ROUNDS, self.deadline - time.monotonic())
            self._leaf(solution, np.inf)
        except TimeoutError:  # whatever was found before stands
            if bool((lower == whole[0]).all() and (upper == whole[1]).all()):
                self.outcome.bound = max(self.outcome.bound, relaxation.proved)
        finally:
            relaxation.sharing = sharing
            relaxation.limit(*whole)
        return self.outcome

    def _is_worth_sharing(self, solution: Solution) -> bool:
        """Whether the dive should judge openings by "a class fits as far as open": small blocks, many sessions."""
        block = self.relaxation.block
        small = len(block.size) * len(block.window_at) <= SHARED
        return small and len(block.sessions) >= MANY_SESSIONS and _undecided(solution) is not None

    def _price(self, solution: Solution) -> None:
        """Take over the bound of a root's solution, and its prices where they are the first or the best."""
        if self.outcome.prices is None or solution.bound > self.outcome.bound:
            self.outcome.prices, self.outcome.bound = solution.prices, solution.bound

    def _prove(self) -> None:
        open_bounds = min((node[0] for node in self.nodes), default=np.inf)
        self.outcome.bound = max(self.outcome.bound, min(open_bounds, self.leaves, self.outcome.cost))

    def _push(self, bound: float, lower: Floats, upper: Floats) -> None:
        self.taken += 1
        heapq.heappush(self.nodes, (bound, self.taken, lower, upper))

    def _plunge(self, lower: Floats, upper: Floats) -> bool:
        """Follow the likelier child down to a leaf, leaving the siblings as nodes; False if time ran out."""
        floor = -np.inf
        while True:
            self.relaxation.limit(lower, upper)
            try:
                solution = self.relaxation.optimise(seconds=self.deadline - time.monotonic())
            except TimeoutError:
                if floor > -np.inf:
                    self._push(max(floor, self.relaxation.proved), lower, upper)
                return floor > -np.inf
            floor = max(floor, solution.bound)
            if self.outcome.prices is None:
                self.outcome.prices = solution.prices
            if floor > self.outcome.cost - 1:
                return True
            split = _undecided(solution)
            if split is None:
                self._leaf(solution, floor)
                return True
            lower, upper = self._branch(solution, split, floor, lower, upper)

    def _branch(
        self, solution: Solution, split: int, floor: float, lower: Floats, upper: Floats
    ) -> tuple[Floats, Floats]:
        opened, closed = lower.copy(), upper.copy()
        opened[split], closed[split] = 1, 0
        if solution.openings[split] >= 0.3:
            self._push(floor, lower, closed)
            return opened, upper
        self._push(floor, opened, upper)
        return lower, closed

    def _early_leaf(self, solution: Solution) -> None:
        """A dear but valid plan, should time run out on the way; quick where the relaxation was."""
        seconds = min(EARLY_SECONDS, EARLY_SHARE * (time.monotonic() - self.started))
        self._keep(rounding.settle(self.relaxation, solution, seconds))

    def _leaf(self, solution: Solution, floor: float) -> None:
        seconds = min(LEAF_SECONDS, LEAF_SHARE * (self.deadline - time.monotonic()))
        self._keep(rounding.settle(self.relaxation, solution, max(seconds, rounding.HURRIED)))
        self.leaves = min(self.leaves, floor)

    def _keep(self, ledger: Ledger) -> None:
        cost = ledger.cost()
        if cost < self.outcome.cost:
            self.outcome.ledger, self.outcome.cost = ledger, cost


def _market_prices(relaxation: Relaxation) -> Prices:
    market = Market(relaxation.block, relaxation.absence, by_line=False)
    market.run(*FIRST_STEPS)
    if market.is_scarce():
        market = scarcity_market(relaxation.block, relaxation.absence, FIRST_STEPS[0], FIRST_STEPS[2])
    return market.prices()


def _undecided(solution: Solution) -> int | None:
    """The session whose opening is the least clear, None if all are whole."""
    doubt = np.minimum(solution.openings, 1 - solution.openings)
    split = int(doubt.argmax()) if len(doubt) else 0
    return split if len(doubt) and doubt[split] > HALF_OPEN else None
