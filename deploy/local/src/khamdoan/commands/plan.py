"""`khamdoan plan solve|replan|check|explain|whatif`: the planning engine on kd-plan/1 folders, without any server."""

import argparse
import json
import math
import os
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

# Before numpy is loaded: pieces are planned side by side, threads of the linear algebra would only be in their way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from khamdoan import plan_answers
from khamdoan.plan_files import prepare, read, stoppable, time_left, write
from scheduling import planning
from scheduling.planning import Excess, Plan, Progress, Report, changing, noting, reading, wording
from scheduling.planning.model import CostParts

Key = TypeVar("Key", int, str)


def add_to(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    plan = subparsers.add_parser("plan", help="lập kế hoạch khám / plan a campaign from files")
    actions = plan.add_subparsers(required=True, metavar="ACTION")
    solve = actions.add_parser("solve", help="lập kế hoạch mới / make a new plan")
    solve.add_argument("instance", type=Path, metavar="INSTANCE_DIR")
    _search_options(solve, 30.0)
    solve.set_defaults(run=_solve)
    replan = actions.add_parser("replan", help="sửa kế hoạch đã công bố / repair a published plan")
    replan.add_argument("instance", type=Path, metavar="INSTANCE_DIR")
    replan.add_argument("replan", type=Path, metavar="REPLAN_DIR")
    _search_options(replan, 10.0)
    replan.set_defaults(run=_replan)
    check = actions.add_parser("check", help="kiểm tra một kế hoạch / check a plan against every rule")
    check.add_argument("instance", type=Path, metavar="INSTANCE_DIR")
    check.add_argument("solution", type=Path, metavar="SOLUTION_DIR")
    check.add_argument("--replan", type=Path, metavar="REPLAN_DIR")
    check.set_defaults(run=_check)

    explain = actions.add_parser("explain", help="vì sao kế hoạch như vậy / what limits a plan and what would help")
    explain.add_argument("instance", type=Path, metavar="INSTANCE_DIR")
    explain.add_argument("solution", type=Path, metavar="SOLUTION_DIR")
    explain.add_argument("--worker", action="append", default=[], metavar="ID", help="chỉ người này / only this worker")
    explain.add_argument("-o", "--output", type=Path, metavar="DIR", help="thành tệp / all of it as files")
    _limits(explain, 30.0)
    explain.set_defaults(run=plan_answers.explain)
    whatif = actions.add_parser("whatif", help="nếu thay đổi thì sao / plan as it is and as it might be, side by side")
    whatif.add_argument("instance", type=Path, metavar="INSTANCE_DIR")
    whatif.add_argument("changes", type=Path, metavar="WHATIF_JSON")
    whatif.add_argument("--plan", type=Path, metavar="SOLUTION_DIR", help="kế hoạch đang áp dụng / the plan in force")
    _search_options(whatif, 30.0)
    whatif.set_defaults(run=plan_answers.what_if)


def _search_options(parser: argparse.ArgumentParser, seconds: float) -> None:
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="SOLUTION_DIR")
    _limits(parser, seconds)


def _limits(parser: argparse.ArgumentParser, seconds: float) -> None:
    parser.add_argument("--time-limit", type=_seconds, default=seconds, metavar="SECONDS")
    parser.add_argument("--seed", type=_seed, default=0)


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < (seconds := float(text)) < math.inf:
            return seconds
    raise argparse.ArgumentTypeError(f"{text!r}: số giây lớn hơn 0 / seconds above 0 are needed")


def _seed(text: str) -> int:
    with suppress(ValueError):
        if (seed := int(text)) >= 0:
            return seed
    raise argparse.ArgumentTypeError(f"{text!r}: số nguyên từ 0 / a whole number from 0 on is needed")


