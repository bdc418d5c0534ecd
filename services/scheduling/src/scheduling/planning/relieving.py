"""What would help a plan most: one more place per window at a station in a week, one more of a line away at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scheduling.planning.explaining import Explanation
from scheduling.planning.model import CAPACITY_EXHAUSTED, LINE_ABSENCE_LIMIT, Worker

WEEK = 7


@dataclass(frozen=True, slots=True)
class Relief:
    """One more place in each window of a week at a station ("total": any): who would come at least, penalties saved.

    Counted one by one on the plan as it stands: nobody else is moved, so a new plan may do better.
    """

    station: str
    week: int
    places: int
    serves: int
    saves: int


@dataclass(frozen=True, slots=True)
class LineRelief:
    """One more of a line away at a time: who waits for that, what one more is worth at the line's tightest moment."""

    line: str
    waiting: int
    price: float


def stations(explanation: Explanation, most: int = 10) -> list[Relief]:
    """The stations and weeks where one more place per window would serve most, by penalties saved."""
    seats: dict[tuple[str, int], set[int]] = defaultdict(set)
    serves: Counter[tuple[str, int]] = Counter()
    saves: Counter[tuple[str, int]] = Counter()
    for worker, waiting in _alike(explanation, CAPACITY_EXHAUSTED):
        penalty = explanation.instance.weights.unassigned[worker.priority]
        for (station, week), windows in _missing_one(explanation, worker).items():
            taken = seats[station, week]
            free = [w for w in windows if w not in taken][:waiting]
            taken.update(free)
            serves[station, week] += len(free)
            saves[station, week] += penalty * len(free)
    found = [
        Relief(station, week, len(seats[station, week]), n, saves[station, week])
        for (station, week), n in serves.items()
        if n
    ]
    return sorted(found, key=lambda relief: (-relief.saves, relief.week, relief.station))[:most]


def lines(explanation: Explanation, most: int = 10) -> list[LineRelief]:
    """The lines whose absence ceiling keeps people out or costs most."""
    waiting: Counter[str] = Counter()
    for worker, n in _alike(explanation, LINE_ABSENCE_LIMIT):
        waiting[worker.line] += n
    prices = explanation.notes.line_prices
    found = [LineRelief(line, waiting[line], prices.get(line, 0.0)) for line in {*waiting, *prices}]
    return sorted(found, key=lambda relief: (-relief.waiting, -relief.price, relief.line))[:most]


def _alike(explanation: Explanation, reason: str) -> Iterable[tuple[Worker, int]]:
    """One of each kind of workers left out for a reason, with their number, the most urgent first."""
    kinds: dict[tuple[object, ...], list[Worker]] = {}
    for who, why in explanation.plan.unassigned.items():
        if why == reason:
            w = explanation.workers[who]
            kinds.setdefault((w.line, w.package, w.priority, w.earliest, w.deadline, w.unavailable), []).append(w)
    return ((people[0], len(people)) for people in sorted(kinds.values(), key=lambda p: (-p[0].priority, p[0].id)))


def _missing_one(explanation: Explanation, worker: Worker) -> dict[tuple[str, int], list[int]]:
    """Windows that lack nothing but one place for the worker, by what they lack and week."""
    rules, occupancy = explanation.rules, explanation.occupancy
    windows = explanation.chain.windows_for(worker)[1]
    flat, needs = rules.windows, np.flatnonzero(rules.needs[rules.package_at[worker.package]])
    full = np.concatenate(
        (
            (occupancy.total[windows] >= flat.total[windows])[:, None],
            (occupancy.stations[windows] >= flat.capacity[windows])[:, needs],
        ),
        axis=1,
    )
    names = ["total", *(rules.stations[q] for q in needs.tolist())]
    lacking: dict[tuple[str, int], list[int]] = defaultdict(list)
    single = np.flatnonzero(full.sum(axis=1) == 1)
    for x, column in zip(single.tolist(), full[single].argmax(axis=1).tolist(), strict=True):
        window = int(windows[x])
        if not occupancy.line_blocks(worker.line, worker.package, window):
            lacking[names[column], int(flat.day[window]) // WEEK].append(window)
    return lacking
