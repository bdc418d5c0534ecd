"""Which sessions to open: branch and bound over the relaxation, good plans first, proof as time allows."""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scheduling.planning import rounding
from scheduling.planning.blocks import FORBIDDEN
from scheduling.planning.flow import HALF_OPEN, Relaxation, Solution, cheapest
from scheduling.planning.ledger import Ledger
from scheduling.planning.pricing import Floats, Prices


@dataclass
class Outcome:
    """The best state found, the bound proved, the prices of the root."""

    ledger: Ledger | None
    cost: float
    bound: float
    prices: Prices | None


class Search:
    """A best-first search that plunges to a whole set of openings from every node it takes."""

    def __init__(self, relaxation: Relaxation, deadline: float, known: Ledger | None = None) -> None:
        self.relaxation, self.deadline = relaxation, deadline
        self.outcome = Outcome(known, known.cost() if known else np.inf, -np.inf, None)
        self.leaves = np.inf
        self.nodes: list[tuple[float, int, Floats, Floats]] = []
        self.taken = 0

    def run(self, better: Callable[[Outcome], None] | None = None) -> Outcome:
        """Search until proved or out of time."""
        relaxation = self.relaxation
        relaxation.add_columns(*cheapest(relaxation.visit_cost, 10, float(FORBIDDEN)))
        self._push(-np.inf, relaxation.lower.copy(), relaxation.upper.copy())
        while self.nodes and time.monotonic() < self.deadline:
            bound, _, lower, upper = heapq.heappop(self.nodes)
            if bound > self.outcome.cost - 1:
                self.nodes.clear()
                break
            if not self._plunge(lower, upper):
                heapq.heappush(self.nodes, (bound, self.taken, lower, upper))
                break
            self._prove()
            if better:
                better(self.outcome)
        self._prove()
        return self.outcome

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
                    self._push(floor, lower, upper)
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

    def _branch(self, solution: Solution, split: int, floor: float, lower: Floats, upper: Floats
                ) -> tuple[Floats, Floats]:
        opened, closed = lower.copy(), upper.copy()
        opened[split], closed[split] = 1, 0
        if solution.openings[split] >= 0.3:
            self._push(floor, lower, closed)
            return opened, upper
        self._push(floor, opened, upper)
        return lower, closed

    def _leaf(self, solution: Solution, floor: float) -> None:
        ledger = rounding.settle(self.relaxation, solution, min(2.0, self.deadline - time.monotonic()))
        cost = ledger.cost()
        if cost < self.outcome.cost:
            self.outcome.ledger, self.outcome.cost = ledger, cost
        self.leaves = min(self.leaves, floor)


def _undecided(solution: Solution) -> int | None:
    """The session whose opening is the least clear, None if all are whole."""
    doubt = np.minimum(solution.openings, 1 - solution.openings)
    split = int(doubt.argmax()) if len(doubt) else 0
    return split if len(doubt) and doubt[split] > HALF_OPEN else None
