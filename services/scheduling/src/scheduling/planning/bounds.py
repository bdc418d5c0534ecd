"""The bound of a component that was planned in pieces: the prices of all pieces, held against everybody's choices."""

from dataclasses import dataclass, field

import numpy as np

from scheduling.planning import blocks, pricing
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.classes import Demand
from scheduling.planning.components import Component
from scheduling.planning.eligibility import Rules
from scheduling.planning.pricing import Floats, Prices


@dataclass
class Board:
    """Prices per window of the instance: of an arrival (first column) and of each station."""

    prices: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def post(self, rules: Rules, block: Block, prices: Prices) -> None:
        """Take over the place prices that a piece ended with."""
        if not len(self.prices):
            self.prices = np.zeros((len(rules.windows.total), 1 + len(rules.stations)))
        column = {name: 1 + q for q, name in enumerate(rules.stations)} | {"total": 0}
        self.prices[np.ix_(block.window_at, np.array([column[name] for name in block.resource_names]))] = prices.places


def joint(rules: Rules, demand: Demand, whole: Component, cut: list[Component], board: Board) -> float:
    """What no plan of the whole component can cost less than."""
    flat = rules.windows
    own = np.isin(flat.session, whole.sessions)
    supply = np.concatenate((flat.total[:, None], flat.capacity), axis=1)
    rent = np.bincount(flat.session[own], (board.prices * supply).sum(axis=1)[own], len(rules.instance.sessions))
    cost = np.array([s.open_cost for s in rules.instance.sessions])
    bound = float(np.minimum(0, cost - rent)[whole.sessions].sum())
    for piece in cut:
        block = blocks.build(rules, demand, piece.classes, whole.sessions)
        needs = np.concatenate((np.ones((len(rules.needs), 1)), rules.needs), axis=1).astype(np.float64)
        charge = needs @ board.prices[block.window_at].T
        cheapest = np.full(len(block.size), float(FORBIDDEN))
        if len(block.window_at):
            cheapest = (pricing.visit_costs(block) + charge[block.package]).min(axis=1)
        bound += float((np.minimum(cheapest, block.penalty) * block.size).sum())
    return bound
