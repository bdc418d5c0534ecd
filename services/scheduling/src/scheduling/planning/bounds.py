"""The bound of a component that was planned in pieces: the prices of all pieces, held against everybody's choices."""

from dataclasses import dataclass, field

import numpy as np

from scheduling.planning import blocks, pricing
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.piecework import Finding
from scheduling.planning.pricing import Floats
from scheduling.planning.sharing import Component


@dataclass
class Board:
    """What the pieces of one component found: prices per window of the instance, an arrival first, then the stations.

    A piece's line ceilings are counted for visits in its own windows only, so they need no say in others.
    """

    prices: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    proved: float = 0.0
    least: dict[int, tuple[float, int]] = field(default_factory=dict)

    def post(self, rules: Rules, block: Block, found: Finding) -> None:
        """Take over what a piece ended with."""
        if not len(self.prices):
            self.prices = np.zeros((len(rules.windows.total), 1 + len(rules.stations)))
        column = {name: 1 + q for q, name in enumerate(rules.stations)} | {"total": 0}
        columns = np.array([column[name] for name in block.resource_names])
        self.prices[np.ix_(block.window_at, columns)] = found.prices.places
        self.proved += found.priced_bound
        self.least.update(
            zip(block.classes.tolist(), zip(found.least.tolist(), block.size.tolist(), strict=True), strict=True)
        )


def joint(rules: Rules, demand: Demand, whole: Component, cut: list[Component], board: Board) -> float:
    """What no plan of the whole component can cost less than: who could visit another piece for less, counts so."""
    bound = board.proved
    for piece in cut:
        roaming, elsewhere = _abroad(rules, demand, whole, piece)
        if not len(roaming):
            continue
        block = blocks.build(rules, demand, roaming, elsewhere)
        if not len(block.window_at):
            continue
        needs = np.concatenate((np.ones((len(rules.needs), 1)), rules.needs), axis=1).astype(np.float64)
        charge = needs @ board.prices[block.window_at].T
        cheapest = (pricing.visit_costs(block) + charge[block.package]).min(axis=1, initial=float(FORBIDDEN))
        known = [
            board.least.get(c, (float(p), int(n)))
            for c, p, n in zip(roaming.tolist(), block.penalty, block.size, strict=True)
        ]
        bound -= sum(max(0.0, own - there) * n for (own, n), there in zip(known, cheapest.tolist(), strict=True))
    return bound


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
