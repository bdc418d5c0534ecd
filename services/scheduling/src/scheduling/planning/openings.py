"""Which sessions to open: branch and bound over the relaxation, good plans first, proof as time allows."""

import heapq
import threading
import time
from dataclasses import dataclass

import numpy as np

from scheduling.planning import offering, pricing, rounding
from scheduling.planning.ascent import Market, scarcity_market
from scheduling.planning.blocks import FORBIDDEN
from scheduling.planning.flow import HALF_OPEN, Counts, Relaxation, Solution
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.pricing import Floats, Prices

FIRST_STEPS = (60, 20.0, 0.5)
CLEARLY_OPEN, AT_ONCE, DIVE_ROUNDS, DEEPER_ROUNDS = 0.95, 5, 3, 0
EARLY_SECONDS, EARLY_SHARE = 0.3, 0.2  # of a rounding on the way; of the time taken so far
CLEARLY_WHOLE, LIKELY = 0.1, 0.3
SHARED, MANY_SESSIONS, SHARED_ROUNDS = 250_000, 8, 1  # classes x windows; fewer sessions are soon branched on
LEAF_SECONDS, LEAF_SHARE = 2.0, 0.15  # of one rounding; of the time left: the rest is for the proof and other leaves


class Outcome:
    """The best state found, the bound proved, the prices that prove it; two may work on one."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        self.ledger, self.cost = ledger, float(ledger.cost()) if ledger else np.inf
        self.bound = -np.inf
        self.prices: Prices | None = None
        self.guard = threading.Lock()

    def keep(self, ledger: Ledger) -> None:
        """Take over a state if it is the best so far."""
        cost = ledger.cost()
        with self.guard:
            if cost < self.cost:
                self.ledger, self.cost = ledger, cost

    def prove(self, bound: float, prices: Prices | None = None) -> None:
        """Take over a bound if it is the best so far, and the prices that prove it, if any do by themselves."""
        with self.guard:
            if prices is not None and (bound > self.bound or self.prices is None):
                self.prices = prices
            self.bound = max(self.bound, bound)


@dataclass(frozen=True, slots=True)
class Node:
    """Limits on how far sessions open, and on how many of a group do."""

    lower: Floats
    upper: Floats
    counts: Counts

    def opening(self, session: int, share: float) -> "tuple[Node, Node]":
        """With a session open and closed, the likelier first."""
        opened, closed = self.lower.copy(), self.upper.copy()
        opened[session], closed[session] = 1, 0
        both = Node(opened, self.upper, self.counts), Node(self.lower, closed, self.counts)
        return both if share >= LIKELY else both[::-1]


class Search:
    """A best-first search that plunges to a whole set of openings from every node it takes."""

    def __init__(self, relaxation: Relaxation, deadline: float, outcome: Outcome) -> None:
        self.relaxation, self.deadline, self.outcome = relaxation, deadline, outcome
        self.leaves, self.started = np.inf, time.monotonic()
        self.nodes: list[tuple[float, int, Node]] = []
        self.counting, self.every = True, relaxation.count(np.arange(relaxation.sessions))
        self.taken = 0

    def run(self) -> Outcome:
        """Search until proved or out of time."""
        if not self.taken and self.outcome.ledger is not None:
            self._start()
        elif not self.taken:
            self.dive()
        while self.nodes and time.monotonic() < self.deadline:
            bound, _, node = heapq.heappop(self.nodes)
            if bound > self.outcome.cost - 1:
                self.nodes.clear()
                break
            if not self._plunge(node):
                self._push(max(bound, self.relaxation.proved), node)
                break
            self._prove()
        self._prove()
        return self.outcome

    def _start(self) -> None:
        """Offer first columns at the prices of a market; the likeliest openings become the first node to try."""
        relaxation = self.relaxation
        prices = self.outcome.prices or _market_prices(relaxation)
        priced = relaxation.visit_cost + pricing.charges(relaxation.block, relaxation.absence, prices)
        limits = relaxation.lower, relaxation.upper
        least = priced.min(axis=1, initial=FORBIDDEN)
        self.outcome.prove(pricing.bound(relaxation.block, relaxation.absence, prices, least, *limits), prices)
        relaxation.add_columns(*offering.near(relaxation.block, priced))
        if self.outcome.ledger is None:
            ledger = Ledger(relaxation.block, relaxation.absence)
            seat_by_prices(ledger, priced)
            insert_waiting(ledger)
            self.outcome.keep(ledger)
        assert self.outcome.ledger is not None
        relaxation.add_columns(*np.nonzero(self.outcome.ledger.count))
        self._push(-np.inf, Node(relaxation.lower.copy(), relaxation.upper.copy(), {}))

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
                    self.outcome.prove(solution.bound, solution.prices)
                    if sharing and self._is_worth_sharing(solution):
                        self._early_leaf(solution)
                        relaxation.sharing = True
                        solution = relaxation.optimise(SHARED_ROUNDS, self.deadline - time.monotonic())
                        relaxation.sharing = False
                        self.outcome.prove(solution.bound, solution.prices)
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
                self.outcome.prove(relaxation.proved)
        finally:
            relaxation.sharing = sharing
            relaxation.limit(*whole)
        return self.outcome

    def _is_worth_sharing(self, solution: Solution) -> bool:
        """Whether the dive should judge openings by "a class fits as far as open": small blocks, many sessions."""
        block = self.relaxation.block
        small = len(block.size) * len(block.window_at) <= SHARED
        return small and len(block.sessions) >= MANY_SESSIONS and _undecided(solution) is not None

    def _prove(self) -> None:
        open_bounds = min((node[0] for node in self.nodes), default=np.inf)
        self.outcome.prove(min(open_bounds, self.leaves, self.outcome.cost))

    def _push(self, bound: float, node: "Node") -> None:
        self.taken += 1
        heapq.heappush(self.nodes, (bound, self.taken, node))

    def _plunge(self, node: Node) -> bool:
        """Follow the likelier child down to a leaf, leaving the siblings as nodes; False if time ran out."""
        floor, relaxation = -np.inf, self.relaxation
        while True:
            try:
                node = self._counted(node)
                relaxation.limit(node.lower, node.upper, node.counts)
                relaxation.sharing = True
                solution = relaxation.optimise(seconds=self.deadline - time.monotonic(), enough=self.outcome.cost)
            except TimeoutError:
                if floor > -np.inf:
                    self._push(max(floor, relaxation.proved), node)
                return floor > -np.inf
            floor = max(floor, relaxation.proved)
            if floor > self.outcome.cost - 1:
                return True
            split = _undecided(solution)
            if split is None:
                self._leaf(solution, floor)
                return True
            node, other = node.opening(split, solution.openings[split])
            self._push(floor, other)

    def _counted(self, node: Node) -> Node:
        """The node with as many sessions open as every plan has that is cheaper than the best. Raises TimeoutError.

        Fewer are often impossible while the relaxation, with a part of one, sees nothing in the way.
        """
        relaxation = self.relaxation
        relaxation.sharing = False
        while self.counting:
            relaxation.limit(node.lower, node.upper, node.counts)
            number = float(relaxation.optimise(seconds=self.deadline - time.monotonic()).openings.sum())
            self.outcome.prove(min([relaxation.proved, *(other[0] for other in self.nodes)]))
            self.counting = abs(number - round(number)) > CLEARLY_WHOLE
            if self.counting:
                self.counting = self._is_too_dear(node, {self.every: (0.0, float(np.floor(number)))})
            if self.counting:
                node = Node(node.lower, node.upper, node.counts | {self.every: (float(np.ceil(number)), np.inf)})
        return node

    def _is_too_dear(self, node: Node, counts: Counts) -> bool:
        """Whether nothing cheaper than the best plan keeps these limits too; no if time runs out before the proof.

        What was proved within them by then holds for no other limits: so it is not to be taken for the node's bound.
        """
        self.relaxation.limit(node.lower, node.upper, node.counts | counts)
        try:
            self.relaxation.optimise(seconds=self.deadline - time.monotonic(), enough=self.outcome.cost)
            return self.relaxation.proved > self.outcome.cost - 1
        except TimeoutError:
            return False
        finally:
            self.relaxation.limit(node.lower, node.upper, node.counts)

    def _early_leaf(self, solution: Solution) -> None:
        """A dear but valid plan, should time run out on the way; quick where the relaxation was."""
        seconds = min(EARLY_SECONDS, EARLY_SHARE * (time.monotonic() - self.started))
        self.outcome.keep(rounding.settle(self.relaxation, solution, seconds))

    def _leaf(self, solution: Solution, floor: float) -> None:
        seconds = min(LEAF_SECONDS, LEAF_SHARE * (self.deadline - time.monotonic()))
        self.outcome.keep(rounding.settle(self.relaxation, solution, max(seconds, rounding.HURRIED)))
        self.leaves = min(self.leaves, floor)


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
