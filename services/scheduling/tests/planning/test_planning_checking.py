"""The own checker and the benchmark's referee find the same in any plan; what cannot be read is said, not raised."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scheduling.planning import check, read_instance, solve, write_solution
from scheduling.planning.consistency import UnreadableError
from scheduling.planning.reading import read_solution

sys.path.insert(0, str(Path(__file__).parent))
import bench_data
from breaking import Breaker
from generator import SHAPES, generate, write_instance

Spoil = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small instance with some left out, and a valid solution of it."""
    folder = tmp_path_factory.mktemp("instance")
    write_instance(generate(SHAPES["audiometry"], 150, seed=3), folder)
    write_solution(solve(read_instance(folder), time_limit=1.0), folder / "solution")
    return folder, folder / "solution"


@pytest.mark.parametrize("seed", range(60))
def test_the_checker_and_the_referee_find_the_same_in_a_spoilt_plan(
    planned: tuple[Path, Path], tmp_path: Path, seed: int
) -> None:
    folder, solution = planned
    instance = read_instance(folder)
    ways = Breaker(instance, solution, seed).spoil(tmp_path)

    report = check(instance, read_solution(tmp_path))

    verdict = bench_data.verdict(folder, tmp_path)
    assert set(report.violations) == {rule.split()[0] for rule in verdict["violations"]}, ways
    assert report.cost.total == verdict["cost"]["total"], ways
    assert report.structural_penalty == verdict["structural_penalty"]
    assert report.unassigned_by_reason == verdict["unassigned_by_reason"]
    assert (report.assigned, report.sessions_used) == (verdict["assigned"], verdict["sessions_used"])


def test_a_worker_named_twice_is_no_valid_plan_even_at_the_same_place(
    planned: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, solution = planned
    broken = Breaker(read_instance(folder), solution, seed=0)
    broken.ways = [broken.double]
    broken.spoil(tmp_path)

    report = check(read_instance(folder), read_solution(tmp_path))

    assert list(report.violations) == ["R1"]
    assert "occurs twice" in report.violations["R1"][0]


UNREADABLE: dict[str, Spoil] = {
    "unknown calendar": lambda raw: raw["lines"][0].update(calendar="C?"),
    "unknown line": lambda raw: raw["lines"].pop(),
    "unknown package": lambda raw: raw["packages"].clear(),
    "occurs twice": lambda raw: raw["sessions"].append(raw["sessions"][0]),
    "'day' is missing": lambda raw: raw["sessions"][0].pop("day"),
    "'headcount' is missing": lambda raw: raw["lines"][0].pop("headcount"),
    "outside the": lambda raw: raw["sessions"][0].update(day=raw["days"]),
    "for 11 windows|for 18 windows": lambda raw: raw["sessions"][0]["total"].pop(),
    "not a whole number": lambda raw: raw["sessions"][0].update(open_cost=0.5),
    "is no text": lambda raw: raw["lines"][0].update(site=7),
    "entries for": lambda raw: raw["calendars"].update({name: [] for name in raw["calendars"]}),
    "unknown timing": lambda raw: raw["packages"][0].update(timing=["fastng"]),
    "unknown priority": lambda raw: raw["weights"].update(unassigned={}),
    "unknown format": lambda raw: raw.update(format="kd-plan/2"),
    "instance.json: ": lambda raw: raw.update(sessions=3),
}


@pytest.mark.parametrize("said", UNREADABLE)
def test_an_instance_that_does_not_hold_together_is_refused_in_words(
    planned: tuple[Path, Path], tmp_path: Path, said: str
) -> None:
    raw = json.loads((planned[0] / "instance.json").read_text())
    UNREADABLE[said](raw)
    (tmp_path / "instance.json").write_text(json.dumps(raw))
    (tmp_path / "workers.csv").write_text((planned[0] / "workers.csv").read_text())

    with pytest.raises(UnreadableError, match=said):
        read_instance(tmp_path)


def test_what_an_entry_holds_beyond_the_format_is_not_ours(planned: tuple[Path, Path], tmp_path: Path) -> None:
    raw = json.loads((planned[0] / "instance.json").read_text())
    for entry in (*raw["lines"], *raw["sessions"], *raw["packages"], raw["params"], raw["weights"], raw):
        entry["remark"] = "theirs"
    (tmp_path / "instance.json").write_text(json.dumps(raw))
    (tmp_path / "workers.csv").write_text((planned[0] / "workers.csv").read_text())

    assert read_instance(tmp_path) == read_instance(planned[0])
