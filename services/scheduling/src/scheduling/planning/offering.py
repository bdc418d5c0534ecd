"""Which visits are worth offering to a linear program: those near a class's cheapest, at the prices of a market."""

import numpy as np

from scheduling.planning.blocks import Block
from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.pricing import ROWS, Floats

OFFERED, OFFER_MARGIN = 4, 3.0
SPREAD, SPREAD_MARGIN = 3, 20.0


def cheapest(cost: Floats, per_class: int, below: float) -> tuple[Ints, Ints]:
    """For every class its cheapest windows below a cost, as pairs."""
    if cost.shape[1] > per_class:
        chosen = np.empty((len(cost), per_class), dtype=np.int64)
        for first in range(0, len(cost), ROWS):  # as with costs: no table of all positions
            rows = slice(first, first + ROWS)
            chosen[rows] = np.argpartition(cost[rows], per_class - 1, axis=1)[:, :per_class]
    else:
        chosen = np.broadcast_to(np.arange(cost.shape[1]), cost.shape)
    classes, windows = np.repeat(np.arange(len(cost)), chosen.shape[1]), chosen.ravel()
    kept: Flags = cost[classes, windows] < below
    return classes[kept], windows[kept]


def near(block: Block, priced: Floats) -> tuple[Ints, Ints]:
    """The nearly cheapest windows of every class, its best one in each of a few sessions, and the seat it holds."""
    above = priced - priced.min(axis=1, initial=np.inf)[:, None]
    held = np.flatnonzero(block.seat >= 0)
    pairs = [cheapest(above, OFFERED, OFFER_MARGIN), _best_per_session(block, above), (held, block.seat[held])]
    return np.concatenate([c for c, _ in pairs]), np.concatenate([w for _, w in pairs])


def _best_per_session(block: Block, above: Floats) -> tuple[Ints, Ints]:
    order = np.argsort(block.window_session, kind="stable")
    edges = np.searchsorted(block.window_session[order], np.arange(len(block.sessions)))
    least = np.minimum.reduceat(above[:, order], edges, axis=1)
    classes, sessions = cheapest(least, SPREAD, SPREAD_MARGIN)
    best = np.zeros(least.shape, dtype=np.int64)
    for s in np.unique(sessions).tolist():
        own = np.flatnonzero(block.window_session == s)
        best[:, s] = own[above[:, own].argmin(axis=1)]
    return classes, best[classes, sessions]
