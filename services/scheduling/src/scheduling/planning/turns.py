"""The turns of a plan's pieces: each once with its share of the time, then the poorest again as time allows."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from scheduling.planning import blocks, components
from scheduling.planning.absence import Absence
from scheduling.planning.bounds import Board
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Rules
from scheduling.planning.exchanges import SecondTurn
from scheduling.planning.jobs import Job
from scheduling.planning.piecework import Crew, Piece, Standing, Teller
from scheduling.planning.seats import Seats
from scheduling.planning.sharing import Component
from scheduling.planning.tally import Tally

PIECE = 12_000  # workers; larger components are cut into pieces of about this size
THREADS = 2
FAIR = 0.4  # of the time that each piece would have if all had the same
LEARNT = 0.1  # what one job adds to the experience
SECOND, LINKED = 0.3, 0.2  # of all time, for pieces that ended poorly; where they have borders
MANY = 6_000  # workers from which helper processes are worth starting
TICK = 0.1  # seconds after which a request to stop is seen at the latest


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
        self.first_turns = set(range(len(self.jobs)))  # that are not over yet
        self.standing: dict[int, Standing] = {}  # of those at work
        self.work = work
        self.extra = 0.0  # seconds that a job takes beyond what it was promised, of late
        self.crew = Crew(THREADS, processes=len(self.jobs) > 1 and work >= MANY)
        alike = len(self.jobs) > THREADS and not any(self.has_most(job) for job in self.jobs)
        share = LINKED if self.boards else SECOND if alike else 0.0
        kept = share * (deadline - time.monotonic())
        self.first, self.deadline = deadline - kept, deadline

    def run(self, stop: threading.Event) -> Seats:
        """Plan everything, then bound what was cut; who sits where. Once told to stop, with what was found by then."""
        pool = ThreadPoolExecutor(THREADS)
        try:
            first = [pool.submit(self.plan, x) for x in range(len(self.jobs))]
            if _ended(first, stop) and self.first < self.deadline:
                again = self.second_turn()
                if not _ended([pool.submit(again.work) for _ in range(THREADS)], stop):
                    again.end()
        finally:
            self.crew.close()
            # Helpers are gone, and threads that wait for them end now; a search in a thread cannot be broken off.
            pool.shutdown(wait=bool(self.crew.helpers) or not stop.is_set(), cancel_futures=True)
        with self.guard:
            self.tally.under_way.clear()
            for x, standing in self.standing.items():
                self.jobs[x].settle_for(self.tally, standing)
            unproved = [self.jobs[x].board for x in self.first_turns]
            for board in self.boards:
                if board not in unproved:
                    self.tally.add(0, max(0.0, board.joint()))  # nothing costs less than nothing
            return Seats.joined([job.seats for job in self.jobs])

    def second_turn(self) -> SecondTurn:
        """What is left to do once every job had its turn."""
        args = self.jobs, self.crew, self.tally, self.guard, self.deadline, self.seed
        return SecondTurn(self.rules, self.demand, *args)

    def has_most(self, job: Job) -> bool:
        """Whether most people are in a job: it comes last, with both cores, and could not have its time twice."""
        return 2 * job.people > self.work

    def plan(self, x: int) -> None:
        """Plan one job in its turn."""
        job, begun = self.jobs[x], time.monotonic()
        block = blocks.build(self.rules, self.demand, job.classes, job.sessions)
        if not len(block.window_at):
            with self.guard:
                self.first_turns.remove(x)
                self.tally.add(0, 0 if job.board else job.cost)
            return
        found = self.crew.work(
            lambda: Piece(
                block, Absence(self.rules, block), self.end_of(x, begun), self.seed, alone=self.has_most(job)
            ),
            self.teller(x),
        )
        with self.guard:
            now = time.monotonic()
            self.extra += LEARNT * (max(0.0, now - self.ends.pop(x)) - self.extra)
            self.tally.under_way.pop(x, None)
            self.standing.pop(x, None)
            self.first_turns.remove(x)
            job.enter(self.tally, block, found)
            job.seconds = now - begun

    def teller(self, x: int) -> Teller | None:
        """Who keeps and passes on how far a job's first turn is, if anybody listens."""
        job = self.jobs[x]

        def tell(standing: Standing) -> None:
            seated = self.tally.by_priority(standing.seats.classes, standing.seats.amounts)
            with self.guard:
                self.standing[x] = standing
                self.tally.stand(x, standing.cost - job.cost, 0 if job.board else standing.bound, seated)

        return tell if self.tally.listener else None

    def end_of(self, x: int, begun: float) -> float:
        """When a job should end, given what the jobs at work were promised, and what jobs take beyond that."""
        with self.guard:
            now = time.monotonic()
            # By people, but small pieces of few have their own difficulties: at least a part of an equal share.
            share = max(self.jobs[x].people / max(self.left, 1.0), FAIR / (len(self.jobs) - x))
            self.left -= self.jobs[x].people
            promised = sum(max(0.0, end - now) for end in self.ends.values())
            left, extra = max(0.0, self.first - now), self.extra * (len(self.jobs) - x)
            self.ends[x] = begun + min(left, share * max(0.0, THREADS * left - promised - extra))
            return self.ends[x]


def _ended(tasks: "Sequence[Future[None]]", stop: threading.Event) -> bool:
    """Wait for all of them, or until told to stop; whether they are done."""
    for task in tasks:
        while not (task.done() or stop.is_set()):
            wait((task,), TICK)
        if stop.is_set():
            return False
        task.result()
    return True
