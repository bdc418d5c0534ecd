"""A linear or integer program from its entries as (row, column, value), once and for all: no column or row is added."""

from dataclasses import dataclass

import highspy
import numpy as np

from scheduling.planning.eligibility import Ints
from scheduling.planning.pricing import Floats

ALMOST = 0.9  # between a whole optimum and its bound: costs are whole numbers


@dataclass(frozen=True, slots=True)
class Answer:
    """The amounts found, none if there was no time; what one more of each row would save, if `optimal`."""

    amounts: Floats
    duals: Floats
    optimal: bool


def solve(
    cost: Floats,
    upper: Floats,
    rows: Ints,
    columns: Ints,
    values: Floats,
    least: Floats,
    most: Floats,
    seconds: float = highspy.kHighsInf,
    whole: bool = False,
) -> Answer:
    """Amounts from nothing to `upper` at the least cost, with every row's sum from `least` to `most`."""
    order = np.argsort(columns, kind="stable")
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(most)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), upper
    lp.row_lower_, lp.row_upper_ = least, most
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.searchsorted(columns[order], np.arange(len(cost) + 1)).astype(np.int32)
    lp.a_matrix_.index_, lp.a_matrix_.value_ = rows[order].astype(np.int32), values[order]
    if whole:
        lp.integrality_ = [highspy.HighsVarType.kInteger] * len(cost)
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("time_limit", seconds)):
        solver.setOptionValue(option, value)
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.setOptionValue("mip_abs_gap", ALMOST)
    solver.passModel(lp)
    solver.run()
    found = solver.getSolution()
    optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return Answer(np.array(found.col_value), -np.array(found.row_dual), optimal)
