"""`khamdoan plan explain|whatif`: why a plan is as it is, what would make it better, and what a change would bring."""

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from khamdoan.errors import SetupError
from khamdoan.plan_files import prepare, read, time_left, valid_plan, write
from scheduling import planning
from scheduling.planning import Instance, Plan, lever_words, levers, reading, relieving, revising, wording
from scheduling.planning.choices import alike
from scheduling.planning.explaining import Explanation
from scheduling.planning.levers import Lever
from scheduling.planning.model import CostParts
from scheduling.problems import REASONS

OWN_PLAN = 0.5  # of the time, where the plan in force has to be made first
PEOPLE = ["worker", "session", "window", "reason", "text_vi", "text_en"]


def explain(options: argparse.Namespace) -> int:
    """Print why a plan is as it is and what would be worth money, or why some workers are where they are."""
    if options.output:
        prepare(options.output)
    instance = read(options.instance, lambda: planning.read_instance(options.instance))
    explanation = Explanation(instance, valid_plan(instance, options.solution))
    unknown = [name for name in options.worker if name not in explanation.workers]
    if unknown:
        raise SetupError("plan.unknown-worker", f"Không có người {unknown[0]}", f"There is no worker {unknown[0]}")
    for name in options.worker:
        vi, en = _case(explanation, name)
        print(f"{name}: {vi}\n  {en}")
    if not options.worker:
        tried = levers.measure(explanation, time_left(options), options.seed)
        _print_whole(explanation, tried, options.output)
    return 0


def _print_whole(explanation: Explanation, tried: list[Lever], output: Path | None) -> None:
    overview = explanation.overview()
    print(json.dumps({name: getattr(overview.cost, name) for name in CostParts.__slots__}))
    reasons, priorities = overview.unassigned_by_reason, overview.unassigned_by_priority
    print(json.dumps({"unassigned_by_reason": reasons, "unassigned_by_priority": priorities}))
    stations, lines = relieving.stations(explanation), relieving.lines(explanation)
    sentences = [wording.overview(overview), *map(lever_words.lever, tried), *map(wording.relief, stations)]
    sentences += [*map(wording.line_relief, lines), *map(wording.scarcity, overview.scarce)]
    sentences += map(wording.session, overview.sessions)
    for vi, en in sentences:
        print(f"{vi}\n  {en}")
    if output:
        said = {"overview": asdict(overview), "levers": [asdict(lever) for lever in tried]}
        said |= {"stations": [asdict(each) for each in stations], "lines": [asdict(each) for each in lines]}
        (output / "explanation.json").write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
        with (output / "people.csv").open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerows([PEOPLE, *_people(explanation)])


def _people(explanation: Explanation) -> Iterator[list[object]]:
    """Everybody's case; it is worked out once for those who are alike."""
    known: dict[tuple[object, ...], tuple[str, str]] = {}
    for worker in explanation.instance.workers:
        session, window = explanation.plan.appointments.get(worker.id, ("", ""))
        reason = explanation.plan.unassigned.get(worker.id, "")
        kind = (*alike(worker), session, window)
        if kind not in known:
            known[kind] = _case(explanation, worker.id)
        yield [worker.id, session, window, reason, *known[kind]]


def _case(explanation: Explanation, worker: str) -> tuple[str, str]:
    if worker in explanation.plan.unassigned:
        why_vi, why_en = REASONS[explanation.plan.unassigned[worker]]
        vi, en = wording.remedy(explanation.remedy(worker))
        return f"Chưa có lịch: {why_vi}. {vi}", f"No appointment: {why_en}. {en}"
    (session, window), (vi, en) = explanation.plan.appointments[worker], wording.window(explanation.window(worker))
    return f"Buổi {session}, khung giờ {window}. {vi}", f"Session {session}, window {window}. {en}"


def what_if(options: argparse.Namespace) -> int:
    """Print the plan in force beside what it would be under a change, and write the latter.

    What the change concerns is planned anew on both sides, so that the difference is the change's.
    """
    prepare(options.output)
    instance = read(options.instance, lambda: planning.read_instance(options.instance))
    changed = read(options.changes, lambda: reading.read_what_if(instance, options.changes))
    if options.plan:
        force = valid_plan(instance, options.plan)
    else:
        force = planning.solve(instance, OWN_PLAN * time_left(options), options.seed)
    now, then = revising.side_by_side(force.appointments, instance, changed, time_left(options), options.seed)
    write(then, options.output)
    sides = [_figures(plan, instance, force) for plan in (force, now, then)]
    print(f"{'':16}{'in force':>16}{'searched again':>16}{'what if':>16}{'difference':>16}")
    for name in sides[0]:
        in_force, before, after = (side[name] for side in sides)
        print(f"{name:16}{in_force:16,}{before:16,}{after:16,}{after - before:+16,}")
    names = ("in_force", "searched_again", "what_if")
    kept = dict(zip(names, sides, strict=True))
    (options.output / "comparison.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    vi, en = lever_words.comparison(*sides)
    print(f"{vi}\n  {en}")
    return 0


def _figures(plan: Plan, instance: Instance, force: Plan) -> dict[str, int]:
    parts = {name: getattr(plan.cost, name) for name in CostParts.__slots__ if name != "moves"}
    priority = {w.id: w.priority for w in instance.workers}
    waiting = Counter(priority[w] for w in plan.unassigned)
    return {
        **parts,
        "total": plan.cost.total,
        "sessions": len({session for session, _ in plan.appointments.values()}),
        "left_out": len(plan.unassigned),
        **{f"priority_{p}": waiting[p] for p in sorted(set(priority.values()), reverse=True)},
        "moved": sum(plan.appointments.get(who) != place for who, place in force.appointments.items()),
    }
