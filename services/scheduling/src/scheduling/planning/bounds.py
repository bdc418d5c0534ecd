"""The bound of a component that was planned in pieces: the prices of all pieces, held against everybody's choices."""

from dataclasses import dataclass

import numpy as np

from scheduling.planning import blocks, pricing
from scheduling.planning.blocks import Block
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.piecework import Finding
from scheduling.planning.pricing import Floats
from scheduling.planning.sharing import Component


@dataclass(frozen=True, slots=True)
class Trips:
    """The classes of a piece that reach sessions of others, on a block of those: `own` is what one costs at home."""

    block: Block
    own: Floats
    priced: Floats

    def losses(self) -> Floats:
        """What the people of each class would save at the hosts' prices."""
        saved: Floats = np.maximum(self.own - self.priced.min(axis=1), 0.0) * self.block.size
        return saved


class Board:
    """What the pieces of one component found: prices per window of the instance, an arrival first, then the stations.

    A piece's line ceilings are counted for visits in its own windows only, so they need no say in others.
    """

    def __init__(self, rules: Rules, demand: Demand, whole: Component, cut: list[Component]) -> None:
        self.rules, self.demand, self.whole, self.cut = rules, demand, whole, list(cut)
        self.prices = np.zeros((len(rules.windows.total), 1 + len(rules.stations)))
        weights = rules.instance.weights.unassigned
        self.penalty = np.array([weights[int(p)] for p in demand.priority[whole.classes]], dtype=np.float64)
        self.least = self.penalty.copy()
        self.proved = [float((self.least[self._at(p.classes)] * demand.size[p.classes]).sum()) for p in cut]
        self.home: Ints = np.full(len(rules.instance.sessions), -1)
        for p, piece in enumerate(cut):
            self.home[piece.sessions] = p
        self.abroad = [_abroad(rules, demand, whole, piece) for piece in cut]
        self.posted: set[int] = set()

    def _at(self, classes: Ints) -> Ints:
        return np.searchsorted(self.whole.classes, classes)

    def post(self, p: int, block: Block, found: Finding) -> bool:
        """Take over the prices that a piece ended with, unless those it had before prove more; whether it did."""
        known = self.proved[p], self.least.copy(), self.prices.copy()
        before = self._around(p) if p in self.posted else -np.inf
        _, column = capacities(self.rules, block)
        self.prices[block.window_at] = 0.0
        np.add.at(self.prices, (block.window_at[:, None], column), found.prices.places)
        self.proved[p] = found.priced_bound
        self.least[self._at(block.classes)] = found.least
        if p in self.posted and self._around(p) < before:
            self.proved[p], self.least, self.prices = known
            return False
        self.posted.add(p)
        return True

    def hand_over(self, p: int, q: int, classes: Ints) -> None:
        """From now on these classes of one piece count to another, at the prices there."""
        at, size = self._at(classes), self.demand.size[classes]
        self.proved[p] -= float((self.least[at] * size).sum())
        trips = self.priced(classes, self.cut[q].sessions)
        self.least[at] = np.minimum(self.penalty[at], trips.priced.min(axis=1, initial=np.inf) if trips else np.inf)
        self.proved[q] += float((self.least[at] * size).sum())
        self.cut[p] = Component(np.setdiff1d(self.cut[p].classes, classes), self.cut[p].sessions)
        self.cut[q] = Component(np.union1d(self.cut[q].classes, classes), self.cut[q].sessions)
        for piece in (p, q):
            self.abroad[piece] = _abroad(self.rules, self.demand, self.whole, self.cut[piece])

    def _around(self, p: int) -> float:
        """The part of the joint bound that depends on a piece's prices."""
        guests = {q for q, (_, hosts) in enumerate(self.abroad) if (self.home[hosts] == p).any()}
        return self.proved[p] - sum(self.loss(q) for q in {p, *guests})

    def wishes(self, p: int) -> list[tuple[float, int, Ints]]:
        """Which classes of a piece would rather go to which other, with what they would save there; the most first.

        Among the classes, those of whom each saves the most come first.
        """
        trips = self.trips(p)
        if trips is None:
            return []
        there, found = self.home[trips.block.sessions][trips.block.window_session], []
        for q in np.unique(there[there >= 0]).tolist():
            saved = np.maximum(trips.own - trips.priced[:, there == q].min(axis=1), 0.0) * trips.block.size
            order = np.argsort(-saved / trips.block.size, kind="stable")[: int((saved > 0).sum())]
            found.append((float(saved.sum()), int(q), trips.block.classes[order]))
        return sorted(found, key=lambda wish: -wish[0])

    def trips(self, p: int) -> Trips | None:
        """What the sessions of other pieces cost those of a piece who reach them."""
        roaming, elsewhere = self.abroad[p]
        if not len(roaming):
            return None
        return self.priced(roaming, elsewhere)

    def priced(self, classes: Ints, sessions: Ints) -> Trips | None:
        """What sessions cost people of some classes at the prices there; None if they may use none."""
        block = blocks.build(self.rules, self.demand, classes, sessions)
        if not len(block.window_at):
            return None
        needs = np.concatenate((np.ones((len(self.rules.needs), 1)), self.rules.needs), axis=1).astype(np.float64)
        charge = needs @ self.prices[block.window_at].T
        return Trips(block, self.least[self._at(classes)], pricing.visit_costs(block) + charge[block.package])

    def loss(self, p: int) -> float:
        """What the people of a piece could save in other pieces at the prices there."""
        trips = self.trips(p)
        return float(trips.losses().sum()) if trips else 0.0

    def joint(self) -> float:
        """What no plan of the whole component can cost less than: who could visit another piece for less, counts so."""
        return sum(self.proved) - sum(map(self.loss, range(len(self.cut))))


def capacities(rules: Rules, block: Block) -> tuple[Ints, Ints]:
    """Per window and resource of a block: places if nobody is seated, and what limits them (0 arrivals, 1 + station).

    A price belongs to that limit alone: people of other blocks may use one of a resource's stations and not another.
    """
    full = rules.windows.of(block.window_at)
    packages = np.unique(block.package)
    places, column = np.empty_like(block.places), np.zeros_like(block.places)
    for r in range(block.places.shape[1]):
        uses = block.uses[packages, r][:, None]
        stations = np.flatnonzero((rules.needs[packages] == uses).all(axis=0))
        limits = np.concatenate((full.total[:, None], full.capacity[:, stations]), axis=1)
        places[:, r] = limits.min(axis=1)
        column[:, r] = np.append(0, 1 + stations)[limits.argmin(axis=1)]
    return places, column


def _abroad(rules: Rules, demand: Demand, whole: Component, piece: Component) -> tuple[Ints, Ints]:
    """The classes of a piece that reach sessions of others, and those sessions."""
    foreign = np.setdiff1d(whole.sessions, piece.sessions)
    site_at = {site: k for k, site in enumerate(rules.sites)}
    host = np.array([site_at[rules.instance.sessions[s].site] for s in foreign.tolist()], dtype=np.int64)
    lines, line = np.unique(demand.line[piece.classes], return_inverse=True)
    reach = {site: rules.within_reach(site)[host] for site in {rules.instance.lines[x].site for x in lines.tolist()}}
    roams = np.array([bool(reach[rules.instance.lines[x].site].any()) for x in lines.tolist()], dtype=np.bool_)
    reached = np.logical_or.reduce(list(reach.values())) if len(host) else np.zeros(0, dtype=np.bool_)
    return piece.classes[roams[line]], foreign[reached]
