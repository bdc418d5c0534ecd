"""What stands at the edges of the format is planned validly, with true reasons and a bound, however odd."""

import sys
from pathlib import Path

import pytest

from scheduling.planning import Instance, read_instance, solve, write_solution

sys.path.insert(0, str(Path(__file__).parent))
import bench_data
from generator import SHAPES, generate, write_instance
from oddities import ODDITIES


def assert_planned(instance: Instance, folder: Path) -> None:
    """The instance, written and read again, is planned as the referee wants it."""
    write_instance(instance, folder)

    plan = solve(read_instance(folder), time_limit=1.0)

    write_solution(plan, folder / "solution")
    verdict = bench_data.verdict(folder, folder / "solution")
    assert verdict["valid"], verdict["violations"]
    assert verdict["cost"]["total"] == plan.cost.total
    assert 0 <= plan.bound <= plan.cost.total


@pytest.fixture(scope="module")
def plain() -> Instance:
    return generate(SHAPES["communes"], 150, seed=11)


@pytest.mark.parametrize("shape", ["mountains", "scarce", "gynaecology", "giant"])
def test_a_structure_that_a_province_brings_is_planned_validly(tmp_path: Path, shape: str) -> None:
    assert_planned(generate(SHAPES[shape], 600, seed=2), tmp_path)


@pytest.mark.parametrize("name", ODDITIES)
def test_an_odd_instance_is_planned_validly(plain: Instance, tmp_path: Path, name: str) -> None:
    assert_planned(ODDITIES[name](plain), tmp_path)
