"""Prices of getting into a session that opens only in part: one of a class fits in only as far as it is open.

Without them half a session serves everybody whom half of its places can hold, and prices see no reason to open whole
ones. They are asked per session and class, and what they bring counts towards the session's opening cost.
"""

import copy

import numpy as np

from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.pricing import Floats
from scheduling.planning.reach import Singles

STEP, MOMENTUM, STEEPEST, HARDLY = 0.3, 0.8, 2.0, 1e-3


class Entries:
    """`prices[k]` for one of a class of `size[k]` people of getting into `session[k]`; no price above `dearest`."""

    def __init__(self, sessions: int, session: Ints, size: Singles, dearest: float) -> None:
        self.sessions, self.session, self.size, self.dearest = sessions, session, size, dearest
        self.prices: Singles = np.zeros(len(size), dtype=np.float32)
        self.previous = self.prices.copy()
        self.asked: Flags = np.zeros(sessions, dtype=np.bool_)  # where anybody pays

    def per_session(self, amounts: Singles, pairs: Ints | None = None) -> Floats:
        """The sum for each session of amounts that stand for all pairs, or for some."""
        session = self.session if pairs is None else self.session[pairs]
        return np.bincount(session, amounts, self.sessions).astype(np.float64)

    def worth(self) -> Floats:
        """What the entries of each session would bring if everybody came."""
        return self.per_session(self.prices * self.size)

    def paid(self, entered: Singles) -> Floats:
        """What those bring who come."""
        return self.per_session(self.prices * entered)

    def moved(self, pairs: Ints, entered: Singles, openings: Floats, heat: float) -> Singles:
        """The prices of these pairs after a step: dearer where more of a class come than the session is open for."""
        room = self.size[pairs] * openings.astype(np.float32)[self.session[pairs]]
        pull: Singles = np.log(np.maximum(entered[pairs] / np.maximum(room, HARDLY), HARDLY))
        np.clip(pull, -STEEPEST, STEEPEST, out=pull)
        pull *= np.float32(STEP * heat)
        pull += self.prices[pairs]
        return np.clip(pull, 0, self.dearest, out=pull)

    def take(self, pairs: Ints, target: Singles) -> None:
        """Go to these prices, and as far beyond as the last steps went the same way."""
        beyond = np.maximum(target + np.float32(MOMENTUM) * (target - self.previous[pairs]), 0)
        self.previous[pairs] = target
        self.prices[pairs] = beyond
        self.asked = self.per_session(np.maximum(self.prices, self.previous)) > 0

    def copy(self) -> "Entries":
        """The same prices, to go their own way."""
        twin = copy.copy(self)
        twin.prices, twin.previous, twin.asked = self.prices.copy(), self.previous.copy(), self.asked.copy()
        return twin
