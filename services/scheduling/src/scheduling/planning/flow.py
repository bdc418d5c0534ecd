"""The linear relaxation of a block: classes flow to windows, sessions open in part; columns are priced in."""

import highspy
import numpy as np

from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Flags, Ints

GRAIN = 1024          # prices are whole multiples of 1/GRAIN, so that bounds are exact in floating point
TOLERANCE = 1e-4
Floats = np.ndarray


class Prices:
    """Shadow prices of a block: per window and resource, per line and point. All are at least 0."""

    def __init__(self, places: Floats, lines: list[tuple[int, int, float]]) -> None:
        self.places = np.floor(np.maximum(places, 0) * GRAIN) / GRAIN
        self.lines = [(line, point, np.floor(mu * GRAIN) / GRAIN) for line, point, mu in lines if mu > 1 / GRAIN]


class Relaxation:
    """A restricted LP over HiGHS that grows columns (visits) and rows (R5); `lower`/`upper` bound the openings."""

    def __init__(self, block: Block, absence: Absence) -> None:
        self.block, self.absence = block, absence
        self.classes, self.sessions = len(block.size), len(block.sessions)
        forbidden = (block.kind_cost[block.kind] >= FORBIDDEN) | (block.day_cost[:, block.window_day] >= FORBIDDEN)
        cost = block.kind_cost[block.kind] + block.day_cost[:, block.window_day]
        self.visit_cost = np.where(forbidden, float(FORBIDDEN), cost)
        self.present = forbidden
        self.lower, self.upper = np.zeros(self.sessions), np.ones(self.sessions)
        self.column_class: Ints = np.zeros(0, dtype=np.int64)
        self.column_window: Ints = np.zeros(0, dtype=np.int64)
        self.line_rows: list[tuple[int, int, int]] = []
        self.members: list[Ints] = [np.flatnonzero(block.line == x) for x in range(len(block.lines))]
        self.solver = self._frame()

    def _frame(self) -> highspy.Highs:
        """The LP without visits: unassigned and opening columns, class and place rows."""
        block = self.block
        needed = np.ones(block.places.shape, dtype=np.bool_)
        needed[:, 1:] = block.places[:, 1:] < block.places[:, :1]
        self.row_of = np.full(block.places.shape, -1, dtype=np.int64)
        self.row_of[needed] = self.classes + np.arange(int(needed.sum()))
        windows, resources = np.nonzero(needed)
        rows, index, value, start = len(windows), [np.arange(self.classes)], [np.ones(self.classes)], self.classes
        starts = list(range(self.classes + 1))
        for s in range(self.sessions):
            own = np.flatnonzero(block.window_session[windows] == s)
            index.append(self.classes + own)
            value.append(-block.places[windows[own], resources[own]].astype(np.float64))
            start += len(own)
            starts.append(start)
        lp, columns = highspy.HighsLp(), self.classes + self.sessions
        lp.num_col_, lp.num_row_ = columns, self.classes + rows
        lp.col_cost_ = np.concatenate((block.penalty, block.open_cost)).astype(np.float64)
        lp.col_lower_ = np.zeros(columns)
        lp.col_upper_ = np.concatenate((block.size.astype(np.float64), np.ones(self.sessions)))
        lp.row_lower_ = np.concatenate((block.size, np.full(rows, -highspy.kHighsInf)))
        lp.row_upper_ = np.concatenate((block.size, np.zeros(rows)))
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.concatenate(index).astype(np.int32)
        lp.a_matrix_.value_ = np.concatenate(value)
        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.passModel(lp)
        return solver

    def add_columns(self, classes: Ints, windows: Ints) -> int:
        """Offer these visits to the LP; returns how many were new."""
        new = ~self.present[classes, windows]
        classes, windows = classes[new], windows[new]
        if not len(classes):
            return 0
        self.present[classes, windows] = True
        rows = np.where(self.block.uses[self.block.package[classes]], self.row_of[windows], -1)
        rows = np.concatenate((classes[:, None], rows, self._line_entries(classes, windows)), axis=1)
        used = rows >= 0
        starts = np.concatenate(([0], np.cumsum(used.sum(axis=1))))[:-1]
        n = len(classes)
        self.solver.addCols(n, self.visit_cost[classes, windows], np.zeros(n), np.full(n, highspy.kHighsInf),
                            int(used.sum()), starts.astype(np.int32), rows[used].astype(np.int32),
                            np.ones(int(used.sum())))
        self.column_class = np.concatenate((self.column_class, classes))
        self.column_window = np.concatenate((self.column_window, windows))
        return n

    def _line_entries(self, classes: Ints, windows: Ints) -> Ints:
        """Rows of R5 that these visits enter, one column per row in force on the line, -1 for none."""
        by_line: dict[int, list[tuple[int, int]]] = {}
        for line, point, row in self.line_rows:
            by_line.setdefault(line, []).append((point, row))
        width = max((len(v) for v in by_line.values()), default=0)
        entries = np.full((len(classes), width), -1, dtype=np.int64)
        lines = self.block.line[classes]
        for line, rows in by_line.items():
            own = np.flatnonzero(lines == line)
            first, past = self.absence.slices(line, self.absence.length_of[classes[own]], windows[own])
            for column, (point, row) in enumerate(rows):
                entries[own[(first <= point) & (past > point)], column] = row
        return entries

    def _add_line_rows(self, seated: Floats) -> int:
        """Put the R5 rows that this solution breaks into force."""
        taken = np.flatnonzero(seated > TOLERANCE)
        load = self.absence.load(self.block, self.column_class[taken], self.column_window[taken], seated[taken])
        excess = load - self.block.ceiling[:, None]
        known = {(line, point) for line, point, _ in self.line_rows}
        added = 0
        for line in np.flatnonzero((excess > TOLERANCE).any(axis=1)).tolist():
            peaks = np.flatnonzero(excess[line] > TOLERANCE)
            for point in _peaks(excess[line], peaks):
                if (line, point) not in known:
                    self._add_line_row(line, point)
                    added += 1
        return added

    def _add_line_row(self, line: int, point: int) -> None:
        columns = np.flatnonzero(self.block.line[self.column_class] == line)
        first, past = self.absence.slices(line, self.absence.length_of[self.column_class[columns]],
                                          self.column_window[columns])
        covered = columns[(first <= point) & (past > point)] + self.classes + self.sessions
        self.line_rows.append((line, point, self.solver.getNumRow()))
        self.solver.addRow(-highspy.kHighsInf, float(self.block.ceiling[line]), len(covered),
                           covered.astype(np.int32), np.ones(len(covered)))

    def limit(self, lower: Floats, upper: Floats) -> None:
        """Bound how far each session may open."""
        self.lower, self.upper = lower.astype(np.float64), upper.astype(np.float64)
        columns = np.arange(self.classes, self.classes + self.sessions, dtype=np.int32)
        self.solver.changeColsBounds(self.sessions, columns, self.lower, self.upper)

    def optimise(self, rounds: int = 50, seconds: float = highspy.kHighsInf) -> "Solution":
        """Solve, price and cut until nothing is missing, or rounds or seconds are used up."""
        self.solver.setOptionValue("time_limit", float(self.solver.getRunTime() + seconds))
        solution = None
        for _ in range(rounds):
            self.solver.run()
            if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                break
            solution = self._solution()
            reduced = self.reduced(solution.prices) - solution.worth[:, None]
            if not self.add_columns(*cheapest(reduced, 8, -TOLERANCE)) + self._add_line_rows(solution.visits):
                break
        if solution is None:
            raise TimeoutError("no relaxation within the limit")
        return solution

    def _solution(self) -> "Solution":
        raw = self.solver.getSolution()
        values, duals = np.array(raw.col_value), np.array(raw.row_dual)
        known = self.row_of >= 0
        places = np.zeros(self.row_of.shape)
        places[known] = -duals[self.row_of[known]]
        prices = Prices(places, [(line, point, -duals[row]) for line, point, row in self.line_rows])
        first = self.classes + self.sessions
        return Solution(values[self.classes:first], values[first:], duals[:self.classes], prices,
                        self.bound(prices))

    def reduced(self, prices: Prices) -> Floats:
        """Cost of every visit at these prices, class by window."""
        charge = self.block.uses.astype(np.float64) @ prices.places.T
        priced: Floats = self.visit_cost + charge[self.block.package]
        for line, point, mu in prices.lines:
            own = self.members[line]
            priced[own] += mu * self.absence.covering(line, point, self.absence.length_of[own])
        return priced

    def bound(self, prices: Prices) -> float:
        """What no plan within the opening limits can cost less than: exact for any prices."""
        cheapest_visit = self.reduced(prices).min(axis=1, initial=float(FORBIDDEN))
        people = float((np.minimum(cheapest_visit, self.block.penalty) * self.block.size).sum())
        rent = np.bincount(self.block.window_session, (prices.places * self.block.places).sum(axis=1),
                           minlength=self.sessions)
        net = self.block.open_cost - rent
        teams = float(np.where(net >= 0, net * self.lower, net * self.upper).sum())
        crews = sum(float(mu * self.block.ceiling[line]) for line, _, mu in prices.lines)
        return people + teams - crews


class Solution:
    """One optimum of the restricted LP: openings, visits per column, worth per class, prices, its bound."""

    def __init__(self, openings: Floats, visits: Floats, worth: Floats, prices: Prices, bound: float) -> None:
        self.openings, self.visits, self.worth = openings, visits, worth
        self.prices, self.bound = prices, bound


def cheapest(cost: Floats, per_class: int, below: float) -> tuple[Ints, Ints]:
    """For every class its cheapest windows below a cost, as pairs."""
    if cost.shape[1] > per_class:
        chosen = np.argpartition(cost, per_class - 1, axis=1)[:, :per_class]
    else:
        chosen = np.broadcast_to(np.arange(cost.shape[1]), cost.shape)
    classes, windows = np.repeat(np.arange(len(cost)), chosen.shape[1]), chosen.ravel()
    kept: Flags = cost[classes, windows] < below
    return classes[kept], windows[kept]


def _peaks(excess: Floats, candidates: Ints) -> list[int]:
    """The highest point of each run of neighbouring candidates."""
    runs = np.split(candidates, np.flatnonzero(np.diff(candidates) > 1) + 1)
    return [int(run[excess[run].argmax()]) for run in runs if len(run)]
