"""What the planning process leaves beside a plan: its cases as data, session by session and person by person."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from scheduling import plan_words
from scheduling.planning import Instance, Plan, Worker, lever_words, levers, wording
from scheduling.planning.choices import alike
from scheduling.planning.explaining import Explanation, SessionCase
from scheduling.planning.levers import Lever

SCARCEST = 20
WORTHWHILE = 0.2  # seconds; in fewer nothing can be tried


def of_plan(
    instance: Instance,
    plan: Plan,
    published: Mapping[str, tuple[str, int]],
    first_free: int = 0,
    seconds: float = 0.0,
) -> dict[str, Any]:
    """The cases of a plan; what is alike for many people is worked out once and told by number.

    So many `seconds` are for trying what would be worth money.

    Whoever keeps the place that is `published` has no case: it would tell them nothing new, and in a plan for the few
    who have none yet they are nearly everybody. Nor is it looked at then what everybody else could have instead.
    """
    explained = Explanation(instance, plan, first_free)
    overview = explained.overview(SCARCEST, instead=not published)
    concerned = [w for w in instance.workers if w.id not in published or plan.appointments.get(w.id) != published[w.id]]
    people, windows, remedies = _people(explained, concerned, plan)
    return {
        "cost_parts": asdict(plan.cost),
        "unassigned_by_priority": {str(k): n for k, n in sorted(overview.unassigned_by_priority.items())},
        "scarce": [asdict(scarce) for scarce in overview.scarce],
        "scarce_lines": [list(line) for line in overview.scarce_lines],
        "sessions": [_session(case) for case in overview.sessions],
        "levers": [_lever(lever) for lever in levers.measure(explained, seconds)] if seconds > WORTHWHILE else [],
        "windows": windows,
        "remedies": remedies,
        "people": people,
        "places": {worker: list(place) for worker, place in plan.appointments.items()},
    }


def _session(case: SessionCase) -> dict[str, Any]:
    why_vi, why_en = wording.without(case)
    return {**asdict(case), "why_vi": why_vi, "why_en": why_en}


def _lever(case: Lever) -> dict[str, Any]:
    (vi, en), places = lever_words.effect(case), ("", "")
    if case.stations:
        places = lever_words.places(case.stations, plan_words.STATIONS)
    return {**asdict(case), "effect_vi": vi, "effect_en": en, "places_vi": places[0], "places_en": places[1]}


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
        kind = (*alike(worker), place or plan.unassigned[worker.id])
        if kind not in kinds:
            if place is not None:
                kinds[kind] = len(windows)
                case = explained.window(worker.id)
                words = dict(zip(("text_vi", "text_en"), wording.window(case), strict=True))
                told = ("options", "cheaper_but_full", "cheaper_for_line", "cheaper_unopened", "saves", "others_lose")
                windows.append({"cost": case.cost.total, **{name: getattr(case, name) for name in told}, **words})
            else:
                kinds[kind] = len(remedies)
                remedy = explained.remedy(worker.id)
                lacks_vi, lacks_en = wording.lacks(remedy.lacks, plan_words.STATIONS) if remedy.session else ("", "")
                words = {"lacks_vi": lacks_vi, "lacks_en": lacks_en}
                remedies.append({"reason": plan.unassigned[worker.id], "kind": remedy.kind, **asdict(remedy), **words})
        people[worker.id] = kinds[kind]
    return people, windows, remedies
