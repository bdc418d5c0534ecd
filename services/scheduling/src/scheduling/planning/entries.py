"""Prices of getting into a session that opens only in part: one of a class fits in only as far as it is open.

Without them half a session serves everybody whom half of its places can hold, and prices see no reason to open whole
ones. They are asked per session and class, and what they bring counts towards the session's opening cost.
"""

import copy

import numpy as np

from scheduling.planning.eligibility import Flags
from scheduling.planning.pricing import Floats
from scheduling.planning.reach import Reach, Singles

STEP, MOMENTUM, STEEPEST, HARDLY = 0.3, 0.8, 2.0, 1e-3


class Entries:
    """`prices[k]` for one of the class of pair k of getting into its session; no price above `dearest`."""

    def __init__(self, sessions: int, reach: Reach, size: Singles, dearest: float) -> None:
        self.sessions, self.reach, self.dearest = sessions, reach, dearest
        self.size = size[reach.pair_class]
        self.prices: Singles = np.zeros(len(self.size), dtype=np.float32)
        self.previous = self.prices.copy()
        self.asked: Flags = np.zeros(sessions, dtype=np.bool_)  # where anybody pays

    def brought(self, prices: Singles, people: Singles) -> Floats:
        """What so many people of each pair pay at these prices, by session."""
        total = np.zeros(self.sessions)
        for turn in self.reach.turns:
            total[turn.session] = prices[turn.pairs] @ people[turn.pairs]
        return total

    def worth(self) -> Floats:
        """What the entries of each session would bring if everybody came."""
        return self.brought(self.prices, self.size)

    def moved(self, wish: Singles, openings: Floats, heat: float) -> Singles:
        """The prices after a step: dearer where more of a class come than the session is open for.

        `wish` is the logarithm of the share of each class that comes.
        """
        pull: Singles = wish - np.log(np.maximum(openings, HARDLY)).astype(np.float32)[self.reach.pair_session]
        np.clip(pull, -STEEPEST, STEEPEST, out=pull)
        pull *= np.float32(STEP * heat)
        pull += self.prices
        return np.clip(pull, 0, self.dearest, out=pull)

    def take(self, target: Singles) -> None:
        """Go to these prices, and as far beyond as the last steps went the same way."""
        beyond = target - self.previous
        beyond *= np.float32(MOMENTUM)
        beyond += target
        self.prices, self.previous = np.maximum(beyond, 0, out=beyond), target
        for turn in self.reach.turns:
            self.asked[turn.session] = self.prices[turn.pairs].any() or target[turn.pairs].any()

    def copy(self) -> "Entries":
        """The same prices, to go their own way."""
        twin = copy.copy(self)
        twin.asked = self.asked.copy()
        return twin
