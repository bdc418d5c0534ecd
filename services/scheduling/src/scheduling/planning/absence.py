"""R5: which visits of a line overlap. Load can only be highest where an absence begins on shift: the points."""

import numpy as np

from scheduling.planning.blocks import Block
from scheduling.planning.eligibility import Ints, Rules
from scheduling.planning.occupancy import Occupancy


class Absence:
    """Points per place (site, calendar); a visit covers the slice `[first, past)` of the points of its place."""

    def __init__(self, rules: Rules, block: Block, fixed: Occupancy | None = None) -> None:
        windows = block.windows
        self.lengths, self.length_of = np.unique(block.cycle, return_inverse=True)
        self.place_of_line = block.line_place
        shape = (len(block.place_key), len(windows.instant))
        self.first: Ints = np.zeros(shape, dtype=np.int64)
        self.past: Ints = np.zeros((shape[0], len(self.lengths), shape[1]), dtype=np.int64)
        self.points, instants = 0, []
        for place, (site, calendar) in enumerate(block.place_key):
            shifts = rules.calendars[calendar]
            travel = np.maximum(rules.travel_from(site)[windows.site], 0)
            leave = windows.instant - travel
            kept = self._starts(rules, block, place, fixed)
            points = np.unique(shifts.next_on_shift(np.concatenate((leave, kept))))
            self.first[place] = np.searchsorted(points, leave)
            back = windows.instant + travel + self.lengths[:, None]
            self.past[place] = np.searchsorted(points, back)
            self.points = max(self.points, len(points))
            instants.append(points)
        self.limit: Ints = np.repeat(block.ceiling[:, None], self.points, axis=1)
        self.ceiling = self._ceilings(rules, block, instants, fixed)

    def _starts(self, rules: Rules, block: Block, place: int, fixed: Occupancy | None) -> Ints:
        """When people of the place leave under appointments that stay."""
        if fixed is None:
            return np.zeros(0, dtype=np.int64)
        own = [rules.instance.lines[block.lines[x]].id for x in np.flatnonzero(block.line_place == place)]
        return np.array([begin for line in own for begin, _, _ in fixed.away.get(line, ())], dtype=np.int64)

    def _ceilings(self, rules: Rules, block: Block, instants: list[Ints], fixed: Occupancy | None) -> Ints:
        """How many more of a line may be away at each point, of `limit` in all."""
        ceiling = self.limit.copy()
        for x, line in enumerate(block.lines.tolist() if fixed else ()):
            points = instants[block.line_place[x]]
            for begin, end, n in fixed.away.get(rules.instance.lines[line].id, ()) if fixed else ():
                ceiling[x, np.searchsorted(points, begin) : np.searchsorted(points, end)] -= n
        return np.maximum(ceiling, 0)

    def slices(self, line: int, lengths: Ints, windows: Ints) -> tuple[Ints, Ints]:
        """The covered slices of the line's points for visits of these lengths (positions) in these windows."""
        place = self.place_of_line[line]
        return self.first[place, windows], self.past[place, lengths, windows]

    def moments(self, block: Block, classes: Ints, windows: Ints) -> tuple[Ints, Ints]:
        """Pairs of a visit (class in window) and a point of its line that it covers, numbered line after line."""
        lines = block.line[classes]
        places = self.place_of_line[lines]
        first = self.first[places, windows]
        length = np.maximum(self.past[places, self.length_of[classes], windows] - first, 0)
        visit = np.repeat(np.arange(len(classes)), length)
        point = first[visit] + np.arange(len(visit)) - np.repeat(np.cumsum(length) - length, length)
        return visit, lines[visit] * self.points + point

    def load(self, block: Block, classes: Ints, windows: Ints, amounts: np.ndarray) -> np.ndarray:
        """People away per line and point."""
        away = np.zeros((len(block.lines), self.points + 1), dtype=np.float64)
        lines = block.line[classes]
        places = self.place_of_line[lines]
        first = self.first[places, windows]
        past = self.past[places, self.length_of[classes], windows]
        np.add.at(away, (lines, first), amounts)
        np.subtract.at(away, (lines, past), amounts)
        return np.cumsum(away, axis=1)[:, :-1]