def _solve(options: argparse.Namespace) -> int:
    prepare(options.output)
    instance = read(options.instance, lambda: planning.read_instance(options.instance))
    with stoppable() as stop:
        plan = planning.solve(instance, time_left(options), options.seed, progress=_tell, stop=stop)
        write(plan, options.output, noting.write)
        print(json.dumps(_figures(plan, instance)))
    return 0


def _replan(options: argparse.Namespace) -> int:
    prepare(options.output)
    instance = read(options.instance, lambda: planning.read_instance(options.instance))
    changes, published = read(options.replan, lambda: reading.read_replan(instance, options.replan))
    held = planning.held_excesses(instance, changes, published)
    plan = planning.replan(instance, published, changes, time_left(options), options.seed, progress=_tell)
    write(plan, options.output)
    figures = _figures(plan, changing.effective(instance, changes))
    figures["bound_if_the_rest_stays"] = figures.pop("bound")  # a plan that moves people for no reason may cost less
    moved = plan.cost.moves // instance.weights.move if instance.weights.move else None
    print(json.dumps({**figures, "moved": moved, "held": [_held(excess) for excess in held]}))
    return 1 if held else 0


def _held(excess: Excess) -> dict[str, object]:
    """A fault that no re-plan can mend, as data; and said, so that nobody takes the plan for a valid one."""
    vi, en = wording.held(excess)
    print(f"{excess.code}: {vi}\n  {en}", file=sys.stderr)
    return {"code": excess.code, **{name: value for name, value in asdict(excess).items() if value}}


def _check(options: argparse.Namespace) -> int:
    instance = read(options.instance, lambda: planning.read_instance(options.instance))
    solution = read(options.solution, lambda: reading.read_solution(options.solution))
    if options.replan:
        changes, published = read(options.replan, lambda: reading.read_replan(instance, options.replan))
        report = planning.check(instance, solution, changes, published)
    else:
        report = planning.check(instance, solution)
    print(json.dumps(_findings(report), indent=1))
    return 0 if report.valid else 1


def _tell(progress: Progress) -> None:
    waiting = " ".join(f"{priority}:{n}" for priority, n in sorted(progress.unassigned.items()))
    figures = f"cost {progress.cost:,}  bound {progress.bound:,}  gap {progress.gap:,}  unassigned {waiting or 0}"
    print(f"{progress.seconds:7.1f} s  {figures}", file=sys.stderr)


def _figures(plan: Plan, instance: planning.Instance) -> dict[str, object]:
    gap = plan.cost.total - plan.bound
    seconds = round(plan.notes.seconds, 2) if plan.notes else 0.0
    return {
        "total": plan.cost.total,
        "bound": plan.bound,
        "excess_per_worker": round(gap / max(1, len(instance.workers)), 3),
        "assigned": len(plan.appointments),
        "unassigned": len(plan.unassigned),
        "unassigned_by_priority": _sorted(Counter(w.priority for w in instance.workers if w.id in plan.unassigned)),
        "seconds": seconds,
    }


def _findings(report: Report) -> dict[str, object]:
    parts = {name: getattr(report.cost, name) for name in CostParts.__slots__}
    return {
        "valid": report.valid,
        "violations": {rule: found[:5] for rule, found in sorted(report.violations.items())},
        "total": report.cost.total,
        "cost": parts,
        "structural_penalty": report.structural_penalty,
        "avoidable_cost": report.cost.total - report.structural_penalty,
        "assigned": report.assigned,
        "unassigned": sum(report.unassigned_by_priority.values()),
        "sessions_used": report.sessions_used,
        "unassigned_by_priority": _sorted(report.unassigned_by_priority),
        "unassigned_by_reason": _sorted(report.unassigned_by_reason),
        "broken": report.broken,
        "overfull_excess": report.overfull_excess,
        "moved": report.moved,
        "moved_beyond_need": report.moved - report.overfull_excess,
        "held": [str(excess) for excess in report.held],
    }


def _sorted(counts: Mapping[Key, int]) -> dict[Key, int]:
    return dict(sorted(counts.items()))
