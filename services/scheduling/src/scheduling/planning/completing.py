"""The last look at a plan: pieces are planned apart, so a place that one left free may fit people of another."""

import numpy as np

from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints
from scheduling.planning.occupancy import Occupancy
from scheduling.planning.reasons import Chain
from scheduling.planning.seats import Seats


def seat_whoever_fits(chain: Chain, demand: Demand, waiting: Ints, occupancy: Occupancy) -> Seats:
    """Give everybody waiting (per class) a window that breaks no rule, the highest priority first."""
    instance = chain.rules.instance
    hopeless: set[tuple[int, int, int]] = set()
    seated: list[tuple[int, int]] = []
    left = np.flatnonzero(waiting)
    for c in left[np.argsort(-demand.priority[left], kind="stable")].tolist():
        kind = int(demand.line[c]), int(demand.package[c]), int(demand.dates[c])
        worker = instance.workers[demand.members[c][0]]
        for _ in range(int(waiting[c])):
            window = None if kind in hopeless else chain.open_window(worker, occupancy)
            if window is None:
                hopeless.add(kind)
                break
            occupancy.add(worker.line, worker.package, window)
            seated.append((c, window))
    pairs = np.array(seated, dtype=np.int64).reshape(-1, 2)
    return Seats(pairs[:, 0], pairs[:, 1], np.ones(len(pairs), dtype=np.int64))
