"""The linear relaxation of a block: classes flow to windows, sessions open in part; columns are priced in."""

import time

import highspy
import numpy as np

from scheduling.planning import pricing
from scheduling.planning.absence import Absence
from scheduling.planning.blocks import FORBIDDEN, Block
from scheduling.planning.eligibility import Ints
from scheduling.planning.offering import cheapest
from scheduling.planning.pricing import Floats, Prices

TOLERANCE = 1e-4
HALF = 0.5
HALF_OPEN = 1e-5
DUAL, PRIMAL = 1, 4  # the solver's names for its simplex methods
SHARE_EXCESS = 0.1
FAR = 20.0  # between optimum and bound per person: there are columns missing everywhere
SLIGHT = 0.02  # gain of the optimum per person from a round of rows below which columns come first
WORTHWHILE = 0.01  # gain of the bound per person that makes another round of cuts worth its time


Counts = dict[int, tuple[float, float]]  # group of sessions: how many open at least, at most


class Relaxation:
    """A restricted LP over HiGHS that grows columns (visits) and rows (R5); `lower`/`upper` bound the openings."""

    def __init__(
        self,
        block: Block,
        absence: Absence,
        sharing: bool = False,
        seed: int = 0,
        visit_cost: Floats | None = None,
    ) -> None:
        self.block, self.absence = block, absence
        self.classes, self.sessions = len(block.size), len(block.sessions)
        self.people = float(block.size.sum())
        self.visit_cost = pricing.visit_costs(block) if visit_cost is None else visit_cost
        self.present = self.visit_cost >= FORBIDDEN
        self.lower, self.upper = np.zeros(self.sessions), np.ones(self.sessions)
        self.shared = -np.inf  # the last optimum that rows of shares were added to
        self.proved = -np.inf  # the best bound met within the present limits
        self.column_class: Ints = np.zeros(0, dtype=np.int64)
        self.column_window: Ints = np.zeros(0, dtype=np.int64)
        self.line_rows: list[tuple[int, int, int]] = []
        self.groups: list[tuple[Ints, int]] = []  # sessions whose number may be limited, and the row for that
        self.counts: Counts = {}
        self.sharing, self.seed, self.strategy = sharing, seed, DUAL
        self.share_row: Ints = np.full((self.classes, self.sessions), -1, dtype=np.int64)
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
        solver.setOptionValue("random_seed", self.seed)
        solver.passModel(lp)
        return solver

    def add_columns(self, classes: Ints, windows: Ints) -> int:
        """Offer these visits to the LP; returns how many were new."""
        pairs = np.unique(classes * self.present.shape[1] + windows)
        classes, windows = pairs // self.present.shape[1], pairs % self.present.shape[1]
        new = ~self.present[classes, windows]
        classes, windows = classes[new], windows[new]
        if not len(classes):
            return 0
        self.present[classes, windows] = True
        rows = np.where(self.block.uses[self.block.package[classes]], self.row_of[windows], -1)
        shares = self.share_row[classes, self.block.window_session[windows]]
        rows = np.concatenate((classes[:, None], rows, shares[:, None], self._line_entries(classes, windows)), axis=1)
        used = rows >= 0
        starts = np.concatenate(([0], np.cumsum(used.sum(axis=1))))[:-1]
        n = len(classes)
        self.solver.addCols(
            n,
            self.visit_cost[classes, windows],
            np.zeros(n),
            np.full(n, highspy.kHighsInf),
            int(used.sum()),
            starts.astype(np.int32),
            rows[used].astype(np.int32),
            np.ones(int(used.sum())),
        )
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
        excess = load - self.absence.ceiling
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
        first, past = self.absence.slices(
            line, self.absence.length_of[self.column_class[columns]], self.column_window[columns]
        )
        covered = columns[(first <= point) & (past > point)] + self.classes + self.sessions
        self.line_rows.append((line, point, self.solver.getNumRow()))
        self.solver.addRow(
            -highspy.kHighsInf,
            float(self.absence.ceiling[line, point]),
            len(covered),
            covered.astype(np.int32),
            np.ones(len(covered)),
        )

    def _add_share_rows(self, solution: "Solution") -> int:
        """Strengthen half-open sessions: a class fits into one only as far as it is open."""
        half = (solution.openings > HALF_OPEN) & (solution.openings < 1 - HALF_OPEN)
        seats = np.flatnonzero(solution.visits > TOLERANCE)
        pair = self.column_class[seats] * self.sessions + self.block.window_session[self.column_window[seats]]
        taken = np.bincount(pair, solution.visits[seats], minlength=self.classes * self.sessions)
        excess = taken.reshape(self.classes, self.sessions) - self.block.size[:, None] * solution.openings
        classes, sessions = np.nonzero((excess > SHARE_EXCESS) & half & (self.share_row < 0))
        every = self.column_class * self.sessions + self.block.window_session[self.column_window]
        order = np.argsort(every, kind="stable")
        edges = np.searchsorted(every[order], classes * self.sessions + sessions, side="left")
        ends = np.searchsorted(every[order], classes * self.sessions + sessions, side="right")
        for c, s, a, b in zip(classes.tolist(), sessions.tolist(), edges.tolist(), ends.tolist(), strict=True):
            self.share_row[c, s] = self.solver.getNumRow()
            columns = np.append(order[a:b] + self.classes + self.sessions, self.classes + s).astype(np.int32)
            values = np.append(np.ones(b - a), -float(self.block.size[c]))
            self.solver.addRow(-highspy.kHighsInf, 0.0, len(columns), columns, values)
            self.strategy = DUAL
        return len(classes)

    def count(self, sessions: Ints) -> int:
        """The number by which `limit` knows a group of sessions."""
        columns = (self.classes + sessions).astype(np.int32)
        self.groups.append((sessions, self.solver.getNumRow()))
        free = highspy.kHighsInf
        self.solver.addRow(-free, free, len(columns), columns, np.ones(len(columns)))
        return len(self.groups) - 1

    def limit(self, lower: Floats, upper: Floats, counts: "Counts | None" = None) -> None:
        """Bound how far each session may open, and how many of a group: (at least, at most) by its number."""
        self.counts = counts or {}
        for group, (_, row) in enumerate(self.groups):
            self.solver.changeRowBounds(row, *self.counts.get(group, (-highspy.kHighsInf, highspy.kHighsInf)))
        self.lower, self.upper = lower.astype(np.float64), upper.astype(np.float64)
        self.proved, self.strategy = -np.inf, DUAL
        columns = np.arange(self.classes, self.classes + self.sessions, dtype=np.int32)
        self.solver.changeColsBounds(self.sessions, columns, self.lower, self.upper)

    def optimise(self, rounds: int = 50, seconds: float = highspy.kHighsInf, enough: float = np.inf) -> "Solution":
        """Solve, cut and price until nothing is missing, the rounds are used up, or enough is proved.

        Raises TimeoutError.
        """
        deadline = time.monotonic() + seconds
        solution, complete = self.advance(seconds)
        for _ in range(rounds):
            if complete or self.proved >= enough:
                break
            solution, complete = self.advance(deadline - time.monotonic())
        return solution

    def advance(self, seconds: float, per_class: int = 8) -> tuple["Solution", bool]:
        """Solve until no row is missing, then add the columns that lack; True if none did. Raises TimeoutError.

        New rows leave a dual feasible basis, new columns a primal one; both together cost as many iterations as a start
        from nothing. So they come apart, but where columns lack so badly that the next solution will be another anyway.
        """
        deadline = time.monotonic() + seconds
        self.shared = -np.inf
        solution, priced = self._solved(seconds)
        while self._cut(solution) and solution.value - solution.bound < FAR * self.people:
            before = solution.value
            try:
                solution, priced = self._solved(deadline - time.monotonic())
            except TimeoutError:
                return solution, False
            if solution.value < before + SLIGHT * self.people:
                break
        rows = self.solver.getNumRow()
        added = self.add_columns(*cheapest(priced - solution.worth[:, None], per_class, -TOLERANCE))
        self.strategy = PRIMAL if added and rows == solution.rows else DUAL
        return solution, not added and rows == solution.rows

    def _cut(self, solution: "Solution") -> int:
        """Put rows in force that the solution breaks; returns how many."""
        added = self._add_line_rows(solution.visits)
        if self.sharing and solution.value > self.shared + WORTHWHILE * self.people:
            self.shared = solution.value
            added += self._add_share_rows(solution)
        return added

    def _solved(self, seconds: float) -> tuple["Solution", Floats]:
        """The optimum as the LP stands, and every visit at its prices."""
        self.solver.setOptionValue("simplex_strategy", self.strategy)
        self.solver.setOptionValue("time_limit", float(self.solver.getRunTime() + max(seconds, 0.01)))
        self.solver.run()
        self.strategy = DUAL
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise TimeoutError("no relaxation within the limit")
        solution = self._solution()
        solution.value, solution.rows = self.solver.getObjectiveValue(), self.solver.getNumRow()
        priced = self.reduced(solution.prices)
        solution.bound = self._bound(solution.prices, priced)
        self.proved = max(self.proved, solution.bound)
        return solution, priced

    def _bound(self, prices: Prices, priced: Floats) -> float:
        """What no plan within the limits can cost less than."""
        duals = np.array(self.solver.getSolution().row_dual)
        credit, owed = np.zeros(self.sessions), 0.0
        for group, (least, most) in self.counts.items():
            sessions, row = self.groups[group]
            worth = np.floor(duals[row] * pricing.GRAIN) / pricing.GRAIN
            limit = least if worth > 0 else most
            if np.isfinite(limit):
                credit[sessions] += worth
                owed += worth * limit
        return owed + pricing.bound(
            self.block, self.absence, prices, priced.min(axis=1, initial=FORBIDDEN), self.lower, self.upper, credit
        )

    def watch_lines(self, prices: Floats) -> None:
        """Put R5 in force from the start where these prices expect it to bind."""
        for line in np.flatnonzero((prices > TOLERANCE).any(axis=1)).tolist():
            for point in _peaks(prices[line], np.flatnonzero(prices[line] > TOLERANCE)):
                self._add_line_row(line, point)

    def _solution(self) -> "Solution":
        raw = self.solver.getSolution()
        values, duals = np.array(raw.col_value), np.array(raw.row_dual)
        known = self.row_of >= 0
        places = np.zeros(self.row_of.shape)
        places[known] = -duals[self.row_of[known]]
        lines = np.zeros((len(self.block.lines), self.absence.points))
        for line, point, row in self.line_rows:
            lines[line, point] = -duals[row]
        shares = np.where(self.share_row >= 0, -duals[self.share_row], 0.0)
        prices = Prices.of(places, lines, shares)
        first = self.classes + self.sessions
        return Solution(
            values[self.classes : first], values[first:], values[: self.classes], duals[: self.classes], prices
        )

    def reduced(self, prices: Prices) -> Floats:
        """Cost of every visit at these prices, class by window; FORBIDDEN or more in closed sessions."""
        priced = pricing.charges(self.block, self.absence, prices, self.upper < HALF)
        priced += self.visit_cost
        return priced


class Solution:
    """One optimum of the restricted LP: openings, visits per column, left out and worth per class, prices, bound."""

    def __init__(self, openings: Floats, visits: Floats, left_out: Floats, worth: Floats, prices: Prices) -> None:
        self.openings, self.visits, self.left_out = openings, visits, left_out
        self.worth, self.prices = worth, prices
        self.value, self.bound, self.rows = -np.inf, -np.inf, 0


def _peaks(excess: Floats, candidates: Ints) -> list[int]:
    """The highest point of each run of neighbouring candidates."""
    runs = np.split(candidates, np.flatnonzero(np.diff(candidates) > 1) + 1)
    return [int(run[excess[run].argmax()]) for run in runs if len(run)]
