"""A plan for a large block: openings settled on prices, people seated, then mended by a relaxation."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from scheduling.planning import neighbourhoods, pricing, rounding
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market
from scheduling.planning.blocks import Block
from scheduling.planning.eligibility import Ints
from scheduling.planning.flow import Relaxation, Solution
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.openings import Outcome
from scheduling.planning.outlook import HALF, SMALL, Outlook
from scheduling.planning.pricing import Floats
from scheduling.planning.proving import Proof

MENDING_ROUNDS, MENDING_SHARE, BOUND_SHARE = 8, 0.65, 0.1
GAIN = 0.05  # cost units per person that make another round of a program worth its time
ROUNDING_SHARE, ROUNDING_SECONDS, RESCUE_SECONDS = 0.1, (0.3, 2.0), 1.0
TOGETHER = 60  # classes for whom room is made at a time
ALL = 0.8  # of the time, for a root solved meanwhile
FAR, UNSETTLED = 20.0, 2  # between optimum and bound per person, and rounds, before openings are judged
FEW, MANY = 4, 8  # columns that each class gets at a time
SECONDS = 1.3e-8  # times first visits, times classes: what a program of this kind takes; too large ones are not begun


class Draft:
    """One large block on its way from prices to a plan; every stage leaves a valid state behind."""

    def __init__(
        self,
        block: Block,
        absence: Absence,
        deadline: float,
        seed: int = 0,
        known: Ledger | None = None,
        two_hands: bool = False,
    ) -> None:
        self.block, self.absence, self.deadline, self.seed = block, absence, deadline, seed
        self.visit_cost = pricing.visit_costs(block)
        self.outcome = Outcome(known)
        self.planned, self.seating = 0.0, np.inf  # when a plan was last begun; seconds until one is of use
        self.people = int(block.size.sum())
        self.per_class = FEW if self.people > SMALL else MANY
        self.proof = Proof(block, absence, self.visit_cost, deadline, seed, self.per_class)
        self.two_hands = two_hands
        self.started = time.monotonic()
        self.outlook = Outlook(block, absence, self.visit_cost, self.outcome, deadline)

    def run(self) -> Outcome:
        """Plan, mend and bound until the deadline; with a second hand, prove meanwhile."""
        self.outlook.form()
        with ThreadPoolExecutor(1) as second_hand:
            plain, seats = self.outlook.plain, self.outlook.seats
            begun = second_hand.submit(self.proof.begin, plain, seats, ALL) if self.two_hands else None
            self.plan(self.outlook.settled())
            if begun and not begun.done():
                self.replan()
            root = begun.result() if begun else self.proof.begin(self.outlook.known(self.outlook.free), self.best)
            finished = None
            if root is not None:
                if root.bound > self.outcome.bound:
                    self.outlook.program = root.prices, np.ones(len(self.block.sessions))
                self.outcome.prove(root.bound, root.prices)
                finished = second_hand.submit(self.proof.finish, self.outcome) if self.two_hands else None
                self.replan()
            self.rescue()
            if root is not None and not finished:
                self.proof.finish(self.outcome)
            if root is None or self.people > neighbourhoods.CROWD:
                self.sweep()
            if finished:
                finished.result()
        return self.outcome

    def rounding_seconds(self) -> float:
        """What one rounding may take: a share of the time left, but in the end all of it, for it makes the plan."""
        left = self.deadline - time.monotonic()
        return min(ROUNDING_SECONDS[1], max(ROUNDING_SHARE * left, min(ROUNDING_SECONDS[0], left)))

    def is_late(self) -> bool:
        """Whether only the quickest way to a plan is left."""
        return time.monotonic() > self.deadline

    def replan(self) -> None:
        """Bound and plan with prices that know what is scarce."""
        self.outlook.knows_scarcity = True
        self.outlook.cool()
        if time.monotonic() + self.seating > self.deadline:
            return
        again = self.outlook.settled()
        if (again.lower != (self.best.visits > 0)).any():
            self.plan(again)

    def sweep(self) -> None:
        """Plan groups of sessions anew, and bound once more."""
        every = np.arange(len(self.block.sessions))
        until = self.deadline - BOUND_SHARE * (self.deadline - self.started)
        self.keep(neighbourhoods.sweep_through(self.best, every, until, 6, openings=True))
        self.outlook.cool()

    @property
    def best(self) -> Ledger:
        """The best state so far: there is one from the first seating on."""
        assert self.outcome.ledger is not None
        return self.outcome.ledger

    def plan(self, market: Market) -> None:
        """Seat everybody in the sessions that a market has opened, and mend that."""
        self.planned = time.monotonic()
        ledger = self.outlook.seats.copy() if self.outlook.seats else Ledger(self.block, self.absence)
        ledger.close(market.upper < HALF)
        seat_by_prices(ledger, self.outlook.priced(market, market.upper), *market.seats(1.0))
        seated = self.keep(ledger)
        if self.people > SMALL and not self.outlook.free.is_scarce():
            self.make_room()
        if not self.is_late() and not self.mend(market, seated):
            used = np.flatnonzero((market.lower > HALF) | (seated.visits > 0))
            self.keep(neighbourhoods.sweep_through(self.best, used, self.deadline, 4, openings=False))

    def make_room(self) -> None:
        """Seat those who wait, some at a time, by moving others about: a large block's program may come too late."""
        waiting = np.flatnonzero(self.best.waiting)
        priced = self.outlook.priced(self.outlook.free, (self.best.visits > 0).astype(np.float64))
        for some in np.array_split(waiting, -(-len(waiting) // TOGETHER) or 1):
            if not self.is_late():
                self.keep(rounding.rescue(self.best, some, priced, RESCUE_SECONDS))

    def rescue(self) -> None:
        """Seat whoever the best plan leaves out, or opens sessions for beside the program's, by moving others about."""
        trial = self.best.copy()
        if self.outlook.program:
            trial.close(self.outlook.program[1] < HALF)
        waiting = np.flatnonzero(trial.waiting)
        if len(waiting) and not self.is_late():
            seconds = min(RESCUE_SECONDS, self.deadline - time.monotonic())
            priced = self.outlook.priced(self.outlook.free, (trial.visits > 0).astype(np.float64))
            self.keep(rounding.rescue(trial, waiting, priced, seconds))

    def keep(self, ledger: Ledger) -> Ledger:
        """The state with everybody seated who still fits; remembered if it is the best so far."""
        ledger = ledger.copy()
        insert_waiting(ledger)
        self.outcome.keep(ledger)
        return ledger

    def mend(self, market: Market, seated: Ledger) -> bool:
        """Seat everybody anew by linear programs over the nearly cheapest windows; False if they take too long.

        The market's sessions are open; of those opened for people who found no seat there, what the program needs. A
        market that knows what is scarce needs none at first.
        """
        used = np.maximum(market.lower, seated.visits > 0)
        offered = self.outlook.offers(market, used)
        if SECONDS * len(offered[0]) * len(self.block.size) > MENDING_SHARE * (self.deadline - time.monotonic()):
            return False
        relaxation = self.program_over(market, market.lower if self.outlook.knows_scarcity else used, offered, seated)
        done, again, taken, value = False, False, 0.0, np.inf
        rough: Solution | None = None
        for turn in range(MENDING_ROUNDS):
            begun = time.monotonic()
            left = self.deadline - begun
            unsettled = self.people <= SMALL and np.isinf(value)
            if taken > left * (1.0 if unsettled else HALF):  # groups planned anew bring more than a program cut short
                break
            try:
                solution, complete = relaxation.advance(MENDING_SHARE * left, self.per_class)
            except TimeoutError:
                break
            done, taken = True, time.monotonic() - begun
            self.outlook.learn(solution, relaxation.upper)
            loose, left = bool((relaxation.lower < relaxation.upper).any()), self.deadline - time.monotonic()
            self.seating = min(self.seating, np.inf if loose else time.monotonic() - self.planned)
            seconds = 0.0 if loose and taken < left else self.rounding_seconds()
            rough = None if seconds else solution
            state = self.keep(rounding.settle(relaxation, solution, seconds, saving=True))
            gained, value, far = value - solution.value, solution.value, solution.value - solution.bound
            if loose:
                if taken > HALF * left or turn + 1 >= UNSETTLED or far < FAR * self.people:
                    opened, value = rounding.rounded(solution.openings), np.inf
                    relaxation.limit(opened, opened)
            elif complete or min(gained, far) < GAIN * self.people or self.is_hopeless(solution, turn):
                more = np.maximum(relaxation.lower, state.visits > 0)
                if again or (more == relaxation.lower).all():
                    break
                again, value = True, np.inf
                relaxation.limit(relaxation.lower, more)
        if rough and not self.is_late():  # nothing better came
            self.keep(rounding.settle(relaxation, rough, self.rounding_seconds(), saving=True))
        return done

    def is_hopeless(self, solution: Solution, turn: int) -> bool:
        """Whether these sessions are too few, whatever further visits are offered."""
        return turn + 1 >= UNSETTLED and solution.value > self.outcome.cost + FAR * self.people

    def program_over(self, market: Market, most: Floats, offered: tuple[Ints, Ints], seated: Ledger) -> Relaxation:
        """The market's sessions are open, others may be; everybody may have the offered visits, and their seat."""
        relaxation = Relaxation(self.block, self.absence, seed=self.seed, visit_cost=self.visit_cost)
        relaxation.limit(market.lower, most)
        relaxation.add_columns(*offered)
        relaxation.add_columns(*np.nonzero(seated.count))
        if self.outlook.seats:
            relaxation.add_columns(*np.nonzero(self.outlook.seats.count))
        relaxation.watch_lines(self.outlook.known(market).lines)
        return relaxation
