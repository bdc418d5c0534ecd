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
SHARE, ROUNDS, CLOSE = 0.6, 20, 0.02  # of the time left, for the root; between its value and its bound per person


class Proof:
    """One block's root and what follows from it; `solved` once its bound is nearly its value."""

    def __init__(self, block: Block, absence: Absence, visit_cost: Floats, deadline: float, seed: int) -> None:
        self.block, self.absence, self.visit_cost = block, absence, visit_cost
        self.deadline, self.seed = deadline, seed
        self.relaxation: Relaxation | None = None
        self.solved = False

    def solve(self, prices: Prices, known: Ledger | None = None, share: float = SHARE) -> Solution | None:
        """The root, from the visits that these prices and a known plan suggest; None if that would take too long."""
        left = share * (self.deadline - time.monotonic())
        offered = offering.near(self.block, self.visit_cost + pricing.charges(self.block, self.absence, prices))
        if SECONDS * len(offered[0]) ** 2 > left:
            return None
        self.relaxation = relaxation = Relaxation(self.block, self.absence, sharing=False, seed=self.seed)
        relaxation.add_columns(*offered)
        if known is not None:
            relaxation.add_columns(*np.nonzero(known.count))
        relaxation.watch_lines(prices.lines)
        root, until = None, time.monotonic() + left
        for _ in range(ROUNDS):
            try:
                found, complete = relaxation.advance(until - time.monotonic())
            except TimeoutError:
                break
            root = found if root is None or found.bound > root.bound else root
            self.solved = complete or found.value - found.bound < CLOSE * relaxation.people
            if self.solved:
                break
        return root

    def search(self, outcome: Outcome) -> None:
        """Better plans and bounds than these, by branching from the solved root."""
        assert self.relaxation is not None
        Search(self.relaxation, self.deadline, outcome).run()
        finishing.finish(self.relaxation, outcome, self.deadline)
