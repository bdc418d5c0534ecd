import sys
from itertools import pairwise
from pathlib import Path

import pytest

from scheduling.planning import Instance, Progress, check, piecework, read_instance, solve, turns, write_solution

sys.path.insert(0, str(Path(__file__).parent))
import bench_data
from generator import SHAPES, generate

PUBLIC = [("hagiang-commune", 2_418_736), ("tight-3k", 36_340_279)]
LIMITS = (5.0, 20.0, 80.0)  # seconds; what a limit buys depends on who else uses the machine


@pytest.mark.parametrize(("name", "ceiling"), PUBLIC)
def test_a_public_instance_is_planned_validly_and_well(name: str, ceiling: int, tmp_path: Path) -> None:
    folder = bench_data.unpack(name, tmp_path)

    for seconds in LIMITS:
        plan = solve(read_instance(folder), time_limit=seconds)
        if plan.cost.total <= ceiling:
            break

    write_solution(plan, tmp_path / "solution")
    verdict = bench_data.verdict(folder, tmp_path / "solution")
    assert verdict["valid"], verdict["violations"]
    assert verdict["cost"]["total"] == plan.cost.total <= ceiling
    assert plan.bound <= plan.cost.total
    report = check(read_instance(folder), plan)
    assert report.valid
    assert report.cost == plan.cost


def test_an_instance_without_workers_or_sessions_has_an_empty_plan() -> None:
    nothing = Instance(days=1, packages=(), calendars={}, travel={}, lines=(), sessions=(), workers=())

    plan = solve(nothing, time_limit=1)

    assert plan.appointments == {}
    assert plan.unassigned == {}
    assert plan.cost.total == plan.bound == 0


@pytest.mark.parametrize("many", [turns.MANY, 100], ids=["in threads", "in helper processes"])
def test_progress_tells_what_the_plan_would_cost_now_and_only_gets_better(
    many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "MANY", many)
    told: list[Progress] = []

    plan = solve(generate(SHAPES["communes"], 1_500, seed=4), time_limit=1, progress=told.append)

    assert len(told) > 2
    assert all(now.cost >= later.cost and now.bound <= later.bound <= later.cost for now, later in pairwise(told))
    assert told[0].cost > 10 * told[-1].cost
    assert told[-1].cost >= plan.cost.total
    assert sum(told[-1].unassigned.values()) >= len(plan.unassigned)


def test_a_plan_of_one_piece_tells_how_far_it_is_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piecework, "TOLD_EVERY", 0.0)
    told: list[Progress] = []

    plan = solve(generate(SHAPES["drive"], 2_000, seed=4), time_limit=30, progress=told.append)

    assert len({(now.cost, now.bound) for now in told}) > 1
    assert told[0].cost >= told[-1].cost >= plan.cost.total
    assert told[0].bound <= told[-1].bound <= plan.bound
