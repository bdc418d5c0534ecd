"""The last gap of a small block: every visit that a cheaper plan could still hold, as one integer program."""

import time

import highspy
import numpy as np

from scheduling.planning import pricing
from scheduling.planning.blocks import FORBIDDEN
from scheduling.planning.eligibility import Ints
from scheduling.planning.flow import Relaxation
from scheduling.planning.ledger import Ledger
from scheduling.planning.openings import Outcome

MANY_COLUMNS = 40_000
WORTHWHILE = 0.1  # cost units of gap per person
AT_LEAST = 0.2  # seconds
DOUBT = 0.01  # of the solver's bound, before it is rounded up


def finish(relaxation: Relaxation, outcome: Outcome, deadline: float) -> None:
    """Close the gap that a search has ended with, or narrow it, while time lasts."""
    ledger, people = outcome.ledger, float(relaxation.block.size.sum())
    small, late = outcome.cost - outcome.bound < WORTHWHILE * people, deadline - time.monotonic() < AT_LEAST
    if ledger is None or outcome.prices is None or small or late:
        return
    classes, windows = _possible(relaxation, outcome, ledger)
    if len(classes) > MANY_COLUMNS:
        return
    program = Program(relaxation.block, relaxation.absence, seed=relaxation.seed)
    program.offer(classes, windows)
    bound, found = program.solved(ledger, max(0.0, deadline - time.monotonic()))
    if found is not None:
        outcome.keep(found)
    outcome.prove(min(bound, outcome.cost))


def _possible(relaxation: Relaxation, outcome: Outcome, ledger: Ledger) -> tuple[Ints, Ints]:
    """The visits that no price excludes from a plan cheaper than the best, and those of the best."""
    block, prices = relaxation.block, outcome.prices
    assert prices is not None
    everything = np.zeros(len(block.sessions)), np.ones(len(block.sessions))
    relaxation.limit(*everything)
    priced = relaxation.reduced(prices)
    least = priced.min(axis=1, initial=FORBIDDEN)
    gap = outcome.cost - pricing.bound(block, relaxation.absence, prices, least, *everything)
    least = np.minimum(least, block.penalty)
    classes, windows = np.nonzero((priced - least[:, None] <= gap) | (ledger.count > 0))
    return classes, windows


class Program(Relaxation):
    """The relaxation with given visits, all of R5 in force, in whole numbers."""

    def offer(self, classes: Ints, windows: Ints) -> None:
        """Take these visits, and the line ceilings that they could break."""
        self.add_columns(classes, windows)
        crowd = self.absence.load(self.block, self.column_class, self.column_window, self.block.size[self.column_class])
        for line, point in np.argwhere(crowd > self.absence.ceiling).tolist():
            self._add_line_row(line, point)

    def solved(self, known: Ledger, seconds: float) -> tuple[float, Ledger | None]:
        """What no such plan can cost less than, and the best state found, None if there is none."""
        columns = self.solver.getNumCol()
        kinds = np.full(columns, int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        self.solver.changeColsIntegrality(columns, np.arange(columns, dtype=np.int32), kinds)
        self.solver.setSolution(self._start(known))
        for option, value in (("time_limit", seconds), ("mip_rel_gap", 0.0), ("mip_abs_gap", 1 - DOUBT)):
            self.solver.setOptionValue(option, value)
        if self.solver.run() == highspy.HighsStatus.kError:  # nothing is proved then, nor found
            return -np.inf, None
        info = self.solver.getInfo()
        bound = float(np.ceil(info.mip_dual_bound - DOUBT))
        found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        return bound, self._state() if found else None

    def _start(self, known: Ledger) -> highspy.HighsSolution:
        visits = known.count[self.column_class, self.column_window]
        start = highspy.HighsSolution()
        start.col_value = np.concatenate((known.waiting, known.visits > 0, visits)).astype(np.float64).tolist()
        return start

    def _state(self) -> Ledger:
        values = np.round(np.array(self.solver.getSolution().col_value)).astype(np.int64)
        visits = values[self.classes + self.sessions :]
        taken = np.flatnonzero(visits)
        ledger = Ledger(self.block, self.absence)
        ledger.add_many(self.column_class[taken], self.column_window[taken], visits[taken])
        return ledger
