"""The last look at a plan: pieces are planned apart, so a place that one left free may fit people of another."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np

from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints
from scheduling.planning.model import Worker
from scheduling.planning.occupancy import Occupancy
from scheduling.planning.reasons import Chain, kind
from scheduling.planning.seats import Seats

Group = TypeVar("Group")


def seat_whoever_fits(chain: Chain, demand: Demand, waiting: Ints, occupancy: Occupancy) -> Seats:
    """Give everybody waiting (per class) a window that breaks no rule, the highest priority first."""
    left, workers = np.flatnonzero(waiting), chain.rules.instance.workers
    order = left[np.argsort(-demand.priority[left], kind="stable")].tolist()
    groups = ((c, workers[demand.members[c][0]], int(waiting[c])) for c in order)
    pairs = np.array(list(seated(chain, occupancy, groups)), dtype=np.int64).reshape(-1, 2)
    return Seats(pairs[:, 0], pairs[:, 1], np.ones(len(pairs), dtype=np.int64))


def seated(
    chain: Chain, occupancy: Occupancy, groups: Iterable[tuple[Group, Worker, int]]
) -> Iterator[tuple[Group, int]]:
    """Windows that break no rule for so many of each group, who are like one worker, in turn; they count at once."""
    hopeless: set[tuple[object, ...]] = set()
    for group, worker, waiting in groups:
        key = kind(worker)
        for _ in range(waiting):
            window = None if key in hopeless else chain.open_window(worker, occupancy)
            if window is None:
                hopeless.add(key)
                break
            occupancy.add(worker.line, worker.package, window)
            yield group, window
