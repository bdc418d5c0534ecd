"""The second turn: the poorest pieces planned anew, after handing over people whom others would serve for less."""

import threading
import time

import numpy as np

from scheduling.planning import blocks, rounding
from scheduling.planning.absence import Absence
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.jobs import Job
from scheduling.planning.ledger import Ledger, insert_waiting
from scheduling.planning.occupancy import Occupancy
from scheduling.planning.piecework import Crew, Piece
from scheduling.planning.seats import Seats
from scheduling.planning.tally import Tally

POOR, MORE = 0.02, 2.0  # gap per worker from which a piece is planned again; times what it had
POOR_AT_BORDERS = 1.0  # of a piece with borders: others wait for its people
WORTH_MOVING, HOSTS = 0.1, 1 / 3  # cost per worker that people could save in another piece; of the time left, to that
HARDLY = 0.2  # of a piece's usual time, less than that is not worth another turn
FOLLOWERS, UNSEATED = 2, 0.01  # people handed over for each who waits; and where nobody does, as a share of all
TICK = 0.01  # seconds that a job takes at least
TABLE, PATIENCE, LEFT_STANDING = 60, 2.0, 0.2  # classes seated at a time, seconds for that; of guests, to plan anew


class SecondTurn:
    """Jobs that ended far from their bound, first those with the largest gap for the time they take.

    `work` may run in several threads that share a guard.
    """

    def __init__(
        self,
        rules: Rules,
        demand: Demand,
        jobs: list[Job],
        crew: Crew,
        tally: Tally,
        guard: threading.Lock,
        deadline: float,
        seed: int,
    ) -> None:
        self.rules, self.demand, self.jobs, self.crew = rules, demand, jobs, crew
        self.tally, self.guard, self.deadline, self.seed = tally, guard, deadline, seed
        self.pace = sum(job.seconds for job in jobs) / max(1.0, sum(job.people for job in jobs))
        self.waiting: dict[Job, float] = {}  # what a second more for a job would bring, if it closed its gap
        self.busy: set[Job] = set()
        self.settled: set[Job] = set()
        for job in jobs:
            if job.seconds:
                self.queue(job, job.gap())

    def queue(self, job: Job, gap: float) -> None:
        """The job waits for another turn if it is still poor."""
        poor = POOR_AT_BORDERS if job.board else POOR
        if gap > poor * job.people and job not in self.settled:
            self.waiting[job] = gap / max(self.usual(job), TICK)

    def work(self) -> None:
        """Plan the poorest job that nobody is at, again and again, while time is left."""
        while job := self.poorest():
            host, guests = self.host_of(job)
            before = job.cost, job.bound
            if host is None:
                job.seconds = MORE * self.usual(job)
                self.plan_again(job, time.monotonic() + job.seconds)
            else:
                self.exchange(job, host, guests)
            with self.guard:
                self.busy -= {job, host or job}
                if host or (job.cost, job.bound) != before:  # others may have room; or more time brought something
                    self.queue(job, job.gap())

    def end(self) -> None:
        """No more time is left."""
        self.deadline = time.monotonic()

    def poorest(self) -> Job | None:
        """The job to be planned anew next; busy from now on."""
        with self.guard:
            now = time.monotonic()
            for job in sorted(self.waiting, key=lambda job: -self.waiting[job]):
                if now + job.seconds / 2 < self.deadline and self.is_free(job, self.busy):
                    del self.waiting[job]
                    self.busy.add(job)
                    return job
        return None

    def usual(self, job: Job) -> float:
        """Seconds that a job's first turn took, or should have taken: the last ones may have come too late."""
        return max(job.seconds, self.pace * job.people)

    def is_free(self, job: Job, busy: set[Job]) -> bool:
        """Whether the job may be planned now: nobody is at it, nor at another that holds people of its lines (R5)."""
        if job in self.settled or job in busy:
            return False
        own = self.demand.line[job.classes]
        return not any(np.isin(self.demand.line[other.classes], own).any() for other in busy)

    def host_of(self, job: Job) -> tuple[Job | None, Ints]:
        """Another piece, busy from now on, that would take some classes for much less; None if there is none."""
        with self.guard:
            for saved, number, classes in job.board.wishes(job.number) if job.board else ():
                host = next(other for other in self.jobs if other.board is job.board and other.number == number)
                if saved > WORTH_MOVING * job.people and self.is_free(host, self.busy - {job}):
                    self.busy.add(host)
                    return host, classes[: self.leaving(job, classes)]
        return None, np.zeros(0, dtype=np.int64)

    def leaving(self, job: Job, classes: Ints) -> int:
        """How many of these classes go: once the first have left, the others' places are no longer dear."""
        waiting = self.demand.size[job.classes].sum() - job.seats.amounts.sum()
        most = FOLLOWERS * waiting + UNSEATED * job.people
        return 1 + int(np.searchsorted(np.cumsum(self.demand.size[classes]), most))

    def exchange(self, job: Job, host: Job, guests: Ints) -> None:
        """Hand classes over and plan both pieces anew, first the host; if that is dearer, both stay as they were."""
        before = [(piece, piece.classes, piece.seats, piece.cost) for piece in (job, host)]
        brings = False
        try:
            self.hand_over(job, host, guests)
            brings = job.cost + host.cost <= sum(cost for *_, cost in before)
        finally:  # planned to the end or broken off
            with self.guard:
                for piece, classes, seats, cost in before if not brings else ():
                    piece.classes = classes
                    piece.take(self.tally, seats, cost)
                    self.settled.add(piece)  # the board counts the guests at their host

    def hand_over(self, job: Job, host: Job, guests: Ints) -> None:
        """Classes become the host's, which is planned anew with them, then the piece without them."""
        with self.guard:
            assert job.board is not None
            job.board.hand_over(job.number, host.number, guests)
            job.classes, host.classes = np.setdiff1d(job.classes, guests), np.union1d(host.classes, guests)
            job.take(self.tally, job.seats.of(~np.isin(job.seats.classes, guests)), job.cost)
        if self.welcome(host) > LEFT_STANDING * float(self.demand.size[guests].sum()):
            now = time.monotonic()
            self.plan_again(host, now + min(self.usual(host), HOSTS * (self.deadline - now)))
        if time.monotonic() < self.deadline:  # else its cost still counts the guests, and seats stay
            self.plan_again(job, time.monotonic() + MORE * self.usual(job))

    def welcome(self, host: Job) -> int:
        """Seat who waits in a piece, guests above all, by moving others about at its prices; how many still wait."""
        with self.guard:
            assert host.board is not None
            fixed, trips = self.away_in_others(host), host.board.priced(host.classes, host.sessions)
        if trips is None:
            return int(self.demand.size[host.classes].sum())
        known, ledger = host.seats.within(trips.block), Ledger(trips.block, Absence(self.rules, trips.block, fixed))
        ledger.add_many(known.classes, known.windows, known.amounts)
        waiting = np.flatnonzero(ledger.waiting)
        for some in np.array_split(waiting, -(-len(waiting) // TABLE) or 1):
            if time.monotonic() < self.deadline:
                ledger = rounding.rescue(ledger, some, trips.priced, PATIENCE)
        insert_waiting(ledger)
        with self.guard:
            host.take(self.tally, ledger.seats(), ledger.cost())
        return int(ledger.waiting.sum())

    def plan_again(self, job: Job, until: float) -> None:
        """Plan a job from what it has; where people of its lines have visits in other pieces, those count.

        With so little time that it would hardly begin, its people keep their seats.
        """
        if until - time.monotonic() < HARDLY * self.pace * job.people:
            return
        with self.guard:
            fixed = self.away_in_others(job) if job.board else None
        block = blocks.build(self.rules, self.demand, job.classes, job.sessions, fixed)
        if not len(block.window_at):  # everybody who could come was handed over
            with self.guard:
                job.take(self.tally, Seats.joined([]), self.tally.penalties(job.classes))
            return
        absence, seats = Absence(self.rules, block, fixed), job.seats.within(block)
        piece = Piece(block, absence, min(until, self.deadline), self.seed, seats, past=job.past)
        found = self.crew.work(lambda: piece)
        with self.guard:
            job.enter(self.tally, block, found)

    def away_in_others(self, job: Job) -> Occupancy:
        """The visits that people of a job's lines have in other pieces of its component."""
        others = [other.seats for other in self.jobs if other.board is job.board and other is not job]
        visits = Seats.joined(others).visits(self.demand)
        own = np.isin(visits.line, np.unique(self.demand.line[job.classes]))
        return Occupancy(self.rules, visits.of(own))
