"""`solve`: an instance and a time limit in, a valid plan with its proved bound out."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from scheduling.planning import blocks, bounds, classes, completing, components, costs, naming, pricing, reasons
from scheduling.planning.absence import Absence
from scheduling.planning.blocks import Block
from scheduling.planning.bounds import Board
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Rules
from scheduling.planning.model import Appointments, Instance, Notes, Plan, Progress
from scheduling.planning.piecework import Crew, Finding, Piece
from scheduling.planning.pricing import Prices
from scheduling.planning.sharing import Component

THREADS = 2
FAIR = 0.4  # of the time that each piece would have if all had the same
SECOND, POOR, MORE = 0.1, 10.0, 2.0  # of all time, for pieces with a larger gap per worker; times what they had
MANY = 6_000  # workers from which helper processes are worth starting
PIECE = 12_000  # workers; larger components are cut into pieces of about this size
SECONDS_PER_WORKER = 25e-6  # kept for naming, reasons and cost
Listener = Callable[[Progress], None]


@dataclass
class Notebook:
    """The notes of the plan while they are collected."""

    station_prices: dict[tuple[str, str], float]
    line_prices: dict[str, float]
    session_gains: dict[str, float]


@dataclass
class Tally:
    """The cost with whoever is not planned yet left out, and the bound so far; shared by the threads."""

    instance: Instance
    started: float
    listener: Listener | None = None
    cost: int = 0
    bound: float = 0.0
    waiting: Counter[int] = field(default_factory=Counter)
    appointments: Appointments = field(default_factory=dict)
    notes: "Notebook" = field(default_factory=lambda: Notebook({}, {}, {}))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def leave_out(self, demand: Demand, parts: list[Component]) -> None:
        """Everybody waits; the bound counts the penalty of classes that reach no session."""
        inside = np.zeros(len(demand.size), dtype=np.bool_)
        for part in parts:
            inside[part.classes] = True
        penalties = self.instance.weights.unassigned
        for c, size in enumerate(demand.size.tolist()):
            priority = int(demand.priority[c])
            self.waiting[priority] += size
            self.cost += size * penalties[priority]
            self.bound += 0 if inside[c] else size * penalties[priority]

    def add(self, saved: int, bound: float) -> None:
        """One more piece is planned, so much cheaper than leaving all of it out, and bounded."""
        with self.lock:
            self.cost -= saved
            self.bound += bound
            if self.listener:
                waiting = {priority: n for priority, n in sorted(self.waiting.items()) if n}
                self.listener(Progress(time.monotonic() - self.started, self.cost, int(self.bound), waiting))

    def note(self, block: Block, prices: Prices) -> None:
        """Keep what a piece's prices say of its stations, lines and sessions."""
        names = [self.instance.sessions[s].id for s in block.sessions]
        windows = np.bincount(block.window_session, minlength=len(names))
        for r, station in enumerate(block.resource_names):
            mean = np.bincount(block.window_session, prices.places[:, r], len(names)) / windows
            for s in np.flatnonzero(mean).tolist():
                self.notes.station_prices[names[s], station] = round(float(mean[s]), 2)
        dearest = prices.lines.max(axis=1, initial=0.0)
        self.notes.line_prices.update(
            {self.instance.lines[block.lines[x]].id: round(float(dearest[x]), 2) for x in np.flatnonzero(dearest)}
        )
        gains = pricing.rents(block, prices) - block.open_cost
        self.notes.session_gains.update({name: round(float(g), 2) for name, g in zip(names, gains, strict=True)})


def solve(instance: Instance, time_limit: float = 5.0, seed: int = 0, progress: Listener | None = None) -> Plan:
    """Plan an instance within about `time_limit` seconds; the same seed and enough time give the same plan."""
    started = time.monotonic()
    rules = Rules(instance)
    demand = classes.of(rules, enumerate(instance.workers))
    parts = components.split(rules, demand)
    tally = Tally(instance, started, progress)
    tally.leave_out(demand, parts)
    reserve = min(0.3 * time_limit, 0.05 + SECONDS_PER_WORKER * len(instance.workers))
    Round(rules, demand, parts, tally, started + time_limit - reserve, seed).run()
    workers = {w.id: w for w in instance.workers}
    completing.seat_whoever_fits(rules, workers, tally.appointments)
    unassigned = reasons.of_all(rules, workers, tally.appointments)
    cost = costs.of_plan(rules, workers, tally.appointments, unassigned)
    bound = min(int(np.ceil(tally.bound - 1e-6)), cost.total)
    kept = tally.notes
    notes = Notes(kept.station_prices, kept.line_prices, kept.session_gains, time.monotonic() - started)
    return Plan(tally.appointments, unassigned, cost, bound, notes)


