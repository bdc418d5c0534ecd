import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scheduling.planning import (
    Changes,
    check,
    read_appointments,
    read_changes,
    read_instance,
    replan,
    solve,
    write_solution,
)

sys.path.insert(0, str(Path(__file__).parent))
import bench_data
from generator import SHAPES, generate

DEARER_THAN_ANYBODY = 300_000


def test_the_public_replan_moves_hardly_anybody_who_need_not_move(tmp_path: Path) -> None:
    folder = bench_data.unpack("park-12k", tmp_path)
    replan_folder = bench_data.unpack("park-12k/replan-1", tmp_path)
    instance, published = read_instance(folder), read_appointments(replan_folder)

    plan = replan(instance, published, read_changes(replan_folder), time_limit=12)

    write_solution(plan, tmp_path / "solution")
    verdict = bench_data.verdict(folder, tmp_path / "solution", replan_folder)
    report = check(instance, plan, read_changes(replan_folder), published)
    assert verdict["valid"], verdict["violations"]
    assert report.valid
    assert verdict["cost"]["total"] == plan.cost.total == report.cost.total
    assert verdict["moved_beyond_need"] == report.moved - report.overfull_excess


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_whoever_could_have_a_place_gets_it_even_where_leaving_them_out_would_be_cheaper(seed: int) -> None:
    instance = generate(SHAPES["communes"], 150, seed=seed)
    published = solve(instance, time_limit=3).appointments
    used = {session for session, _ in published.values()}
    dear = tuple(s if s.id in used else replace(s, open_cost=DEARER_THAN_ANYBODY) for s in instance.sessions)
    away = tuple((s.day, s.day) for s in instance.sessions if s.id in used)
    changes = Changes(now=0, workers_unavailable=tuple((worker, away) for worker in sorted(published)[::20]))

    plan = replan(replace(instance, sessions=dear), published, changes, time_limit=3)

    report = check(replace(instance, sessions=dear), plan, changes, published)
    assert report.valid, report.violations
