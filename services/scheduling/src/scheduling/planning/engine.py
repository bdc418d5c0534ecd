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
FAIR = 0.4         # of the time that each piece would have if all had the same
MANY = 6_000       # workers from which helper processes are worth starting
PIECE = 12_000     # workers; larger components are cut into pieces of about this size
SECONDS_PER_WORKER = 25e-6      # kept for naming, reasons and cost
Listener = Callable[[Progress], None]


@dataclass
class Notebook:
    """The notes of the plan while they are collected."""

    station_prices: dict[tuple[str, str], float]
    line_prices: dict[str, float]
    session_gains: dict[str, float]


@dataclass
class Tally:
    """What the finished components add up to; shared by the threads."""

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
        """Everybody waits; count the penalty of classes that reach no session."""
        inside = np.zeros(len(demand.size), dtype=np.bool_)
        for part in parts:
            inside[part.classes] = True
        for c in np.flatnonzero(~inside).tolist():
            self.bound += int(demand.size[c]) * self.instance.weights.unassigned[int(demand.priority[c])]
        self.cost = int(self.bound)
        for c, size in enumerate(demand.size.tolist()):
            self.waiting[int(demand.priority[c])] += size

    def add(self, cost: int, bound: float) -> None:
        """One more piece is planned and bounded."""
        with self.lock:
            self.cost += cost
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
        self.notes.line_prices.update({self.instance.lines[block.lines[x]].id: round(float(dearest[x]), 2)
                                       for x in np.flatnonzero(dearest)})
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
    _plan_parts(rules, demand, parts, tally, started + time_limit - reserve, seed)
    workers = {w.id: w for w in instance.workers}
    completing.seat_whoever_fits(rules, workers, tally.appointments)
    unassigned = reasons.of_all(rules, workers, tally.appointments)
    cost = costs.of_plan(rules, workers, tally.appointments, unassigned)
    bound = min(int(np.ceil(tally.bound - 1e-6)), cost.total)
    kept = tally.notes
    notes = Notes(kept.station_prices, kept.line_prices, kept.session_gains, time.monotonic() - started)
    return Plan(tally.appointments, unassigned, cost, bound, notes)


def _plan_parts(rules: Rules, demand: Demand, parts: list[Component], tally: Tally, deadline: float, seed: int
                ) -> None:
    """Plan the components, or the pieces of large ones, smallest first, each with its share of the time left."""
    cuts = [components.pieces(rules, demand, part, PIECE) for part in parts]
    jobs = [(part, cut, piece) for part, cut in zip(parts, cuts, strict=True) for piece in cut]
    work = [float(demand.size[piece.classes].sum()) for *_, piece in jobs]
    left, ends, guard = [sum(work)], dict[int, float](), threading.Lock()
    boards = {id(part): Board() for part in parts}
    crew = Crew(THREADS, processes=len(jobs) > 1 and sum(work) >= MANY)

    def plan(x: int) -> None:
        part, cut, piece = jobs[x]
        block = blocks.build(rules, demand, piece.classes, piece.sessions)
        board = boards[id(part)] if len(cut) > 1 else None
        if not len(block.window_at):
            penalties = int((block.penalty * block.size).sum())
            tally.add(penalties, 0.0 if board else penalties)
            return

        def made() -> Piece:
            absence, now = Absence(rules, block), time.monotonic()
            with guard:
                # By people, but small pieces of few have their own difficulties: at least a part of an equal share.
                share = max(work[x] / max(left[0], 1.0), FAIR / (len(jobs) - x))
                left[0] -= work[x]
                promised = sum(max(0.0, end - now) for end in ends.values())
                ends[x] = now + min(max(0.0, deadline - now), share * max(0.0, THREADS * (deadline - now) - promised))
                return Piece(block, absence, ends[x], seed)

        found = crew.work(made)
        with guard:
            del ends[x]
        with tally.lock:
            if board is not None:
                board.post(rules, block, found)
            _enter(rules, demand, block, found, tally)
        tally.add(found.cost, 0.0 if board else found.bound)

    with closing(crew), ThreadPoolExecutor(THREADS) as pool:
        try:
            list(pool.map(plan, range(len(jobs))))
        finally:
            pool.shutdown(cancel_futures=True)
    for part, cut in zip(parts, cuts, strict=True):
        if len(cut) > 1:
            tally.add(0, bounds.joint(rules, demand, part, cut, boards[id(part)]))


def _enter(rules: Rules, demand: Demand, block: Block, found: Finding, tally: Tally) -> None:
    """Write a piece's plan and prices into the tally."""
    tally.note(block, found.prices)
    naming.name(rules, demand, block, found.classes, found.windows, found.amounts, tally.appointments)
    priorities = demand.priority[block.classes[found.classes]]
    for priority, n in zip(priorities.tolist(), found.amounts.tolist(), strict=True):
        tally.waiting[priority] -= n
