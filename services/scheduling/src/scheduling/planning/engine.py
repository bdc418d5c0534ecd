"""`solve`: an instance and a time limit in, a valid plan with its proved bound out."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from scheduling.planning import blocks, classes, components, costs, naming, openings, reasons
from scheduling.planning.absence import Absence
from scheduling.planning.classes import Demand
from scheduling.planning.components import Component
from scheduling.planning.drafting import Draft
from scheduling.planning.eligibility import Rules
from scheduling.planning.flow import Relaxation
from scheduling.planning.ledger import Ledger, insert_waiting
from scheduling.planning.model import Appointments, Instance, Notes, Plan, Progress

THREADS = 2
SMALL = 4_000      # workers; up to here the relaxation of a component is solved as a whole
Listener = Callable[[Progress], None]


@dataclass
class Tally:
    """What the finished components add up to; shared by the threads."""

    instance: Instance
    started: float
    cost: int = 0
    bound: float = 0.0
    unassigned: dict[int, int] = field(default_factory=dict)
    appointments: Appointments = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


def solve(instance: Instance, time_limit: float = 5.0, seed: int = 0, progress: Listener | None = None) -> Plan:
    """Plan an instance within about `time_limit` seconds; the same seed and enough time give the same plan."""
    started = time.monotonic()
    deadline = started + time_limit
    rules = Rules(instance)
    demand = classes.of(rules, enumerate(instance.workers))
    parts = components.split(rules, demand)
    tally = Tally(instance, started)
    reserve = min(0.3 * time_limit, 0.05 + 15e-6 * len(instance.workers))
    _plan_parts(rules, demand, parts, tally, deadline - reserve)
    workers = {w.id: w for w in instance.workers}
    unassigned = reasons.of_all(rules, workers, tally.appointments)
    cost = costs.of_plan(rules, workers, tally.appointments, unassigned)
    inside = set(np.concatenate([p.classes for p in parts]).tolist()) if parts else set()
    outside = sum(int(demand.size[c]) * instance.weights.unassigned[int(demand.priority[c])]
                  for c in range(len(demand.size)) if c not in inside)
    bound = min(int(np.ceil(tally.bound + outside - 1e-6)), cost.total)
    return Plan(tally.appointments, unassigned, cost, bound, Notes(seconds=time.monotonic() - started))


def _plan_parts(rules: Rules, demand: Demand, parts: list[Component], tally: Tally, deadline: float) -> None:
    """Plan the components, smallest first, each with its share of the time that is left."""
    work = [float(demand.size[p.classes].sum()) for p in parts]
    left = [sum(work)]
    guard = threading.Lock()

    def plan(x: int) -> None:
        with guard:
            share = work[x] / max(left[0], 1.0)
            left[0] -= work[x]
        now = time.monotonic()
        until = min(deadline, now + (deadline - now) * min(1.0, THREADS * share))
        _plan_part(rules, demand, parts[x], tally, until)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(plan, range(len(parts))))


def _plan_part(rules: Rules, demand: Demand, part: Component, tally: Tally, until: float) -> None:
    block = blocks.build(rules, demand, part.classes, part.sessions)
    absence = Absence(rules, block)
    bound, ledger = 0.0, None
    if block.size.sum() <= SMALL and len(block.window_at):
        outcome = openings.Search(Relaxation(block, absence, sharing=True), until).run()
        bound, ledger = outcome.bound, outcome.ledger
    elif len(block.window_at):
        outcome = Draft(block, absence, until).run()
        bound, ledger = outcome.bound, outcome.ledger
    if ledger is None:
        ledger = Ledger(block, absence)
        insert_waiting(ledger)
    with tally.lock:
        tally.cost += ledger.cost()
        tally.bound += max(bound, 0.0)
        chosen, windows = np.nonzero(ledger.count)
        naming.name(rules, demand, block, chosen, windows, ledger.count[chosen, windows].astype(np.int64), tally.appointments)
