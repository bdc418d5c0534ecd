"""`khamdoan plan solve|replan|check|explain|whatif`: the planning engine on kd-plan/1 folders, without any server."""

import argparse
import json
import os
import sys
from pathlib import Path

from khamdoan.errors import SetupError

# Before numpy is loaded: pieces are planned side by side, threads of the linear algebra would only be in their way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from scheduling import planning
from scheduling.planning import Plan, Progress, Report, reading, relieving, wording
from scheduling.planning.explaining import Explanation
from scheduling.planning.model import CostParts
from scheduling.planning.reading import read_unassigned


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
    explain.set_defaults(run=_explain)
    whatif = actions.add_parser("whatif", help="nếu thay đổi thì sao / plan as it is and as it might be, side by side")
    whatif.add_argument("instance", type=Path, metavar="INSTANCE_DIR")
    whatif.add_argument("changes", type=Path, metavar="WHATIF_JSON")
    _search_options(whatif, 30.0)
    whatif.set_defaults(run=_what_if)


def _search_options(parser: argparse.ArgumentParser, seconds: float) -> None:
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="SOLUTION_DIR")
    parser.add_argument("--time-limit", type=float, default=seconds, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=0)


def _solve(options: argparse.Namespace) -> int:
    instance = _readable(options.instance)
    plan = planning.solve(instance, options.time_limit, options.seed, progress=_tell)
    planning.write_solution(plan, options.output)
    print(json.dumps(_figures(plan, len(instance.workers))))
    return 0


def _replan(options: argparse.Namespace) -> int:
    instance = _readable(options.instance)
    published = planning.read_appointments(options.replan)
    plan = planning.replan(instance, published, planning.read_changes(options.replan), options.time_limit, options.seed)
    planning.write_solution(plan, options.output)
    print(json.dumps(_figures(plan, len(instance.workers))))
    return 0


def _check(options: argparse.Namespace) -> int:
    instance = _readable(options.instance)
    appointments = planning.read_appointments(options.solution, "appointments.csv")
    plan = Plan(appointments, read_unassigned(options.solution), CostParts(), 0)
    if options.replan:
        published = planning.read_appointments(options.replan)
        report = planning.check(instance, plan, planning.read_changes(options.replan), published)
    else:
        report = planning.check(instance, plan)
    print(json.dumps(_findings(report), indent=1))
    return 0 if report.valid else 1


def _explain(options: argparse.Namespace) -> int:
    instance = _readable(options.instance)
    appointments = planning.read_appointments(options.solution, "appointments.csv")
    plan = Plan(appointments, read_unassigned(options.solution), CostParts(), 0)
    cost = planning.check(instance, plan).cost
    explanation = Explanation(instance, Plan(plan.appointments, plan.unassigned, cost, 0))
    overview = explanation.overview()
    stations, lines = relieving.stations(explanation), relieving.lines(explanation)
    print(json.dumps({name: getattr(overview.cost, name) for name in CostParts.__slots__}))
    print(
        json.dumps(
            {
                "unassigned_by_reason": overview.unassigned_by_reason,
                "unassigned_by_priority": overview.unassigned_by_priority,
            }
        )
    )
    sentences = [
        *map(wording.relief, stations),
        *map(wording.line_relief, lines),
        *map(wording.scarcity, overview.scarce),
        *map(wording.session, overview.sessions),
    ]
    for vi, en in sentences:
        print(f"{vi}\n  {en}")
    return 0


def _what_if(options: argparse.Namespace) -> int:
    instance = _readable(options.instance)
    changed = reading.read_what_if(instance, options.changes)
    plans = [planning.solve(each, options.time_limit, options.seed) for each in (instance, changed)]
    planning.write_solution(plans[1], options.output)
    rows = [(name, *(getattr(plan.cost, name) for plan in plans)) for name in CostParts.__slots__ if name != "moves"]
    rows += [
        ("total", *(plan.cost.total for plan in plans)),
        ("bound", *(plan.bound for plan in plans)),
        ("sessions", *(len({s for s, _ in plan.appointments.values()}) for plan in plans)),
        ("people_left_out", *(len(plan.unassigned) for plan in plans)),
    ]
    print(f"{'':16}{'as it is':>16}{'what if':>16}{'difference':>16}")
    for name, before, after in rows:
        print(f"{name:16}{before:16,}{after:16,}{after - before:+16,}")
    return 0


def _readable(folder: Path) -> planning.Instance:
    try:
        return planning.read_instance(folder)
    except (OSError, KeyError, ValueError) as error:
        vi, en = f"Không đọc được {folder}: {error}", f"Cannot read {folder}: {error}"
        raise SetupError("plan.unreadable", vi, en) from error


def _tell(progress: Progress) -> None:
    waiting = " ".join(f"{priority}:{n}" for priority, n in sorted(progress.unassigned.items()))
    line = f"{progress.seconds:7.1f} s  cost {progress.cost:,}  bound {progress.bound:,}  unassigned {waiting or 0}"
    print(line, file=sys.stderr)


def _figures(plan: Plan, workers: int) -> dict[str, float]:
    gap = plan.cost.total - plan.bound
    seconds = round(plan.notes.seconds, 2) if plan.notes else 0.0
    return {
        "total": plan.cost.total,
        "bound": plan.bound,
        "excess_per_worker": round(gap / max(1, workers), 3),
        "assigned": len(plan.appointments),
        "unassigned": len(plan.unassigned),
        "seconds": seconds,
    }


def _findings(report: Report) -> dict[str, object]:
    parts = {name: getattr(report.cost, name) for name in CostParts.__slots__}
    return {
        "valid": report.valid,
        "violations": {rule: found[:5] for rule, found in report.violations.items()},
        "total": report.cost.total,
        "cost": parts,
        "structural_penalty": report.structural_penalty,
        "unassigned_by_priority": report.unassigned_by_priority,
        "unassigned_by_reason": report.unassigned_by_reason,
        "broken": report.broken,
        "overfull_excess": report.overfull_excess,
        "moved": report.moved,
    }
