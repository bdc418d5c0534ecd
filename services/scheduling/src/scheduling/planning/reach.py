"""A block seen from its sessions: who could come to each, so that nobody else is counted there.

Rows r are (crew, package), a crew a line or all lines of a place; classes stand in the order of their rows. Of a
region most people reach few of the sessions, so only what may meet is held, session by session: ways of rows into a
session, and pairs of a class and a session.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Ints

Singles = NDArray[np.float32]
Amounts = TypeVar("Amounts", Singles, Ints)
BLOCKED = 1e6


@dataclass(frozen=True, slots=True)
class Turn:
    """One session: its windows, ways and pairs, and its part of what is held per window and way."""

    session: int
    windows: slice
    ways: slice
    pairs: slice
    part: slice

    def of(self, amounts: Amounts) -> Amounts:
        """Its part as a table, window by way."""
        windows, ways = self.windows, self.ways
        return amounts[self.part].reshape(windows.stop - windows.start, ways.stop - ways.start)


class Reach:
    """Rows, ways and pairs of a block; whatever is held per window and way stands flat, a session after the other."""

    def __init__(self, block: Block, absence: Absence, by_line: bool) -> None:
        crew = block.line if by_line else block.line_place[block.line]
        keys, row = np.unique(block.package * (crew.max(initial=0) + 1) + crew, return_inverse=True)
        self.rows, self.order = len(keys), np.argsort(row, kind="stable")
        self.row = row[self.order]
        self.first = self.order[np.searchsorted(self.row, np.arange(self.rows))]  # a class of each row
        self.row_crew = crew[self.first]
        self._meet(block)
        self._price(block, absence)

    def _meet(self, block: Block) -> None:
        """Which classes and rows may come to which session, with what its day costs a class."""
        starts = block.starts()
        cost = block.kind_cost[block.kind[self.first]]
        usable = np.logical_or.reduceat(cost < FORBIDDEN, starts, axis=1).T
        days = block.day_cost[self.order].T[block.window_day[starts]]
        turn, self.pair_class = np.nonzero((days < FORBIDDEN) & usable[:, self.row])
        self.pair_cost: Singles = days[turn, self.pair_class].astype(np.float32)
        self.pair_session = block.window_session[starts][turn]
        ways, self.edges, self.pair_way = np.unique(
            turn * self.rows + self.row[self.pair_class], return_index=True, return_inverse=True
        )
        way_turn, self.way_row = np.divmod(ways, max(self.rows, 1))
        each, part = np.arange(len(starts) + 1), 0
        self.turns: list[Turn] = []
        for windows, way, pairs in zip(
            pairwise([*starts.tolist(), len(block.window_at)]),
            pairwise(np.searchsorted(way_turn, each).tolist()),
            pairwise(np.searchsorted(turn, each).tolist()),
            strict=True,
        ):
            size = (windows[1] - windows[0]) * (way[1] - way[0])
            session = int(block.window_session[windows[0]])
            self.turns.append(Turn(session, slice(*windows), slice(*way), slice(*pairs), slice(part, part + size)))
            part += size

    def _price(self, block: Block, absence: Absence) -> None:
        """What ways cost per window, what they use, and when they take people away."""
        self.uses: Singles = np.ascontiguousarray(block.uses[block.package[self.first]][self.way_row].T, np.float32)
        place, length = absence.place_of_line[block.line[self.first]], absence.length_of[self.first]
        costs: list[Ints] = []
        leaving: list[Ints] = []
        returning: list[Ints] = []
        for turn in self.turns:
            rows, windows = self.way_row[turn.ways], turn.windows
            cost = block.kind_cost[block.kind[self.first[rows]], windows]
            first = absence.first[place[rows], windows]
            past = np.maximum(absence.past[place[rows], length[rows], windows], first)
            base = self.row_crew[rows, None] * (absence.points + 1)
            for found, table in ((costs, np.minimum(cost, BLOCKED)), (leaving, base + first), (returning, base + past)):
                found.append(table.T.ravel())
        self.cost: Singles = np.concatenate(costs).astype(np.float32)
        self.leave_at: Ints = np.concatenate(leaving)
        self.back_at: Ints = np.concatenate(returning)
