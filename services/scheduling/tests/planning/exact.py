"""The cheapest plan of a tiny instance by one integer program over named workers, written apart from the engine."""

import highspy
import numpy as np

from scheduling.planning import Instance, Plan, check
from scheduling.planning.model import DAY, CostParts


def cheapest_total(instance: Instance) -> int:
    """The optimal total; windows are allowed by trying each alone on the referee's own terms."""
    lines = {line.id: line for line in instance.lines}
    packages = {p.id: p for p in instance.packages}
    columns: list[tuple[float, list[tuple[str, float]]]] = []
    limits: dict[str, float] = {}
    for w in instance.workers:
        columns.append((instance.weights.unassigned[w.priority], [(f"worker {w.id}", 1.0)]))
    for s in instance.sessions:
        entries = []
        for i, total in enumerate(s.total):
            entries += [(f"{s.id}/{i}", -float(total))]
            entries += [(f"{s.id}/{i}/{q}", -float(places[i])) for q, places in s.capacity.items()]
        columns.append((float(s.open_cost), [*entries, (f"open {s.id}", 1.0)]))
        limits[f"open {s.id}"] = 1.0
    for w in instance.workers:
        line, package = lines[w.line], packages[w.package]
        for s in instance.sessions:
            for i, start in enumerate(s.windows):
                alone = Plan({w.id: (s.id, i)}, {}, CostParts(), 0)
                report = check(instance, alone)
                if {"R2", "R3"} & report.violations.keys():
                    continue
                travel, begin = instance.travel[line.site][s.site], s.day * DAY + start
                entries = [(f"worker {w.id}", 1.0), (f"{s.id}/{i}", 1.0)]
                entries += [(f"{s.id}/{i}/{q}", 1.0) for q in package.stations]
                for instant in range(begin - travel, begin + package.cycle_minutes + travel, 5):
                    if any(
                        d * DAY + a <= instant < d * DAY + b
                        for d, shift in enumerate(instance.calendars[line.calendar])
                        if shift
                        for a, b in [shift]
                    ):
                        entries.append((f"line {line.id} {instant}", 1.0))
                        limits[f"line {line.id} {instant}"] = float(line.ceiling)
                columns.append((float(report.cost.total - s.open_cost), entries))
    return _solve(columns, limits)


def _solve(columns: list[tuple[float, list[tuple[str, float]]]], limits: dict[str, float]) -> int:
    names = sorted({name for _, entries in columns for name, _ in entries})
    row = {name: k for k, name in enumerate(names)}
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(columns), len(names)
    lp.col_cost_ = np.array([cost for cost, _ in columns])
    lp.col_lower_, lp.col_upper_ = np.zeros(len(columns)), np.ones(len(columns))
    equal = np.array([name.startswith("worker") for name in names])
    lp.row_lower_ = np.where(equal, 1.0, -highspy.kHighsInf)
    lp.row_upper_ = np.where(equal, 1.0, np.array([limits.get(name, 0.0) for name in names]))
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(entries) for _, entries in columns)]).astype(np.int32)
    lp.a_matrix_.index_ = np.array([row[name] for _, entries in columns for name, _ in entries], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([value for _, entries in columns for _, value in entries])
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(columns)
    solver = highspy.Highs()
    solver.setOptionValue("threads", 1)  # as the engine does: one process has one number of threads
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)  # as in the engine: HiGHS keeps its first number of threads for a whole process
    solver.setOptionValue("mip_rel_gap", 0.0)
    solver.passModel(lp)
    solver.run()
    return round(solver.getInfo().objective_function_value)
