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
    held = np.flatnonzero(block.seat >= 0)
    pairs = [(held, block.seat[held])]
    for first in range(0, len(priced), ROWS):
        some = priced[first : first + ROWS]
        above = some - some.min(axis=1, initial=np.inf)[:, None]
        for classes, windows in (cheapest(above, OFFERED, OFFER_MARGIN), _best_per_session(block, above)):
            pairs.append((classes + first, windows))
    return np.concatenate([c for c, _ in pairs]), np.concatenate([w for _, w in pairs])


def _best_per_session(block: Block, above: Floats) -> tuple[Ints, Ints]:
    starts = block.starts()
    classes, at = cheapest(np.minimum.reduceat(above, starts, axis=1), SPREAD, SPREAD_MARGIN)
    ends = np.append(starts[1:], len(block.window_at))
    windows = np.minimum(starts[at, None] + np.arange((ends - starts).max(initial=1)), ends[at, None] - 1)
    best = above[classes[:, None], windows].argmin(axis=1)
    return classes, windows[np.arange(len(classes)), best]
