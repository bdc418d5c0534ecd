"""A block seen from its sessions: who could come to each, so that nobody else is counted there.

Rows r are (crew, package), a crew a line or all lines of a place; classes stand in the order of their rows. Of a
region most people reach few of the sessions, so only what may meet is held, session by session: ways of rows into a
session, and pairs of a class and a session.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Ints

Singles = NDArray[np.float32]
BLOCKED = 1e6


@dataclass(frozen=True, slots=True)
class Turn:
    """One session: its windows, its ways, and its part of what is held per window and way."""

    windows: slice
    ways: slice
    part: slice

    def of(self, amounts: Singles) -> Singles:
        """Its part as a table, window by way."""
        return amounts[self.part].reshape(-1, self.ways.stop - self.ways.start)


class Reach:
    """Rows, ways and pairs of a block; whatever is held per window and way stands flat, a session after the other."""

    def __init__(self, block: Block, absence: Absence, by_line: bool) -> None:
        crew = block.line if by_line else block.line_place[block.line]
        keys, row = np.unique(block.package * (crew.max(initial=0) + 1) + crew, return_inverse=True)
        self.rows, self.order = len(keys), np.argsort(row, kind="stable")
        self.row = row[self.order]
        self.first = self.order[np.searchsorted(self.row, np.arange(self.rows))]  # a class of each row
        self.row_crew = crew[self.first]
        self._pairs(block)
        self._turns(block, absence)

    def _pairs(self, block: Block) -> None:
        """Which classes and rows may come to which session, with what its day costs a class."""
        starts = np.flatnonzero(np.diff(block.window_session, prepend=-1))  # windows of a session stand together
        self.starts, session = starts, block.window_session[starts]
        cost = block.kind_cost[block.kind[self.first]]
        usable = np.logical_or.reduceat(cost < FORBIDDEN, starts, axis=1).T
        days = block.day_cost[self.order].T[block.window_day[starts]]
        turn, self.pair_class = np.nonzero((days < FORBIDDEN) & usable[:, self.row])
        self.pair_session = session[turn]
        self.pair_cost: Singles = days[turn, self.pair_class].astype(np.float32)
        ways, self.edges, self.pair_way = np.unique(
            turn * self.rows + self.row[self.pair_class], return_index=True, return_inverse=True
        )
        way_turn, self.way_row = np.divmod(ways, max(self.rows, 1))
        self.limits = np.searchsorted(way_turn, np.arange(len(starts) + 1))

    def _turns(self, block: Block, absence: Absence) -> None:
        """The sessions in the order of their windows, what ways cost there, and when they take people away."""
        self.uses: Singles = np.ascontiguousarray(block.uses[block.package[self.first]][self.way_row].T, np.float32)
        self.turns: list[Turn] = []
        place, length = absence.place_of_line[block.line[self.first]], absence.length_of[self.first]
        costs, leaving, returning, end = [], [], [], 0
        bounds = np.append(self.starts, len(block.window_at)).tolist()
        for (a, b), (i, j) in zip(pairwise(bounds), pairwise(self.limits.tolist()), strict=True):
            rows = self.way_row[i:j]
            self.turns.append(Turn(slice(a, b), slice(i, j), slice(end, end + (b - a) * (j - i))))
            end += (b - a) * (j - i)
            cost = block.kind_cost[block.kind[self.first[rows]], a:b]
            costs.append(np.where(cost >= FORBIDDEN, BLOCKED, cost).T.ravel())
            first = absence.first[place[rows], a:b]
            base = self.row_crew[rows, None] * (absence.points + 1)
            leaving.append((base + first).T.ravel())
            returning.append((base + np.maximum(absence.past[place[rows], length[rows], a:b], first)).T.ravel())
        self.cost: Singles = np.concatenate(costs).astype(np.float32)
        self.leave_at: Ints = np.concatenate(leaving)
        self.back_at: Ints = np.concatenate(returning)
