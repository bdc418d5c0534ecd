"""What the planning process leaves beside a plan: its cases as data, session by session and person by person."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from scheduling.planning import Instance, Plan, Worker
from scheduling.planning.explaining import Explanation

SCARCEST = 20


def of_plan(
    instance: Instance, plan: Plan, published: Mapping[str, tuple[str, int]], first_free: int = 0
) -> dict[str, Any]:
    """The cases of a plan; what is alike for many people is worked out once and told by number.

    Whoever keeps the place that is `published` has no case: it would tell them nothing new, and in a plan for the few
    who have none yet they are nearly everybody.
    """
    explained = Explanation(instance, plan, first_free)
    overview = explained.overview(SCARCEST)
    concerned = [w for w in instance.workers if w.id not in published or plan.appointments.get(w.id) != published[w.id]]
    people, windows, remedies = _people(explained, concerned, plan)
    return {
        "cost_parts": asdict(plan.cost),
        "unassigned_by_priority": {str(k): n for k, n in sorted(overview.unassigned_by_priority.items())},
        "scarce": [asdict(scarce) for scarce in overview.scarce],
        "scarce_lines": [list(line) for line in overview.scarce_lines],
        "sessions": [asdict(case) for case in overview.sessions],
        "windows": windows,
        "remedies": remedies,
        "people": people,
        "places": {worker: list(place) for worker, place in plan.appointments.items()},
    }


def _people(
    explained: Explanation, concerned: Sequence[Worker], plan: Plan
) -> tuple[dict[str, int], list[dict[str, Any]], list[dict[str, Any]]]:
    """Everybody's number in one of two lists: of windows for those who have one, else of remedies."""
    kinds: dict[tuple[Any, ...], int] = {}
    windows: list[dict[str, Any]] = []
    remedies: list[dict[str, Any]] = []
    people: dict[str, int] = {}
    for worker in concerned:
        place = plan.appointments.get(worker.id)
        # A remedy is shared by those who are left out for the same reason.
        kind = (*_alike(worker), place or plan.unassigned[worker.id])
        if kind not in kinds:
            if place is not None:
                kinds[kind] = len(windows)
                case = explained.window(worker.id)
                told = {"cost": case.cost.total, "options": case.options, "cheaper_but_full": case.cheaper_but_full}
                windows.append(told)
            else:
                kinds[kind] = len(remedies)
                remedies.append({"reason": plan.unassigned[worker.id], **asdict(explained.remedy(worker.id))})
        people[worker.id] = kinds[kind]
    return people, windows, remedies


def _alike(worker: Worker) -> tuple[Any, ...]:
    return (worker.line, worker.package, worker.priority, worker.earliest, worker.due, worker.deadline,
            worker.unavailable)  # fmt: skip
