import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scheduling import plan_cases
from scheduling.planning import CapacityChange, Instance, Plan, Worker, check, reading, relieving, solve, wording
from scheduling.planning.explaining import Explanation, Remedy, what_if

sys.path.insert(0, str(Path(__file__).parent))
import generator

SCARCE = replace(generator.SHAPES["gynaecology"], cluster=300, gynaecology=1, days=20, seats=8)


@pytest.fixture(scope="module")
def planned() -> tuple[Instance, Plan]:
    instance = generator.generate(SCARCE, 300, seed=3)
    return instance, solve(instance, time_limit=5)


def test_every_worker_left_out_gets_a_remedy_that_serves_them(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    explanation = Explanation(instance, plan)
    turned_away = [w for w, reason in plan.unassigned.items() if reason == "capacity_exhausted"]
    assert turned_away

    for worker in turned_away[:10]:
        remedy = explanation.remedy(worker)
        assert remedy.kind == "one_more_place"
        served = Plan(
            {**plan.appointments, worker: (remedy.session, remedy.window)},
            {w: r for w, r in plan.unassigned.items() if w != worker},
            plan.cost,
            plan.bound,
        )
        violations = check(_with_a_place(instance, explanation, worker, remedy), served).violations
        assert violations.keys() <= {"R7", "R5"}  # others may now claim other reasons; the crew may be at its limit


def test_the_overview_names_what_is_scarce_and_judges_every_session(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned

    overview = Explanation(instance, plan).overview()

    assert "GYN" in {s.station for s in overview.scarce}
    assert len(overview.sessions) == len(instance.sessions)
    assert sum(s.visits for s in overview.sessions) == len(plan.appointments)
    assert sum(overview.unassigned_by_reason.values()) == len(plan.unassigned)
    for words in (*map(wording.session, overview.sessions), wording.overview(overview)):
        assert all(words)


def test_a_window_is_explained_by_what_was_cheaper_and_full(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    explanation = Explanation(instance, plan)
    worker = next(iter(plan.appointments))

    case = explanation.window(worker)

    assert (case.session, case.window) == plan.appointments[worker]
    assert case.options >= 1
    assert all(wording.window(case))


def test_whoever_keeps_a_published_place_has_no_case_of_their_own(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    moved, placed, *_ = plan.appointments
    published = {who: place for who, place in plan.appointments.items() if who != placed}
    published[moved] = plan.appointments[moved][0], plan.appointments[moved][1] + 1

    cases = plan_cases.of_plan(instance, plan, published)

    assert cases["people"].keys() == {moved, placed, *plan.unassigned}
    assert cases["places"].keys() == plan.appointments.keys()


def test_more_gynaecology_serves_more_people(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    more = [CapacityChange(s.id, i, None, {"GYN": 4}) for s in instance.sessions for i in range(len(s.windows))]

    richer = solve(what_if(instance, more), time_limit=5)

    assert len(richer.unassigned) < len(plan.unassigned)
    assert richer.cost.total < plan.cost.total


def test_a_higher_ceiling_is_planned_like_any_instance(planned: tuple[Instance, Plan]) -> None:
    instance, _ = planned
    line = instance.lines[0]

    changed = what_if(instance, ceilings={line.id: 90})

    assert changed.lines[0].ceiling >= line.ceiling
    assert changed.lines[1:] == instance.lines[1:]


def _with_a_place(instance: Instance, explanation: Explanation, worker: str, remedy: Remedy) -> Instance:
    """One more place at every station of the worker in the window of the remedy."""
    who: Worker = explanation.workers[worker]
    session = instance.sessions[explanation.rules.session_at[str(remedy.session)]]
    i = int(remedy.window or 0)
    stations = instance.packages[explanation.rules.package_at[who.package]].stations
    room = {q: session.capacity[q][i] + 1 for q in stations}
    return what_if(instance, [CapacityChange(session.id, i, session.total[i] + 1, room)])


def test_one_more_place_a_week_serves_as_many_as_the_explanation_says(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    best = relieving.stations(Explanation(instance, plan))[0]
    assert best.station == "GYN"
    week = [s for s in instance.sessions if s.day // 7 == best.week and "GYN" in s.capacity]
    more = [CapacityChange(s.id, i, None, {"GYN": n + 1}) for s in week for i, n in enumerate(s.capacity["GYN"])]

    richer = solve(what_if(instance, more), time_limit=5)

    assert len(plan.unassigned) - len(richer.unassigned) >= best.serves > 0
    assert all(wording.relief(best))


def test_a_session_added_or_withdrawn_is_planned_with_or_without(planned: tuple[Instance, Plan]) -> None:
    instance, _ = planned
    twin = replace(instance.sessions[0], id="twin")

    changed = what_if(instance, added=[twin], withdrawn=[instance.sessions[1].id])

    assert [s.id for s in changed.sessions] == [s.id for s in instance.sessions if s != instance.sessions[1]] + ["twin"]


def test_a_what_if_is_read_from_a_file(planned: tuple[Instance, Plan], tmp_path: Path) -> None:
    instance, _ = planned
    first, line = instance.sessions[0], instance.lines[0]
    wanted = {
        "ceilings": {line.id: 90},
        "withdrawn": [instance.sessions[1].id],
        "capacity_changes": [{"session": first.id, "window": 0, "total": 40}],
    }
    (tmp_path / "what-if.json").write_text(json.dumps(wanted))

    changed = reading.read_what_if(instance, tmp_path / "what-if.json")

    assert len(changed.sessions) == len(instance.sessions) - 1
    assert changed.sessions[0].total[0] == 40
    assert changed.lines[0].max_absent_pct == 90
