"""What stands at the edges of the format is planned validly, with true reasons and a bound, however odd."""

import sys
from pathlib import Path

import pytest

from scheduling.planning import Instance, read_instance, solve, write_solution

sys.path.insert(0, str(Path(__file__).parent))
import bench_data
from generator import SHAPES, generate, write_instance
from oddities import ODDITIES


@pytest.fixture(scope="module")
def plain() -> Instance:
    return generate(SHAPES["communes"], 150, seed=11)


@pytest.mark.parametrize("name", ODDITIES)
def test_an_odd_instance_is_planned_validly(plain: Instance, tmp_path: Path, name: str) -> None:
    write_instance(ODDITIES[name](plain), tmp_path)
    instance = read_instance(tmp_path)

    plan = solve(instance, time_limit=1.5)

    write_solution(plan, tmp_path / "solution")
    verdict = bench_data.verdict(tmp_path, tmp_path / "solution")
    assert verdict["valid"], verdict["violations"]
    assert verdict["cost"]["total"] == plan.cost.total
    assert 0 <= plan.bound <= plan.cost.total
