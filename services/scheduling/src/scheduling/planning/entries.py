"""Prices of getting into a session that opens only in part: one of a class fits in only as far as it is open.

Without them half a session serves everybody whom half of its places can hold, and prices see no reason to open whole
ones. They are asked per session and class, and what they bring counts towards the session's opening cost.
"""

import copy

import numpy as np
from numpy.typing import NDArray

from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.pricing import Floats

Singles = NDArray[np.float32]
STEP, MOMENTUM, STEEPEST, HARDLY = 0.3, 0.8, 2.0, 1e-3


class Entries:
    """`prices[s, k]` of one of class k getting into session s, of `size[k]` people each; no price above `dearest`."""

    def __init__(self, sessions: int, size: Singles, dearest: float) -> None:
        self.size, self.dearest = size, dearest
        self.prices: Singles = np.zeros((sessions, len(size)), dtype=np.float32)
        self.previous = self.prices.copy()
        self.asked: Flags = np.zeros(sessions, dtype=np.bool_)  # where anybody pays

    def worth(self) -> Floats:
        """What the entries of each session would bring if everybody came."""
        return self._per_session(self.prices[self.asked] @ self.size)

    def paid(self, entered: Singles) -> Floats:
        """What those bring who come, session by class."""
        return self._per_session((self.prices[self.asked] * entered[self.asked]).sum(axis=1))

    def _per_session(self, amounts: Singles) -> Floats:
        total = np.zeros(len(self.asked))
        total[self.asked] = amounts
        return total

    def moved(self, sessions: Ints, entered: Singles, openings: Floats, heat: float) -> Singles:
        """The prices in these sessions after a step: dearer where more of a class come than it is open for."""
        room = self.size * openings[sessions, None].astype(np.float32)
        pull: Singles = np.log(np.maximum(entered[sessions] / np.maximum(room, HARDLY), HARDLY))
        np.clip(pull, -STEEPEST, STEEPEST, out=pull)
        pull *= np.float32(STEP * heat)
        pull += self.prices[sessions]
        return np.clip(pull, 0, self.dearest, out=pull)

    def take(self, sessions: Ints, target: Singles) -> None:
        """Go to these prices, and as far beyond as the last steps went the same way."""
        beyond = target + np.float32(MOMENTUM) * (target - self.previous[sessions])
        self.previous[sessions] = target
        self.prices[sessions] = np.maximum(beyond, 0)
        self.asked[sessions] = self.prices[sessions].any(axis=1) | target.any(axis=1)

    def copy(self) -> "Entries":
        """The same prices, to go their own way."""
        twin = copy.copy(self)
        twin.prices, twin.previous, twin.asked = self.prices.copy(), self.previous.copy(), self.asked.copy()
        return twin
