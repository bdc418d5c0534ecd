"""The planning process: reads a kd-plan/1 folder, plans or re-plans, checks its own work, leaves the outcome there.

`python -m scheduling.planning_process FOLDER SECONDS SEED`; exit code 0 done, 3 the plan broke a rule.
"""

import json
import os
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

# Before numpy is loaded: pieces are planned side by side, threads of the linear algebra would only be in their way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from scheduling import plan_cases, planning
from scheduling.planning.reading import read_appointments, read_changes

RULE_BROKEN = 3
ORPHANED = 4
TRYING = 0.25  # of the time of a new plan, after it: which changes would be worth money


def main(folder: Path, seconds: float, seed: int) -> int:
    """Plan the folder's problem; whoever holds a place already keeps it unless the rules forbid that."""
    instance, trying = planning.read_instance(folder), 0.0
    published = read_appointments(folder)
    first_free = 0
    if published:
        changes = read_changes(folder)
        plan = planning.replan(instance, published, changes, time_limit=seconds, seed=seed)
        report = planning.check(instance, plan, changes, published)
        first_free = changes.now + instance.params.freeze_days
    else:
        plan, trying = planning.solve(instance, time_limit=seconds, seed=seed), TRYING * seconds
        report = planning.check(instance, plan)
    if not report.best_possible:
        sys.stderr.write(", ".join(sorted(report.violations)))
        return RULE_BROKEN
    planning.write_solution(plan, folder)
    cases = plan_cases.of_plan(instance, plan, published, first_free, trying)
    cases["held"] = [{**asdict(excess), "code": excess.code} for excess in report.held]
    (folder / "cases.json").write_text(json.dumps(cases), encoding="utf-8")
    summary = {"cost": plan.cost.total, "bound": plan.bound}
    (folder / "plan.json").write_text(json.dumps(summary), encoding="utf-8")
    return 0


def end_with(parent: int) -> None:
    """End this process soon after the service that started it has ended."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(ORPHANED)


if __name__ == "__main__":
    # Messages go first: planning takes what processor time they leave.
    os.nice(10)
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
