"""Pieces of a plan, each worked on alone: here in a thread, or in a helper process: pickled pieces in, findings out."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe

import numpy as np

from scheduling.planning import pricing
from scheduling.planning.absence import Absence
from scheduling.planning.blocks import Block
from scheduling.planning.drafting import Draft
from scheduling.planning.eligibility import Ints
from scheduling.planning.ledger import Ledger, insert_waiting
from scheduling.planning.openings import Outcome
from scheduling.planning.pricing import Floats, Prices
from scheduling.planning.seats import Seats
from scheduling.planning.weighing import FEW, Weighed, Weighing

HELPER = "import sys; from scheduling.planning import piecework; piecework.main(int(sys.argv[1]))"
TOLD_EVERY = 1.0  # seconds
Teller = Callable[["Standing"], None]
SMALL = 250_000  # classes x windows up to which every set of few sessions is weighed


@dataclass(frozen=True, slots=True)
class Piece:
    """Some classes and sessions to be planned until an instant of the machine's monotonic clock.

    In a further turn `known` are the seats so far, by positions of the block, and `past` is what the search before it
    knew. A piece that is `alone` has two cores.
    """

    block: Block
    absence: Absence
    until: float
    seed: int
    known: Seats | None = None
    alone: bool = False
    past: Weighed | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Visits as (class, window, amount), their cost, what no plan of the piece can cost less than.

    `prices` prove `priced_bound`, in which one of class c counts `least[c]`.
    """

    classes: Ints
    windows: Ints
    amounts: Ints
    cost: int
    bound: float
    prices: Prices
    priced_bound: float
    least: Floats
    past: Weighed | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an unfinished piece is: a valid plan with its cost, and the bound so far."""

    cost: int
    bound: float
    seats: Seats


def work(piece: Piece, tell: Teller | None = None) -> Finding:
    """Plan one piece: of few sessions every set is weighed, else it is drafted and, if time allows, searched."""
    block, absence = piece.block, piece.absence
    with _told(tell) as stage:
        outcome = _search(stage, piece)
    ledger = outcome.ledger
    if ledger is None:
        ledger = Ledger(block, absence)
        insert_waiting(ledger)
    chosen, windows = np.nonzero(ledger.count)
    prices = outcome.prices or Prices.nothing(block, absence)
    plain = Prices(prices.places, prices.lines)  # what classes pay to get into a session binds no other piece
    nobody, cheapest = np.zeros(len(block.sessions)), pricing.cheapest(block, absence, plain)
    proved = pricing.bound(block, absence, plain, cheapest, nobody, nobody + 1)
    proved -= float((plain.lines * (absence.limit - absence.ceiling)).sum())  # whoever is away for others may not be
    least = np.minimum(cheapest, block.penalty)
    return Finding(
        chosen,
        windows,
        ledger.count[chosen, windows].astype(np.int64),
        ledger.cost(),
        max(outcome.bound, proved, 0.0),
        plain,
        proved,
        least,
        stage.now.weighed() if isinstance(stage.now, Weighing) else None,
    )


class Stage:
    """What is at work on a piece; its outcome is the best so far."""

    now: Draft | Weighing | None = None

    def run(self, search: Draft | Weighing) -> Outcome:
        """Let it run, watched."""
        self.now = search
        return search.run()

    def standing(self) -> Standing | None:
        """The best plan so far, None before there is any."""
        outcome = self.now.outcome if self.now else None
        ledger = outcome.ledger if outcome else None
        if outcome is None or ledger is None:
            return None
        return Standing(ledger.cost(), max(outcome.bound, 0.0), ledger.seats())


@contextmanager
def _told(tell: Teller | None) -> Iterator[Stage]:
    """Tell of every second in which the work on a piece got further."""
    stage, over = Stage(), threading.Event()

    def watch(tell: Teller) -> None:
        told = (0, 0.0)
        while not over.wait(TOLD_EVERY):
            standing = stage.standing()
            if standing and (standing.cost, standing.bound) != told:
                told = standing.cost, standing.bound
                tell(standing)

    watcher = threading.Thread(target=watch, args=(tell,), daemon=True) if tell else None
    if watcher:
        watcher.start()
    try:
        yield stage
    finally:
        over.set()
        if watcher:
            watcher.join()


def _search(stage: Stage, piece: Piece) -> Outcome:
    block, absence, seats, known = piece.block, piece.absence, piece.known, None
    if seats is not None:
        known = Ledger(block, absence)
        known.add_many(seats.classes, seats.windows, seats.amounts)
    if len(block.size) * len(block.window_at) <= SMALL and len(block.sessions) <= FEW:
        return stage.run(Weighing(block, absence, piece.until, piece.seed, known, piece.past))
    return stage.run(Draft(block, absence, piece.until, piece.seed, known, two_hands=piece.alone))


class Helper:
    """A process that works on one piece after the other; end it with `close`."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        # One helper keeps one core busy: threads of the linear algebra would only fight for it.
        environment |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self.pipe, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-c", HELPER, str(theirs.fileno())]
            self.process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()])  # noqa: S603

    def work(self, piece: Piece, tell: Teller | None = None) -> Finding:
        """Have one piece planned. Raises ChildProcessError if the helper died."""
        try:
            self.pipe.send((piece, tell is not None))
            while isinstance(found := self.pipe.recv(), Standing):
                if tell:
                    tell(found)
        except (EOFError, OSError) as error:
            raise ChildProcessError(f"planning helper ended with {self.process.wait()}") from error
        assert isinstance(found, Finding)
        return found

    def close(self) -> None:
        """End the process; whoever waits for its finding learns so."""
        self.process.kill()
        self.process.wait()


class Crew:
    """So many at work side by side: helper processes, or threads of this process where pieces are short."""

    def __init__(self, size: int, processes: bool) -> None:
        self.helpers = [Helper() for _ in range(size)] if processes else []
        self.idle = list(self.helpers)
        self.guard, self.closed = threading.Lock(), False

    def work(self, make: Callable[[], Piece], tell: Teller | None = None) -> Finding:
        """Plan a piece in this thread, or have a helper plan it. Raises ChildProcessError once the crew is closed."""
        piece = make()
        if not self.helpers:
            found = work(piece, tell)
            if self.closed:
                raise ChildProcessError("planned too late")
            return found
        with self.guard:
            helper = self.idle.pop()
        try:
            return helper.work(piece, tell)
        finally:
            with self.guard:
                self.idle.append(helper)

    def close(self) -> None:
        """End all helpers; what threads find from now on comes too late."""
        self.closed = True
        for helper in self.helpers:
            helper.close()


def main(pipe: int) -> None:
    """Be a helper: work on the pieces that come through the pipe (a descriptor) until it ends, or the parent does."""
    for request in (signal.SIGINT, signal.SIGTERM):  # a terminal asks all its processes to end; the parent decides
        signal.signal(request, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    with Connection(pipe) as line:
        while True:
            try:
                piece, telling = line.recv()
            except EOFError:
                return
            line.send(work(piece, line.send if telling else None))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
