"""A plan for a large block: prices by ascent, openings settled on them, people seated, then mended by a relaxation.

Where places are so scarce that people stay out, the prices come down from penalties rather than up from nothing.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from scheduling.planning import chains, neighbourhoods, offering, pricing, rounding, scarcity
from scheduling.planning.absence import Absence
from scheduling.planning.ascent import Market, scarcity_market
from scheduling.planning.blocks import Block
from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.flow import Relaxation, Solution
from scheduling.planning.ledger import Ledger, insert_waiting, seat_by_prices
from scheduling.planning.openings import Outcome
from scheduling.planning.pricing import Floats, Prices
from scheduling.planning.proving import Proof

HOT, WARM, LUKEWARM, COLD = 20.0, 2.0, 3.0, 0.15
MENDING_ROUNDS, MENDING_SHARE, BOUND_SHARE, HALF = 8, 0.65, 0.1, 0.5
GAIN = 0.05  # cost units per person that make another round of a program worth its time
SCARCITY = 50.0  # cost units between two prices: only one of them knows that somebody stays out
ROUNDING_SHARE, ROUNDING_SECONDS, RESCUE_SECONDS = 0.1, (0.3, 2.0), 1.0
UPWARDS, DOWNWARDS = (0.1, 16, 60), (0.2, 32, 180)  # steps of prices: a share of the time, at least, at most
FORESIGHT_SHARE, SHARPENING_SHARE = 0.1, 0.15  # of the time left
MANY_OUT = 0.05  # share of people left out from which prices come down
TOGETHER = 60  # classes for whom room is made at a time
SETTLING_SHARE = 0.15  # of the time left; what is unsettled then settles at once
ALL = 0.8  # of the time, for a root solved meanwhile
CLEARLY = 1e-3
FAR, UNSETTLED = 20.0, 2  # between optimum and bound per person, and rounds, before openings are judged
SMALL, FEW, MANY = 5_000, 4, 8  # people; columns that each class gets at a time
SECONDS = 3e-9  # times first visits squared: what a program of this kind takes; too large ones are not begun


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
        self.program: tuple[Prices, Floats] | None = None  # of the last program: prices, openings
        self.planned, self.seating = 0.0, np.inf  # when a plan was last begun; seconds until one is of use
        self.foreseen: Ledger | None = None  # a seating with all sessions open, where somebody must stay out of all
        self.people, self.knows_scarcity = int(block.size.sum()), False
        self.per_class = FEW if self.people > SMALL else MANY
        self.proof = Proof(block, absence, self.visit_cost, deadline, seed, self.per_class)
        self.two_hands = two_hands
        self.started = started = time.monotonic()
        self.free = Market(block, absence, by_line=False)
        self.free.run(5, HOT, HOT)
        self.plain = self.free.prices()  # of the market before it was told who must stay out
        self.step = (time.monotonic() - started) / 5
        self.pace = self.steps(UPWARDS)

    def steps(self, usual: tuple[float, int, int]) -> int:
        """How many steps of the market are a share of all time, at least and at most so many."""
        share, least, most = usual
        return int(np.clip(share * (self.deadline - self.started) / max(self.step, 1e-4), least, most))

    def run(self) -> Outcome:
        """Plan, mend and bound until the deadline; with a second hand, prove meanwhile."""
        if self.people <= SMALL:
            self.free.run(self.pace, HOT, WARM)
        if self.people > SMALL or self.free.is_scarce():
            self.free = scarcity_market(self.block, self.absence, self.steps(DOWNWARDS), WARM)
        self.free.run(self.pace // 3, WARM, 1.0)
        self.plain = self.free.prices()
        self.prove(self.plain)
        if self.people > SMALL:
            self.sharpen()
        elif not self.free.is_scarce():
            self.foresee()
        with ThreadPoolExecutor(1) as second_hand:
            plain, seats = self.plain, self.foreseen
            begun = second_hand.submit(self.proof.begin, plain, seats, ALL) if self.two_hands else None
            self.plan(self.settled())
            if begun and not begun.done():
                self.replan()
            root = begun.result() if begun else self.proof.begin(self.known(self.free), self.best)
            finished = None
            if root is not None:
                if root.bound > self.outcome.bound:
                    self.program = root.prices, np.ones(len(self.block.sessions))
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
                self.foreseen, self.program = ledger, (prices, np.ones(len(self.block.sessions)))
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
            self.foreseen = Ledger(self.block, self.absence)
            for c, w, n in zip(found.classes.tolist(), found.windows.tolist(), found.amounts.tolist(), strict=True):
                self.foreseen.add(c, w, min(n, self.foreseen.room(c, w)))

    def descend(self) -> None:
        """Go on with the market whose prices come down from penalties, if that proves more."""
        before, market = self.outcome.bound, scarcity_market(self.block, self.absence, self.steps(DOWNWARDS), WARM)
        market.run(self.pace // 3, WARM, 1.0)
        self.prove(market.prices())
        if self.outcome.bound > before:
            self.free, self.plain = market, market.prices()

    def rounding_seconds(self) -> float:
        """What one rounding may take: a share of the time left, but in the end all of it, for it makes the plan."""
        left = self.deadline - time.monotonic()
        return min(ROUNDING_SECONDS[1], max(ROUNDING_SHARE * left, min(ROUNDING_SECONDS[0], left)))

    def is_late(self) -> bool:
        """Whether only the quickest way to a plan is left."""
        return time.monotonic() > self.deadline

    def replan(self) -> None:
        """Bound and plan with prices that know what is scarce."""
        self.knows_scarcity = True
        self.cool()
        if time.monotonic() + self.seating > self.deadline:
            return
        again = self.settled()
        if (again.lower != (self.best.visits > 0)).any():
            self.plan(again)

    def sweep(self) -> None:
        """Plan groups of sessions anew, and bound once more."""
        every = np.arange(len(self.block.sessions))
        until = self.deadline - BOUND_SHARE * (self.deadline - self.started)
        self.keep(neighbourhoods.sweep_through(self.best, every, until, 6, openings=True))
        self.cool()

    @property
    def best(self) -> Ledger:
        """The best state so far: there is one from the first seating on."""
        assert self.outcome.ledger is not None
        return self.outcome.ledger

    def plan(self, market: Market) -> None:
        """Seat everybody in the sessions that a market has opened, and mend that."""
        self.planned = time.monotonic()
        ledger = self.foreseen.copy() if self.foreseen else Ledger(self.block, self.absence)
        _close(ledger, market.upper < HALF)
        seat_by_prices(ledger, self.priced(market, market.upper), *market.seats(1.0))
        seated = self.keep(ledger)
        if self.people > SMALL and not self.free.is_scarce():
            self.make_room()
        if not self.is_late() and not self.mend(market, seated):
            used = np.flatnonzero((market.lower > HALF) | (seated.visits > 0))
            self.keep(neighbourhoods.sweep_through(self.best, used, self.deadline, 4, openings=False))

    def priced(self, market: Market, opened: Floats) -> Floats:
        """The cost of every visit at the market's prices; nobody may use a session that is not open."""
        priced = pricing.charges(self.block, self.absence, self.known(market), opened < HALF)
        priced += self.visit_cost
        return priced

    def offers(self, market: Market, opened: Floats) -> tuple[Ints, Ints]:
        """The visits that a program starts from; of small blocks, where scarce windows cost a penalty, earlier prices
        tell more.
        """
        prices = self.plain if self.foreseen and self.people <= SMALL else self.known(market)
        priced = pricing.charges(self.block, self.absence, prices, opened < HALF)
        priced += self.visit_cost
        return offering.near(self.block, priced)

    def make_room(self) -> None:
        """Seat those who wait, some at a time, by moving others about: a large block's program may come too late."""
        priced, waiting = self.priced(self.free, (self.best.visits > 0).astype(np.float64)), self.best.waiting
        for some in np.array_split(np.flatnonzero(waiting), -(-np.count_nonzero(waiting) // TOGETHER) or 1):
            if not self.is_late():
                self.keep(rounding.rescue(self.best, some, priced, RESCUE_SECONDS))

    def rescue(self) -> None:
        """Seat whoever the best plan leaves out, or opens sessions for beside the program's, by moving others about."""
        trial = self.best.copy()
        if self.program:
            _close(trial, self.program[1] < HALF)
        waiting = np.flatnonzero(trial.waiting)
        if len(waiting) and not self.is_late():
            seconds = min(RESCUE_SECONDS, self.deadline - time.monotonic())
            priced = self.priced(self.free, (trial.visits > 0).astype(np.float64))
            self.keep(rounding.rescue(trial, waiting, priced, seconds))

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

    def keep(self, ledger: Ledger) -> Ledger:
        """The state with everybody seated who still fits; remembered if it is the best so far."""
        ledger = ledger.copy()
        insert_waiting(ledger)
        self.outcome.keep(ledger)
        return ledger

    def prove(self, prices: Prices) -> None:
        """Raise the bound to what these prices prove."""
        self.outcome.prove(pricing.proved(self.block, self.absence, prices), prices)

    def blended(self, found: Prices, opened: Floats) -> Prices:
        """The prices of a program over open sessions, and of the free market in those that it kept closed."""
        places = np.where((opened > HALF)[self.block.window_session][:, None], found.places, self.free.places)
        shares = self.free.prices().shares
        return Prices.of(places, found.lines, None if shares is None else np.where(opened > HALF, 0.0, shares))

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

    def settled(self) -> Market:
        """A market in which every session is open or closed."""
        market = self.free.fork()
        if self.is_late():
            market.settle_at_once()
            return market
        left = self.deadline - time.monotonic()
        market.settle_openings(max(4, self.pace // 12), 1.0, time.monotonic() + SETTLING_SHARE * left)
        market.run(max(8, self.pace // 2), 1.0, COLD)
        return market

    def mend(self, market: Market, seated: Ledger) -> bool:
        """Seat everybody anew by linear programs over the nearly cheapest windows; False if they take too long.

        The market's sessions are open; of those opened for people who found no seat there, what the program needs. A
        market that knows what is scarce needs none at first.
        """
        used = np.maximum(market.lower, seated.visits > 0)
        offered = self.offers(market, used)
        if SECONDS * len(offered[0]) ** 2 > MENDING_SHARE * (self.deadline - time.monotonic()):
            return False
        relaxation = self.program_over(market, market.lower if self.knows_scarcity else used, offered, seated)
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
            self.learn(solution, relaxation.upper)
            loose = bool((relaxation.lower < relaxation.upper).any())
            self.seating = min(self.seating, np.inf if loose else time.monotonic() - self.planned)
            seconds = 0.0 if loose and taken < HALF * (self.deadline - time.monotonic()) else self.rounding_seconds()
            rough = None if seconds else solution
            state = self.keep(rounding.settle(relaxation, solution, seconds, saving=True))
            gained, value, far = value - solution.value, solution.value, solution.value - solution.bound
            if loose:
                if turn + 1 >= UNSETTLED or far < FAR * self.people:
                    opened, value = rounded(solution.openings), np.inf
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
        if self.foreseen:
            relaxation.add_columns(*np.nonzero(self.foreseen.count))
        relaxation.watch_lines(self.known(market).lines)
        return relaxation

    def learn(self, solution: Solution, opened: Floats) -> None:
        """What a program's prices prove."""
        self.prove(self.blended(solution.prices, opened))
        self.program = solution.prices, opened
        self.prove(self.known(self.free))


def _close(ledger: Ledger, closed: Flags) -> None:
    """Nobody stays in these sessions."""
    classes, windows = np.nonzero(ledger.count * closed[ledger.block.window_session])
    ledger.add_many(classes, windows, -ledger.count[classes, windows].astype(np.int64))


def _far(found: Floats, known: Floats) -> Flags:
    return np.asarray(np.abs(found - known) > SCARCITY)


def rounded(openings: Floats) -> Floats:
    """What is mostly open opens, and of what is open in part the most open, as many as all openings come to."""
    number = max(int((openings > HALF).sum()), int(np.ceil(openings.sum() - CLEARLY)))
    whole = np.zeros(len(openings))
    whole[np.argsort(-openings, kind="stable")[:number]] = 1
    return whole
