"""`khamdoan plan solve|replan|check|explain|whatif`: the planning engine on kd-plan/1 folders, without any server."""

import argparse
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from khamdoan.errors import SetupError

# Before numpy is loaded: pieces are planned side by side, threads of the linear algebra would only be in their way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from scheduling import planning
from scheduling.planning import Plan, Progress, Report, changing, reading, relieving, wording
from scheduling.planning.consistency import UnreadableError
from scheduling.planning.explaining import Explanation
from scheduling.planning.model import CostParts

UNREADABLE = 2  # exit status, as the benchmark's own referee has it
LEAST = 0.1  # seconds; that much is searched however long reading took
Read = TypeVar("Read")
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
    explain.set_defaults(run=_explain)
    whatif = actions.add_parser("whatif", help="nếu thay đổi thì sao / plan as it is and as it might be, side by side")
    whatif.add_argument("instance", type=Path, metavar="INSTANCE_DIR")
    whatif.add_argument("changes", type=Path, metavar="WHATIF_JSON")
    _search_options(whatif, 30.0)
    whatif.set_defaults(run=_what_if)


def _search_options(parser: argparse.ArgumentParser, seconds: float) -> None:
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="SOLUTION_DIR")
    parser.add_argument("--time-limit", type=_seconds, default=seconds, metavar="SECONDS")
    parser.add_argument("--seed", type=_seed, default=0)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < math.inf:
        raise ValueError(text)
    return seconds


def _seed(text: str) -> int:
    seed = int(text)
    if seed < 0:
        raise ValueError(text)
    return seed


def _solve(options: argparse.Namespace) -> int:
    _prepare(options.output)
    instance = _read(options.instance, lambda: planning.read_instance(options.instance))
    plan = planning.solve(instance, _time_left(options), options.seed, progress=_tell)
    planning.write_solution(plan, options.output)
    print(json.dumps(_figures(plan, instance)))
    return 0


def _replan(options: argparse.Namespace) -> int:
    _prepare(options.output)
    instance = _read(options.instance, lambda: planning.read_instance(options.instance))
    changes, published = _read(options.replan, lambda: reading.read_replan(instance, options.replan))
    plan = planning.replan(instance, published, changes, _time_left(options), options.seed, progress=_tell)
    planning.write_solution(plan, options.output)
    figures = _figures(plan, changing.effective(instance, changes))
    figures["bound_if_the_rest_stays"] = figures.pop("bound")  # a plan that moves people for no reason may cost less
    moved = plan.cost.moves // instance.weights.move if instance.weights.move else None
    print(json.dumps({**figures, "moved": moved}))
    return 0


def _check(options: argparse.Namespace) -> int:
    instance = _read(options.instance, lambda: planning.read_instance(options.instance))
    solution = _read(options.solution, lambda: reading.read_solution(options.solution))
    if options.replan:
        changes, published = _read(options.replan, lambda: reading.read_replan(instance, options.replan))
        report = planning.check(instance, solution, changes, published)
    else:
        report = planning.check(instance, solution)
    print(json.dumps(_findings(report), indent=1))
    return 0 if report.valid else 1


def _explain(options: argparse.Namespace) -> int:
    instance = _read(options.instance, lambda: planning.read_instance(options.instance))
    solution = _read(options.solution, lambda: reading.read_solution(options.solution))
    report = planning.check(instance, solution)
    if not report.valid:
        raise _invalid(report)
    appointments = {worker: (session, window) for worker, session, window in solution.appointments}
    explanation = Explanation(instance, Plan(appointments, dict(solution.unassigned), report.cost, 0))
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
    _prepare(options.output)
    instance = _read(options.instance, lambda: planning.read_instance(options.instance))
    changed = _read(options.changes, lambda: reading.read_what_if(instance, options.changes))
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


def _prepare(output: Path) -> None:
    """A folder that cannot be written is said before the search, not after it."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        vi, en = f"Không ghi được {output}: {error.strerror}", f"Cannot write {output}: {error.strerror}"
        raise SetupError("plan.unwritable", vi, en) from error


def _read(source: Path, read: Callable[[], Read]) -> Read:
    try:
        return read()
    except (OSError, UnreadableError) as error:
        vi, en = f"Không đọc được {source}: {error}", f"Cannot read {source}: {error}"
        raise SetupError("plan.unreadable", vi, en, UNREADABLE) from error


def _invalid(report: Report) -> SetupError:
    first = "; ".join(f"{rule}: {found[0]}" for rule, found in sorted(report.violations.items()))
    vi, en = f"Kế hoạch không hợp lệ: {first}", f"The plan breaks rules: {first}"
    return SetupError("plan.invalid", vi, en)


def _time_left(options: argparse.Namespace) -> float:
    """What is left of the limit: it holds for the whole command."""
    begun: float = options.begun
    limit: float = options.time_limit
    return max(LEAST, begun + limit - time.monotonic())


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
    }


def _sorted(counts: Mapping[Key, int]) -> dict[Key, int]:
    return dict(sorted(counts.items()))
