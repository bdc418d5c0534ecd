"""What if: a plan in force under other circumstances, and the changes that are worth money, held against new plans."""

import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from scheduling.planning import CapacityChange, Instance, Plan, check, lever_words, levers, noting, reading, solve
from scheduling.planning.changing import what_if
from scheduling.planning.consistency import UnreadableError
from scheduling.planning.explaining import Explanation
from scheduling.planning.levers import Lever
from scheduling.planning.model import Notes
from scheduling.planning.revising import Change, Revision, perform, side_by_side

sys.path.insert(0, str(Path(__file__).parent))
import generator

SHAPE = replace(generator.SHAPES["communes"], cluster=150, slack=1.6, audiometry=1)
SECONDS = 30.0


@pytest.fixture(scope="module")
def planned() -> tuple[Instance, Plan]:
    """Two clusters that share nothing, one place for audiometry per window."""
    instance = generator.generate(SHAPE, 300, seed=2)
    return instance, solve(instance, time_limit=SECONDS)


def changes(instance: Instance, plan: Plan) -> dict[str, Instance]:
    """Several questions about a plan: somebody of every session it uses is concerned by one of them."""
    used = sorted({session for session, _ in plan.appointments.values()})
    sessions = {s.id: s for s in instance.sessions}
    cut = sessions[used[0]]
    line = max(instance.lines, key=lambda x: x.headcount)
    return {
        "cut": what_if(instance, [CapacityChange(cut.id, i, n // 2) for i, n in enumerate(cut.total)]),
        "withdrawn": what_if(instance, withdrawn=used[:1]),
        "another day": what_if(instance, added=[replace(cut, id="later", day=cut.day + 1)], withdrawn=[cut.id]),
        "added": what_if(instance, added=[replace(cut, id="twin")]),
        "ceiling raised": what_if(instance, ceilings={line.id: 90}),
        "ceiling lowered": what_if(instance, ceilings={line.id: 0}),
        "nothing": instance,
    }


@pytest.mark.parametrize("asked", ["cut", "withdrawn", "another day", "added", "ceiling raised", "ceiling lowered"])
def test_a_plan_under_a_change_is_as_good_as_one_made_for_it(planned: tuple[Instance, Plan], asked: str) -> None:
    instance, plan = planned
    changed = changes(instance, plan)[asked]

    now, then = side_by_side(plan.appointments, instance, changed, SECONDS)

    fresh = solve(changed, time_limit=SECONDS)
    for circumstances, side in ((instance, now), (changed, then)):
        report = check(circumstances, side)
        assert report.valid, report.violations
        assert report.cost == side.cost
    assert now.cost.total <= plan.cost.total
    assert then.cost.total <= fresh.cost.total + len(instance.workers)


def test_whoever_the_change_does_not_concern_stays(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    changed = changes(instance, plan)["withdrawn"]
    (gone,) = {s.id for s in instance.sessions} - {s.id for s in changed.sessions}
    site = {line.id: line.site for line in instance.lines}
    of = {w.id: site[w.line] for w in instance.workers}
    place = {s.id: s.site for s in instance.sessions}
    near = {home for home, reach in instance.travel.items() if place[gone] in reach}
    others = {w: at for w, at in plan.appointments.items() if not near & {of[w]} and not _meet(instance, of[w], near)}
    assert others

    now, then = side_by_side(plan.appointments, instance, changed, SECONDS)

    for side in (now, then):
        assert {w: side.appointments[w] for w in others} == others


def _meet(instance: Instance, home: str, near: set[str]) -> bool:
    """Whether people of a place reach a session that people near the change reach too."""
    return any(instance.travel[home].keys() & instance.travel[other].keys() for other in near)


def test_a_question_that_changes_nothing_moves_nobody(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned

    now, then = side_by_side(plan.appointments, instance, instance, SECONDS)

    assert now.appointments == then.appointments == plan.appointments


def done(instance: Instance, lever: Lever) -> Instance:
    """The instance in which the lever is pulled, made by other means than its own."""
    sessions, lines = list(instance.sessions), list(instance.lines)
    for k, session in enumerate(sessions):
        offered = {"total", *session.capacity}.issuperset(lever.stations)
        if lever.kind == levers.MORE_PLACES and session.day // 7 == lever.week and offered:
            more = {q: tuple(n + (q in lever.stations) for n in row) for q, row in session.capacity.items()}
            total = tuple(n + ("total" in lever.stations) for n in session.total)
            sessions[k] = replace(session, capacity=more, total=total)
        elif session.id == lever.session:
            fields: dict[str, object] = {levers.PERMIT: {"permit": True}, levers.WITHOUT: {"permit": False}}.get(
                lever.kind, {"open_cost": 0}
            )
            sessions[k] = replace(session, **fields)  # type: ignore[arg-type]
    for k, line in enumerate(lines):
        if line.id == lever.line and lever.up:
            lines[k] = replace(line, max_absent_pct=lever.up[1])
    return replace(instance, sessions=tuple(sessions), lines=tuple(lines))


def test_what_a_change_is_said_to_save_a_plan_made_for_it_saves(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    closed = Counter(session for session, _ in plan.appointments.values()).most_common(1)[0][0]
    instance = replace(instance, sessions=tuple(replace(s, permit=s.id != closed) for s in instance.sessions))
    plan = solve(instance, time_limit=SECONDS)
    assert plan.cost.total == plan.bound

    found = levers.measure(Explanation(instance, plan), 2 * SECONDS)

    assert {lever.kind for lever in found} >= {levers.MORE_PLACES, levers.WITHOUT, levers.PERMIT}
    for lever in found:
        fresh = solve(done(instance, lever), time_limit=SECONDS)
        assert lever.at_most is not None
        assert lever.saves <= lever.at_most
        assert plan.cost.total - lever.at_most <= fresh.cost.total
        assert plan.cost.total - lever.saves == pytest.approx(fresh.cost.total, abs=len(instance.workers) / 10)
        if fresh.cost.total == fresh.bound:
            assert lever.at_most >= plan.cost.total - fresh.cost.total >= lever.saves
        assert all(lever_words.lever(lever))


def test_a_difference_that_two_searches_may_have_by_chance_is_not_told(planned: tuple[Instance, Plan]) -> None:
    instance, plan = planned
    used = Counter(session for session, _ in plan.appointments.values()).most_common(1)[0][0]
    lever = Lever(levers.WITHOUT, session=used)
    revision = Revision(Change.between(instance, what_if(instance, withdrawn=[used])), plan.appointments)
    perform(revision.tasks, 2.0)
    proved = levers.judged(lever, revision, plan, [])

    for task in revision.tasks:
        assert task.found is not None
        task.found = replace(task.found, bound=task.found.bound - 100 * plan.cost.total)

    assert proved is not None
    assert proved.saves < 0
    assert levers.judged(lever, revision, plan, []) is None


def test_a_change_says_the_team_days_that_it_saves() -> None:
    lever = Lever(levers.HIGHER_CEILING, line="C", up=(10, 12), saves=6_100, serves=2, sessions=1, at_most=6_100)

    vi, en = lever_words.lever(lever)

    assert "từ 10 % lên 12 %" in vi
    assert "số buổi khám -1" in vi
    assert (
        "from 10 % to 12 %: planned anew it is 6,100 cheaper (at most 6,100), 2 more people served, -1 team-days." in en
    )


def test_notes_are_read_for_the_plan_that_they_are_about_and_no_other(tmp_path: Path) -> None:
    instance = generator.generate(SHAPE, 10, seed=1)
    session, line = instance.sessions[0].id, instance.lines[0].id
    notes = Notes({(session, "AUD"): 3.5, (session, "total"): 1.0}, {line: 2.0}, {session: -7.25})
    plan = Plan({}, {}, solve(instance, time_limit=0.2).cost, bound=5, notes=notes)

    noting.write(plan, tmp_path)

    assert noting.read(tmp_path, instance, plan.cost.total) == (5, notes)
    assert noting.read(tmp_path, instance, plan.cost.total + 1) == (0, Notes())
    assert noting.read(tmp_path / "elsewhere", instance, plan.cost.total) == (0, Notes())
    with pytest.raises(UnreadableError, match=f"unknown {line}"):
        noting.read(tmp_path, replace(instance, lines=()), plan.cost.total)
    (tmp_path / noting.NAME).write_text("[]")
    with pytest.raises(UnreadableError):
        noting.read(tmp_path, instance, plan.cost.total)


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
