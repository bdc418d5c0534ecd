"""A search that is told to stop hands over a whole plan: what it had told of, and whoever still fits."""

import sys
import threading
from pathlib import Path

import pytest

from scheduling.planning import Plan, Progress, check, piecework, solve, turns

sys.path.insert(0, str(Path(__file__).parent))
import copies
from generator import SHAPES, generate

LONG = 6.0  # seconds; in threads that is how long a search goes on in vain


class Listener:
    """Asks to stop when it has been told so often."""

    def __init__(self, times: int) -> None:
        self.left, self.stop = times, threading.Event()

    def __call__(self, progress: Progress) -> None:
        self.left -= 1
        if self.left == 0:
            self.stop.set()


INSTANCES = {
    "one piece": generate(SHAPES["drive"], 2_000, seed=4),
    "pieces apart": generate(SHAPES["communes"], 2_000, seed=4),
    "pieces with borders": copies.multiplied(generate(SHAPES["park"], 300, seed=1), 5, seed=1, linked=True),
}


@pytest.mark.parametrize("times", [1, 4])
@pytest.mark.parametrize("many", [turns.MANY, 100], ids=["in threads", "in helper processes"])
@pytest.mark.parametrize("name", INSTANCES)
def test_a_search_told_to_stop_ends_with_a_valid_plan_and_a_true_bound(
    name: str, many: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(piecework, "TOLD_EVERY", 0.05)
    monkeypatch.setattr(turns, "MANY", many)
    instance, listener = INSTANCES[name], Listener(times)

    plan = solve(instance, LONG, progress=listener, people=400, stop=listener.stop)

    report = check(instance, plan)
    assert report.valid, report.violations
    assert report.cost == plan.cost
    assert plan.bound <= best(name).cost.total


_best: dict[str, Plan] = {}


def best(name: str) -> Plan:
    """A good plan of an instance: no true bound lies above it."""
    if name not in _best:
        _best[name] = solve(INSTANCES[name], 3.0, people=400)
    return _best[name]


def test_who_waits_for_a_helper_that_is_ended_learns_so() -> None:
    crew = piecework.Crew(1, processes=True)
    crew.close()

    with pytest.raises(ChildProcessError):
        crew.work(lambda: None)  # type: ignore[arg-type, return-value]
