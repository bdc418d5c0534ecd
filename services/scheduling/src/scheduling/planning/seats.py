"""Who sits where, counted by class: what pieces hand over and a plan is put together from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scheduling.planning.blocks import Block
from scheduling.planning.classes import Demand
from scheduling.planning.eligibility import Flags, Ints
from scheduling.planning.occupancy import Visits


@dataclass(frozen=True, slots=True)
class Seats:
    """So many people (`amount`) of a class in a window; all are positions in the instance, rows may repeat."""

    classes: Ints
    windows: Ints
    amounts: Ints

    @classmethod
    def at(cls, block: Block, classes: Ints, windows: Ints, amounts: Ints) -> "Seats":
        """Those given by positions of a block."""
        return cls(block.classes[classes], block.window_at[windows], amounts)

    @classmethod
    def joined(cls, several: "Sequence[Seats]") -> "Seats":
        """All of several."""
        nothing = np.zeros(0, dtype=np.int64)
        return cls(
            np.concatenate([nothing, *(s.classes for s in several)]),
            np.concatenate([nothing, *(s.windows for s in several)]),
            np.concatenate([nothing, *(s.amounts for s in several)]),
        )

    def of(self, chosen: Flags) -> "Seats":
        """The chosen rows only."""
        return Seats(self.classes[chosen], self.windows[chosen], self.amounts[chosen])

    def within(self, block: Block) -> "Seats":
        """The same by positions of a block that holds all of them."""
        at = np.full(int(block.window_at.max(initial=-1)) + 1, -1)
        at[block.window_at] = np.arange(len(block.window_at))
        order = np.argsort(block.classes)
        classes = order[np.searchsorted(block.classes[order], self.classes)]
        return Seats(classes, at[self.windows], self.amounts)

    def visits(self, demand: Demand) -> Visits:
        """The same by line and package."""
        return Visits(demand.line[self.classes], demand.package[self.classes], self.windows, self.amounts)

    def waiting(self, demand: Demand) -> Ints:
        """How many of each class have no seat."""
        seated = np.bincount(self.classes, self.amounts, len(demand.size)).astype(np.int64)
        return demand.size - seated
