import sys
from pathlib import Path

from scheduling.planning import check, read_appointments, read_changes, read_instance, replan, write_solution

sys.path.insert(0, str(Path(__file__).parent))
import bench_data


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
