"""Blocks of few sessions: every set of them is weighed, at the prices of programs over the likeliest sets.

A program over given sessions is quick and nearly whole. At its prices no plan that uses just some set S costs less
than everybody's cheapest visit in S or penalty, plus what the sessions of S cost beyond the worth of their places.
That is counted for all sets at once; the set that could be cheapest is solved next, until none is left.
"""

import time
from dataclasses import dataclass

import numpy as np

from scheduling.planning import offering, pricing, rounding
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.finishing import Program
from scheduling.planning.flow import Relaxation, Solution
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.openings import FIRST_STEPS, Outcome
from scheduling.planning.pricing import Floats, Prices

FEW = 14  # sessions: 16,384 sets
NEAR = 0.5  # cost per person between a program and its bound: worth no further columns before the end
OFFERED = 12  # visits of each class that a program starts from: more of them would make it slower, fewer too
TABLE = 2_000_000  # entries of a table of sets by classes
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # of known prices: what places of a closed session might cost
RESCUES, RESCUE_SECONDS = 2, 0.1  # where no program comes in time
ROUNDING_SECONDS, ROUNDING_SHARE = 0.2, 0.2  # of one rounding; of the time left
MANY_COLUMNS, CLOSING_SHARE = 40_000, 0.5  # of a program in whole numbers; of the time left for one
GRACE, GRACE_SECONDS = 0.5, 0.2  # how much longer the first program may take, as a share of the time given; at most
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a search knows when it ends, for one that goes on: floors, the latest prices, the best ones."""

    floor: Floats
    prices: Prices
    best: Prices | None


class Weighing:
    """A search over the sets of sessions; `floor[set]` is what no plan with just that set can cost less than.

    Bit s of a set says whether it holds session s.
    """

    def __init__(
        self,
        block: Block,
        absence: Absence,
        deadline: float,
        seed: int = 0,
        known: Ledger | None = None,
        past: Weighed | None = None,
    ) -> None:
        self.block, self.absence, self.deadline, self.seed = block, absence, deadline, seed
        self.started = time.monotonic()
        self.outcome = Outcome(known)
        self.visit_cost = pricing.visit_costs(block)
        self.people = float(block.size.sum())
        self.bits: Ints = 1 << np.arange(len(block.sessions))
        past = past or Weighed(np.full(1 << len(block.sessions), -np.inf), Prices.nothing(block, absence), None)
        self.floor, self.prices = past.floor.copy(), past.prices  # places: as seen while last open
        self.outcome.prices = past.best
        self.solved: set[int] = set()  # in this turn: with more time a set may round better
        self.order = np.argsort(block.window_session, kind="stable")
        self.edges = np.searchsorted(block.window_session[self.order], np.arange(len(block.sessions)))

    def run(self) -> Outcome:
        """Solve one set after the other, from the market's or where a search ended, until none can be cheaper."""
        position = self.following(0, False) if np.isfinite(self.floor.min()) else self.first()
        while position is not None and time.monotonic() < self.deadline:
            try:
                lacking = self.solve(position)
            except TimeoutError:
                break
            position = self.following(position, lacking)
        if self.outcome.ledger is None:
            self.outcome.keep(self.hurried())
        self.close()
        self.outcome.bound = min(self.outcome.cost, float(self.floor.min()))
        return self.outcome

    def hurried(self) -> Ledger:
        """A plan without any program over a set: seats by price, then others moved about for those who wait."""
        ledger, priced = Ledger(self.block, self.absence), self.priced(self.prices)
        seat_by_prices(ledger, priced)
        for _ in range(RESCUES):
            ledger = rounding.rescue(ledger, np.flatnonzero(ledger.waiting), priced, RESCUE_SECONDS)
        insert_waiting(ledger)
        return ledger

    def weighed(self) -> Weighed | None:
        """What another search could go on from, None if nothing is left to find."""
        if self.outcome.cost - self.outcome.bound < 1:
            return None
        return Weighed(self.floor, self.prices, self.outcome.prices)

    def first(self) -> int:
        """The set that a market opens."""
        market = Market(self.block, self.absence, by_line=False)
        market.run(*FIRST_STEPS)
        found = market.prices()
        self.prices = Prices(found.places, found.lines)
        self.weigh(self.prices)
        return int(self.bits[market.openings > HALF].sum())

    def following(self, last: int, lacking: bool) -> int | None:
        """The set to be solved next: one session more than where people lacked places, else what could be cheapest."""
        floor = self.floor.copy()
        floor[list(self.solved)] = np.inf
        position = int(floor.argmin())
        if lacking:
            more = last | self.bits[(last & self.bits) == 0]
            if len(more) and floor[more].min() < self.outcome.cost - 1:
                position = int(more[floor[more].argmin()])
        return position if floor[position] < self.outcome.cost - 1 else None

    def solve(self, position: int) -> bool:
        """The program over one set: its plan if that is cheaper, its prices for all sets; whether people lack places.

        Raises TimeoutError.
        """
        chosen = (position & self.bits) > 0
        relaxation = self.program(chosen)
        solution = self.approached(relaxation)
        self.floor[position] = max(self.floor[position], relaxation.proved)
        if time.monotonic() < self.deadline:
            self.solved.add(position)
        self.weigh(self.spread(solution.prices, chosen))
        opened = chosen[self.block.window_session][:, None]
        places = np.where(opened, solution.prices.places, self.prices.places)
        self.prices = Prices(places, solution.prices.lines)
        before = self.outcome.ledger
        if solution.value < self.outcome.cost - 1:
            self.seat(relaxation, solution)
        return before is not None and bool(solution.left_out.sum() > before.waiting.sum() + HALF)

    def approached(self, relaxation: Relaxation) -> Solution:
        """A solution near a program's optimum, or of a set that cannot be cheaper, or what there is at the deadline.

        The first program may take a little longer: half of it is worth next to nothing. Raises TimeoutError.
        """
        grace = min(GRACE * (self.deadline - self.started), GRACE_SECONDS) if self.outcome.ledger is None else 0.0
        until = self.deadline + grace
        solution, complete = relaxation.advance(until - time.monotonic())
        while not complete:
            if solution.value - solution.bound < NEAR * self.people or relaxation.proved > self.outcome.cost:
                break
            try:
                solution, complete = relaxation.advance(until - time.monotonic())
            except TimeoutError:
                break
        return solution

    def program(self, chosen: Flags) -> Relaxation:
        """The program over some sessions, with the visits that are nearly cheapest at the latest prices."""
        relaxation = Relaxation(self.block, self.absence, seed=self.seed)
        limits = chosen.astype(np.float64)
        relaxation.limit(limits, limits)
        relaxation.watch_lines(self.prices.lines)
        priced = relaxation.reduced(self.prices)
        relaxation.add_columns(*offering.near(self.block, priced))
        relaxation.add_columns(*offering.cheapest(priced, OFFERED, FORBIDDEN))
        if self.outcome.ledger:
            relaxation.add_columns(*np.nonzero(self.outcome.ledger.count))
        return relaxation

    def seat(self, relaxation: Relaxation, solution: Solution) -> None:
        """Whole people near a program's solution; none after the deadline where there is a plan."""
        seconds = min(ROUNDING_SECONDS, ROUNDING_SHARE * (self.deadline - time.monotonic()))
        if self.outcome.ledger is not None and seconds < 0:
            return
        self.outcome.keep(rounding.settle(relaxation, solution, max(seconds, rounding.HURRIED), saving=True))

    def spread(self, found: Prices, chosen: Flags) -> Prices:
        """A program's prices, with those of closed sessions at which they tempt its people least."""
        block, places = self.block, found.places.copy()
        plain = self.priced(Prices(np.zeros_like(places), found.lines))
        opened = chosen[block.window_session]
        least = self.priced(found)[:, opened].min(axis=1, initial=np.inf)
        worth = np.minimum(block.penalty, least)
        uses = block.uses.astype(np.float64)

        def tempts(own: Ints, price: Floats) -> float:
            visit = (plain[:, own] + (uses @ price.T)[block.package]).min(axis=1)
            return float(np.maximum(worth - visit, 0) @ block.size + (price * block.places[own]).sum())

        for s in np.flatnonzero(~chosen).tolist():
            own = np.flatnonzero(block.window_session == s)
            offers = [share * self.prices.places[own] for share in SHARES]
            places[own] = offers[int(np.argmin([tempts(own, price) for price in offers]))]
        return Prices.of(places, found.lines)

    def priced(self, prices: Prices) -> Floats:
        """The cost of every visit at these prices."""
        return self.visit_cost + pricing.charges(self.block, self.absence, prices)

    def weigh(self, prices: Prices) -> None:
        """Raise the floors to what these prices prove for every set."""
        block, before = self.block, float(self.floor.min())
        proved = np.full(1, -float((prices.lines * self.absence.ceiling).sum()))
        for net in (block.open_cost - pricing.rents(block, prices)).tolist():
            proved = np.concatenate((proved, proved + net))
        cheapest = np.minimum.reduceat(self.priced(prices)[:, self.order], self.edges, axis=1)
        step = max(1, TABLE // len(proved))
        for first in range(0, len(block.size), step):
            rows = slice(first, first + step)
            least = block.penalty[None, rows].astype(np.float64)
            for column in cheapest[rows].T:
                least = np.concatenate((least, np.minimum(least, column)))
            proved += least @ block.size[rows]
        np.maximum(self.floor, proved, out=self.floor)
        if self.outcome.prices is None or float(proved.min()) > before:
            self.outcome.prices = prices

    def close(self) -> None:
        """Settle to the end, in whole numbers, what the programs left open, set by set, the lowest first."""
        for position in sorted(self.solved, key=lambda x: float(self.floor[x])):
            if self.floor[position] > self.outcome.cost - 1:
                return
            relaxation = self.program((position & self.bits) > 0)
            try:
                solution = relaxation.optimise(seconds=self.deadline - time.monotonic())
            except TimeoutError:
                return
            if solution.value < self.outcome.cost - 1:
                self.seat(relaxation, solution)
            self.floor[position] = max(self.floor[position], relaxation.proved, self.whole(relaxation, solution))

    def whole(self, relaxation: Relaxation, solution: Solution) -> float:
        """What no plan with a program's sessions can cost less than, by one in whole numbers over all its visits."""
        cost, priced = self.outcome.cost, relaxation.reduced(solution.prices)
        least = np.minimum(priced.min(axis=1, initial=np.inf), self.block.penalty)
        classes, windows = np.nonzero(priced - least[:, None] <= cost - solution.bound)
        seconds = CLOSING_SHARE * (self.deadline - time.monotonic())
        if solution.bound > cost - 1 or len(classes) > MANY_COLUMNS or seconds < rounding.HURRIED:
            return -np.inf
        program = Program(self.block, self.absence, seed=self.seed)
        program.limit(relaxation.lower, relaxation.upper)
        program.offer(classes, windows)
        assert self.outcome.ledger is not None
        bound, found = program.solved(self.outcome.ledger, seconds)
        if found is not None:
            self.outcome.keep(found)
        return min(bound, cost)