@dataclass(frozen=True, slots=True)
class Poor:
    """A piece that ended far from its bound: the gap, the job, and how long that took."""

    gap: float
    job: int
    block: Block
    found: Finding
    seconds: float


class Round:
    """The components, or the pieces of large ones, planned smallest first, each with its share of the time left.

    A little time is kept for those that ended worst: on a busy machine a piece may hardly have run in its turn.
    """

    def __init__(
        self, rules: Rules, demand: Demand, parts: list[Component], tally: Tally, deadline: float, seed: int
    ) -> None:
        self.rules, self.demand, self.parts, self.tally, self.seed = rules, demand, parts, tally, seed
        self.cuts = [components.pieces(rules, demand, part, PIECE) for part in parts]
        self.jobs = [(part, cut, piece) for part, cut in zip(parts, self.cuts, strict=True) for piece in cut]
        self.work = [float(demand.size[piece.classes].sum()) for *_, piece in self.jobs]
        self.left, self.ends, self.guard = sum(self.work), dict[int, float](), threading.Lock()
        self.boards = {id(part): Board() for part in parts}
        self.crew = Crew(THREADS, processes=len(self.jobs) > 1 and sum(self.work) >= MANY)
        kept = SECOND * (deadline - time.monotonic()) if len(self.jobs) > THREADS else 0.0
        self.first, self.deadline = deadline - kept, deadline
        self.poor: list[Poor] = []

    def run(self) -> None:
        """Plan everything, then the bounds of what was cut."""
        with closing(self.crew), ThreadPoolExecutor(THREADS) as pool:
            try:
                list(pool.map(self.plan, range(len(self.jobs))))
                list(pool.map(self.plan_again, sorted(self.poor, key=lambda poor: -poor.gap)))
            finally:
                pool.shutdown(cancel_futures=True)
        for part, cut in zip(self.parts, self.cuts, strict=True):
            if len(cut) > 1:
                self.tally.add(0, bounds.joint(self.rules, self.demand, part, cut, self.boards[id(part)]))

    def plan(self, x: int) -> None:
        """Plan one job in its turn; a poor outcome waits for the rest of the time."""
        _, cut, piece = self.jobs[x]
        block = blocks.build(self.rules, self.demand, piece.classes, piece.sessions)
        if not len(block.window_at):
            self.tally.add(0, 0.0 if len(cut) > 1 else _penalties(block))
            return
        begun = time.monotonic()
        found = self.crew.work(lambda: Piece(block, Absence(self.rules, block), self.end_of(x), self.seed))
        with self.guard:
            del self.ends[x]
        gap = found.cost - found.bound
        if self.first < self.deadline and gap > POOR * self.work[x]:
            self.poor.append(Poor(gap, x, block, found, time.monotonic() - begun))
        else:
            self.enter(x, block, found)

    def plan_again(self, poor: Poor) -> None:
        """Plan a job once more, with more time, if that much is left; the better of both counts."""
        found, now = poor.found, time.monotonic()
        if now + poor.seconds / 2 < self.deadline:
            until = min(self.deadline, now + MORE * poor.seconds)
            piece = Piece(poor.block, Absence(self.rules, poor.block), until, self.seed)
            found = found.joined(self.crew.work(lambda: piece))
        self.enter(poor.job, poor.block, found)

    def end_of(self, x: int) -> float:
        """When a job that begins now should end, given what the jobs at work were promised."""
        with self.guard:
            now = time.monotonic()
            # By people, but small pieces of few have their own difficulties: at least a part of an equal share.
            share = max(self.work[x] / max(self.left, 1.0), FAIR / (len(self.jobs) - x))
            self.left -= self.work[x]
            promised = sum(max(0.0, end - now) for end in self.ends.values())
            left = max(0.0, self.first - now)
            self.ends[x] = now + min(left, share * max(0.0, THREADS * left - promised))
            return self.ends[x]

    def enter(self, x: int, block: Block, found: Finding) -> None:
        """What was found for a job becomes part of the plan."""
        part, cut, _ = self.jobs[x]
        with self.tally.lock:
            if len(cut) > 1:
                self.boards[id(part)].post(self.rules, block, found)
            _enter(self.rules, self.demand, block, found, self.tally)
        self.tally.add(_penalties(block) - found.cost, 0.0 if len(cut) > 1 else found.bound)


def _penalties(block: Block) -> int:
    return int((block.penalty * block.size).sum())


def _enter(rules: Rules, demand: Demand, block: Block, found: Finding, tally: Tally) -> None:
    """Write a piece's plan and prices into the tally."""
    tally.note(block, found.prices)
    naming.name(rules, demand, block, found.classes, found.windows, found.amounts, tally.appointments)
    priorities = demand.priority[block.classes[found.classes]]
    for priority, n in zip(priorities.tolist(), found.amounts.tolist(), strict=True):
        tally.waiting[priority] -= n
