"""What the finished pieces of a plan add up to while the rest is still at work."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from scheduling.planning import pricing
from scheduling.planning.blocks import Block
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints
from scheduling.planning.model import Instance, Notes, Progress
from scheduling.planning.pricing import Prices
from scheduling.planning.seats import Seats
from scheduling.planning.sharing import Component

Listener = Callable[[Progress], None]
UnderWay = tuple[int, float, Counter[int]]


@dataclass
class Tally:
    """The cost with whoever is not planned yet left out, the bound so far, who waits by priority, and the notes."""

    instance: Instance
    demand: Demand
    started: float
    listener: Listener | None = None
    cost: int = 0
    bound: float = 0.0
    waiting: Counter[int] = field(default_factory=Counter)
    station_prices: dict[tuple[str, str], float] = field(default_factory=dict)
    line_prices: dict[str, float] = field(default_factory=dict)
    session_gains: dict[str, float] = field(default_factory=dict)
    under_way: dict[int, UnderWay] = field(default_factory=dict)
    told: tuple[float, float] = (np.inf, -np.inf)

    def leave_out(self, parts: list[Component]) -> None:
        """Everybody waits; the bound counts the penalty of classes that reach no session."""
        outside = np.ones(len(self.demand.size), dtype=np.bool_)
        for part in parts:
            outside[part.classes] = False
        for priority in np.unique(self.demand.priority).tolist():
            self.waiting[priority] = int(self.demand.size[self.demand.priority == priority].sum())
        self.cost = self.penalties(np.arange(len(outside)))
        self.bound = self.penalties(np.flatnonzero(outside))

    def penalties(self, classes: Ints) -> int:
        """What leaving out everybody of these classes costs."""
        weights = self.instance.weights.unassigned
        return sum(weights[p] * n for p, n in self.by_priority(classes, self.demand.size[classes]).items())

    def add(self, cost: int, bound: float) -> None:
        """A piece is planned, at first so much cheaper than leaving all of it out, and bounded."""
        self.cost += cost
        self.bound += bound
        self.tell()

    def stand(self, job: int, cost: int, bound: float, seated: Counter[int]) -> None:
        """A piece that is still at work would be so much cheaper than leaving all of it out."""
        self.under_way[job] = cost, bound, seated
        self.tell()

    def tell(self) -> None:
        """Report what is finished together with where the rest stands, unless that is worse than what was told."""
        if not self.listener:
            return
        cost, bound, waiting = self.cost, self.bound, self.waiting.copy()
        for more, proved, seated in self.under_way.values():
            cost, bound = cost + more, bound + proved
            waiting.subtract(seated)
        if cost > self.told[0] or bound < self.told[1]:  # two pieces that are trying an exchange
            return
        self.told = cost, bound
        left = {priority: n for priority, n in sorted(waiting.items()) if n}
        self.listener(Progress(time.monotonic() - self.started, cost, int(bound), left))

    def by_priority(self, classes: Ints, people: Ints) -> Counter[int]:
        """So many people of these classes, by priority."""
        count = np.bincount(self.demand.priority[classes], people)
        return Counter({priority: int(count[priority]) for priority in np.flatnonzero(count).tolist()})

    def seat(self, seats: Seats, people: int = 1) -> None:
        """These no longer wait; or, with -1, wait again."""
        for priority, n in self.by_priority(seats.classes, seats.amounts).items():
            self.waiting[priority] -= people * n

    def note(self, block: Block, prices: Prices) -> None:
        """Keep what a piece's prices say of its stations, lines and sessions."""
        names = [self.instance.sessions[s].id for s in block.sessions.tolist()]
        windows = np.bincount(block.window_session, minlength=len(names))
        for r, station in enumerate(block.resource_names):
            mean = np.bincount(block.window_session, prices.places[:, r], len(names)) / windows
            self.station_prices.update({(s, station): round(float(m), 2) for s, m in zip(names, mean, strict=True)})
        dearest = prices.lines.max(axis=1, initial=0.0)
        lines = [self.instance.lines[x].id for x in block.lines.tolist()]
        self.line_prices.update({line: round(float(p), 2) for line, p in zip(lines, dearest, strict=True)})
        gains = pricing.rents(block, prices) - block.open_cost
        self.session_gains.update({name: round(float(g), 2) for name, g in zip(names, gains, strict=True)})

    def notes(self) -> Notes:
        """What the prices said, without those that are nothing."""
        stations = {at: price for at, price in self.station_prices.items() if price}
        lines = {line: price for line, price in self.line_prices.items() if price}
        return Notes(stations, lines, self.session_gains, time.monotonic() - self.started)
