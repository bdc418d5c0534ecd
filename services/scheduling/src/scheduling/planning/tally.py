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
        people, weights = np.bincount(self.demand.priority[classes], self.demand.size[classes]), self.instance.weights
        return sum(weights.unassigned[p] * int(people[p]) for p in np.flatnonzero(people).tolist())

    def add(self, cost: int, bound: float) -> None:
        """A piece is planned, at first so much cheaper than leaving all of it out, and bounded."""
        self.cost += cost
        self.bound += bound
        if self.listener:
            waiting = {priority: n for priority, n in sorted(self.waiting.items()) if n}
            self.listener(Progress(time.monotonic() - self.started, self.cost, int(self.bound), waiting))

    def seat(self, seats: Seats, people: int = 1) -> None:
        """These no longer wait; or, with -1, wait again."""
        per_class = np.bincount(self.demand.priority[seats.classes], seats.amounts)
        for priority in np.flatnonzero(per_class).tolist():
            self.waiting[priority] -= people * int(per_class[priority])

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
