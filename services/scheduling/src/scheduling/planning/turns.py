"""The turns of a plan's pieces: each once with its share of the time, then the poorest again as time allows."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from scheduling.planning import blocks, components, rounding
from scheduling.planning.absence import Absence
from scheduling.planning.blocks import Block
from scheduling.planning.bounds import Board
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.ledger import Ledger, insert_waiting
from scheduling.planning.occupancy import Occupancy
from scheduling.planning.piecework import Crew, Finding, Piece, Standing, Teller
from scheduling.planning.seats import Seats
from scheduling.planning.sharing import Component
from scheduling.planning.tally import Tally

PIECE = 12_000  # workers; larger components are cut into pieces of about this size
THREADS = 2
FAIR = 0.4  # of the time that each piece would have if all had the same
SECOND, LINKED = 0.1, 0.2  # of all time, for pieces that ended poorly; where they have borders
POOR, MORE = 1.0, 2.0  # gap per worker from which a piece is planned again; times what it had
WORTH_MOVING, HOSTS = 0.1, 1 / 3  # cost per worker that people could save in another piece; of the time left, to that
TABLE, PATIENCE, LEFT_STANDING = 60, 2.0, 0.2  # classes seated at a time, seconds for that; of guests, to plan anew
MANY = 6_000  # workers from which helper processes are worth starting


@dataclass(eq=False, slots=True)
class Job:
    """A component, or a piece of one that was cut (then with its number and a board), and what was found for it."""

    classes: Ints
    sessions: Ints
    people: float
    board: Board | None
    number: int
    seats: Seats
    cost: int
    bound: float = 0.0
    seconds: float = 0.0

    def gap(self) -> float:
        """How much dearer than the bound: its own, or its part of the joint one."""
        if self.board is None:
            return self.cost - self.bound
        return self.cost - self.board.proved[self.number] + self.board.loss(self.number)


class Round:
    """The components, or the pieces of large ones, planned smallest first, each with its share of the time left.

    A little time is kept for those that ended worst: on a busy machine a piece may hardly have run in its turn, and
    people at a border may wait in one piece for what another has left.
    """

    def __init__(
        self,
        rules: Rules,
        demand: Demand,
        parts: list[Component],
        tally: Tally,
        deadline: float,
        seed: int = 0,
        people: int = PIECE,
    ) -> None:
        self.rules, self.demand, self.tally, self.seed = rules, demand, tally, seed
        self.boards: list[Board] = []
        self.jobs: list[Job] = []
        for part in parts:
            cut = components.pieces(rules, demand, part, people)
            board = Board(rules, demand, part, cut) if len(cut) > 1 else None
            self.boards += [board] if board else []
            for number, piece in enumerate(cut):
                size, penalties = float(demand.size[piece.classes].sum()), tally.penalties(piece.classes)
                self.jobs.append(Job(piece.classes, piece.sessions, size, board, number, Seats.joined([]), penalties))
        work = sum(job.people for job in self.jobs)
        self.left, self.ends, self.guard = work, dict[int, float](), threading.Lock()
        self.crew = Crew(THREADS, processes=len(self.jobs) > 1 and work >= MANY)
        share = LINKED if self.boards else SECOND if len(self.jobs) > THREADS else 0.0
        kept = share * (deadline - time.monotonic())
        self.first, self.deadline = deadline - kept, deadline
        self.waiting: list[Job] = []
        self.busy: set[Job] = set()
        self.settled: set[Job] = set()

    def run(self) -> Seats:
        """Plan everything, then bound what was cut; who sits where."""
        with closing(self.crew), ThreadPoolExecutor(THREADS) as pool:
            try:
                list(pool.map(self.plan, range(len(self.jobs))))
                again = [(job.gap(), job) for job in self.jobs if job.seconds] if self.first < self.deadline else []
                poor = [(gap, job) for gap, job in again if gap > POOR * job.people]
                self.waiting = [job for _, job in sorted(poor, key=lambda pair: -pair[0])]
                list(pool.map(self.plan_poor, range(THREADS)))
            finally:
                pool.shutdown(cancel_futures=True)
        for board in self.boards:
            self.tally.add(0, max(0.0, board.joint()))  # nothing costs less than nothing
        return Seats.joined([job.seats for job in self.jobs])

    def plan(self, x: int) -> None:
        """Plan one job in its turn."""
        job = self.jobs[x]
        block = blocks.build(self.rules, self.demand, job.classes, job.sessions)
        if not len(block.window_at):
            with self.guard:
                self.tally.add(0, 0 if job.board else job.cost)
            return
        begun = time.monotonic()
        found = self.crew.work(
            lambda: Piece(block, Absence(self.rules, block), self.end_of(x), self.seed), self.teller(x, block)
        )
        with self.guard:
            del self.ends[x]
            self.tally.under_way.pop(x, None)
            self.enter(job, block, found)
            job.seconds = time.monotonic() - begun

    def teller(self, x: int, block: Block) -> Teller | None:
        """Who passes on how far a job's first turn is, if anybody listens."""
        job = self.jobs[x]

        def tell(standing: Standing) -> None:
            seated = self.tally.by_priority(block.classes, block.size - standing.waiting)
            with self.guard:
                self.tally.stand(x, standing.cost - job.cost, 0 if job.board else standing.bound, seated)

        return tell if self.tally.listener else None

    def end_of(self, x: int) -> float:
        """When a job that begins now should end, given what the jobs at work were promised."""
        with self.guard:
            now = time.monotonic()
            # By people, but small pieces of few have their own difficulties: at least a part of an equal share.
            share = max(self.jobs[x].people / max(self.left, 1.0), FAIR / (len(self.jobs) - x))
            self.left -= self.jobs[x].people
            promised = sum(max(0.0, end - now) for end in self.ends.values())
            left = max(0.0, self.first - now)
            self.ends[x] = now + min(left, share * max(0.0, THREADS * left - promised))
            return self.ends[x]

    def plan_poor(self, _: int) -> None:
        """Plan the poorest job that nobody is at, again and again, while time is left."""
        while job := self.poorest():
            host, guests = self.host_of(job)
            if host is None:
                self.plan_again(job, time.monotonic() + MORE * job.seconds)
            else:
                self.exchange(job, host, guests)
            with self.guard:
                self.busy -= {job, host or job}
                if host and job not in self.settled and job.gap() > POOR * job.people:
                    self.waiting.append(job)  # others may have room for more of its people

    def poorest(self) -> Job | None:
        """The job to be planned anew next; busy from now on."""
        with self.guard:
            now = time.monotonic()
            for job in self.waiting:
                if now + job.seconds / 2 < self.deadline and self.is_free(job, self.busy):
                    self.waiting.remove(job)
                    self.busy.add(job)
                    return job
        return None

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
                    return host, classes
        return None, np.zeros(0, dtype=np.int64)

    def exchange(self, job: Job, host: Job, guests: Ints) -> None:
        """Hand classes over and plan both pieces anew, first the host; if that is dearer, both stay as they were."""
        before = [(piece, piece.classes, piece.seats, piece.cost) for piece in (job, host)]
        with self.guard:
            assert job.board is not None
            job.board.hand_over(job.number, host.number, guests)
            job.classes, host.classes = np.setdiff1d(job.classes, guests), np.union1d(host.classes, guests)
            self.take(job, job.seats.of(~np.isin(job.seats.classes, guests)), job.cost)
        now = time.monotonic()
        if self.welcome(host) > LEFT_STANDING * float(self.demand.size[guests].sum()):
            self.plan_again(host, now + min(host.seconds, HOSTS * (self.deadline - now)))
        self.plan_again(job, time.monotonic() + MORE * job.seconds)
        with self.guard:
            if job.cost + host.cost > sum(cost for *_, cost in before):
                for piece, classes, seats, cost in before:
                    piece.classes = classes
                    self.take(piece, seats, cost)
                self.settled |= {job, host}  # the board counts the guests at their host

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
        at, windows = np.nonzero(ledger.count)
        seats = Seats.at(trips.block, at, windows, ledger.count[at, windows].astype(np.int64))
        with self.guard:
            self.take(host, seats, ledger.cost())
        return int(ledger.waiting.sum())

    def plan_again(self, job: Job, until: float) -> None:
        """Plan a job from what it has; where people of its lines have visits in other pieces, those count."""
        with self.guard:
            fixed = self.away_in_others(job) if job.board else None
        block = blocks.build(self.rules, self.demand, job.classes, job.sessions, fixed)
        if not len(block.window_at):  # everybody who could come was handed over
            with self.guard:
                self.take(job, Seats.joined([]), self.tally.penalties(job.classes))
            return
        piece = Piece(
            block, Absence(self.rules, block, fixed), min(until, self.deadline), self.seed, job.seats.within(block)
        )
        found = self.crew.work(lambda: piece)
        with self.guard:
            self.enter(job, block, found)

    def away_in_others(self, job: Job) -> Occupancy:
        """The visits that people of a job's lines have in other pieces of its component."""
        others = [other.seats for other in self.jobs if other.board is job.board and other is not job]
        visits = Seats.joined(others).visits(self.demand)
        own = np.isin(visits.line, np.unique(self.demand.line[job.classes]))
        return Occupancy(self.rules, visits.of(own))

    def enter(self, job: Job, block: Block, found: Finding) -> None:
        """What was found for a job becomes part of the plan, in place of what it had."""
        bound = job.bound
        if job.board:
            proves_more = job.board.post(job.number, block, found)
        else:
            proves_more, job.bound = found.bound > bound, max(found.bound, bound)
        if proves_more:
            self.tally.note(block, found.prices)
        self.tally.bound += job.bound - bound
        self.take(job, Seats.at(block, found.classes, found.windows, found.amounts), found.cost)

    def take(self, job: Job, seats: Seats, cost: int) -> None:
        """A job's people sit here now."""
        self.tally.seat(job.seats, -1)
        self.tally.seat(seats)
        self.tally.add(cost - job.cost, 0.0)
        job.seats, job.cost = seats, cost
