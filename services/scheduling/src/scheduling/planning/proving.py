"""What a block costs at least: the relaxation with free openings, then branch and bound from there while time lasts."""

import time

import numpy as np

from scheduling.planning import finishing, offering, pricing
from scheduling.planning.absence import Absence
from scheduling.planning.blocks import Block
from scheduling.planning.flow import Relaxation, Solution
from scheduling.planning.ledger import Ledger
from scheduling.planning.openings import Outcome, Search
from scheduling.planning.pricing import Floats, Prices

SECONDS = 9e-9  # times first columns squared: what the root takes
SEARCHED = 1_300_000  # classes x windows up to which openings are branched on
SHARE, ROUNDS, CLOSE = 0.6, 20, 0.02  # of the time left, for the root; between its value and its bound per person


class Proof:
    """One block's root and what follows from it; `root` is None until it was solved at least in part."""

    def __init__(
        self, block: Block, absence: Absence, visit_cost: Floats, deadline: float, seed: int, per_class: int
    ) -> None:
        self.block, self.absence, self.visit_cost = block, absence, visit_cost
        self.deadline, self.seed, self.per_class = deadline, seed, per_class
        self.relaxation: Relaxation | None = None
        self.root: Solution | None = None
        self.solved = False

    def begin(self, prices: Prices, known: Ledger | None = None, share: float = SHARE) -> Solution | None:
        """The root as far as a share of the time left takes it, from the visits that prices and a plan suggest.

        None if that would take too long.
        """
        left = share * (self.deadline - time.monotonic())
        if left <= 0:
            return None
        offered = offering.near(self.block, self.visit_cost + pricing.charges(self.block, self.absence, prices))
        if SECONDS * len(offered[0]) ** 2 > left:
            return None
        until = time.monotonic() + left
        self.relaxation = Relaxation(self.block, self.absence, seed=self.seed, visit_cost=self.visit_cost)
        self.relaxation.add_columns(*offered)
        if known is not None:
            self.relaxation.add_columns(*np.nonzero(known.count))
        self.relaxation.watch_lines(prices.lines)
        self._solve(self.relaxation, until)
        return self.root

    def _solve(self, relaxation: Relaxation, until: float) -> None:
        for _ in range(ROUNDS):
            try:
                found, complete = relaxation.advance(until - time.monotonic(), self.per_class)
            except TimeoutError:
                return
            if self.root is None or found.bound > self.root.bound:
                self.root = found
            self.solved = complete or found.value - found.bound < CLOSE * relaxation.people
            if self.solved or time.monotonic() > until:
                return

    def finish(self, outcome: Outcome) -> None:
        """Solve the root if that is still to be done, then branch from it; what is found goes to the outcome."""
        if self.relaxation is None or self.root is None:
            return
        if not self.solved:
            self._solve(self.relaxation, self.deadline)
            outcome.prove(self.root.bound, self.root.prices)
        if self.solved and len(self.block.size) * len(self.block.window_at) <= SEARCHED:
            Search(self.relaxation, self.deadline, outcome).run()
            finishing.finish(self.relaxation, outcome, self.deadline)
