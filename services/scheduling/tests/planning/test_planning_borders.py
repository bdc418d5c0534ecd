"""What hangs together but is planned in pieces: plans that fit together, and a bound that holds for the whole."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.planning import Instance, check, classes, components, solve, write_solution
from scheduling.planning.eligibility import Rules

sys.path.insert(0, str(Path(__file__).parent))
import bench_data
import exact
import generator

LINKED = replace(
    generator.SHAPES["linked"],
    cluster=12,
    people=(2, 9),
    days=14,
    spread=15,
    link=10,
    jobs="BBXFNDES",
    calendars="dtcn",
    seats=3,
    gynaecology=2,
    audiometry=1,
    slack=1.0,
    pct=(10, 30),
)
quietly = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def linked(seed: int, people: int) -> Instance:
    """Clusters whose people also reach the sessions of the next, with too few places for some."""
    instance = generator.generate(LINKED, people, seed)
    few = tuple(
        replace(
            s, windows=s.windows[::3], total=s.total[::3], capacity={q: places[::3] for q, places in s.capacity.items()}
        )
        for s in instance.sessions
    )
    return replace(instance, sessions=few)


@quietly
@given(seed=st.integers(0, 10_000), people=st.integers(20, 90))
def test_pieces_make_a_plan_that_both_referees_accept(seed: int, people: int) -> None:
    instance = linked(seed, people)

    plan = solve(instance, time_limit=1, people=12)

    report = check(instance, plan)
    assert report.valid, report.violations
    assert report.cost == plan.cost
    with tempfile.TemporaryDirectory() as folder:
        generator.write_instance(instance, Path(folder))
        write_solution(plan, Path(folder) / "solution")
        verdict = bench_data.verdict(Path(folder), Path(folder) / "solution")
    assert verdict["valid"], verdict["violations"]
    assert verdict["cost"]["total"] == plan.cost.total


@quietly
@given(seed=st.integers(0, 10_000))
def test_no_plan_costs_less_than_the_joint_bound_of_pieces(seed: int) -> None:
    instance = linked(seed, 24)

    plan = solve(instance, time_limit=1, people=8)

    assert plan.bound <= exact.cheapest_total(instance) <= plan.cost.total


def test_a_full_piece_stays_whole_up_to_four_times_the_usual_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = linked(1, 300)
    rules = Rules(instance)
    demand = classes.of(rules, enumerate(instance.workers))
    part = components.split(rules, demand)[-1]
    people, sessions = int(demand.size[part.classes].sum()), len(part.sessions)

    def cut(usual: float, full: int) -> int:
        monkeypatch.setattr(components, "SESSIONS", usual)
        return len(components.pieces(rules, demand, part, full))

    assert cut(sessions / 3.9, people) == 1
    assert cut(sessions / 8, people) > 1
    assert cut(sessions / 3.9, people // 4) > 1
