"""A block of few sessions: all sets of them are weighed, and the plan is proved."""

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from scheduling.planning import blocks, classes, components, weighing
from scheduling.planning.absence import Absence
from scheduling.planning.eligibility import Rules
from scheduling.planning.flow import Relaxation
from scheduling.planning.weighing import Weighing

sys.path.insert(0, str(Path(__file__).parent))
from generator import SHAPES, generate

SECONDS = 30.0


def a_search(shape: str, people: int, seed: int, seconds: float) -> Weighing:
    """The search on the largest component of an instance."""
    instance = generate(SHAPES[shape], people, seed)
    rules = Rules(instance)
    demand = classes.of(rules, enumerate(instance.workers))
    part = components.split(rules, demand)[-1]
    block = blocks.build(rules, demand, part.classes, part.sessions)
    return Weighing(block, Absence(rules, block), time.monotonic() + seconds)


@pytest.mark.parametrize("shape", ["communes", "audiometry", "scarce"])
def test_the_best_set_of_sessions_is_found_and_proved(shape: str) -> None:
    search = a_search(shape, 200, 3, SECONDS)

    outcome = search.run()

    assert outcome.ledger is not None
    assert outcome.cost == outcome.ledger.cost()
    assert outcome.cost - 1 < outcome.bound <= outcome.cost


@pytest.mark.parametrize("seed", [1, 2])
def test_no_floor_of_a_set_lies_above_what_its_program_costs(seed: int) -> None:
    search = a_search("communes", 250, seed, SECONDS)
    search.run()

    for position in range(0, len(search.floor), max(1, len(search.floor) // 16)):
        chosen = ((position & search.bits) > 0).astype(np.float64)
        relaxation = Relaxation(search.block, search.absence)
        relaxation.limit(chosen, chosen)
        whole = np.ceil(relaxation.optimise().value - 1e-3)  # a plan costs whole units, which the search makes use of
        assert position in search.solved or search.floor[position] <= whole


def test_without_time_there_is_a_plan_and_a_bound_below_it() -> None:
    search = a_search("communes", 200, 3, 0.0)

    outcome = search.run()

    assert outcome.ledger is not None
    assert search.solved == set()
    assert outcome.bound <= outcome.cost


@pytest.mark.parametrize(("shape", "seed"), [("audiometry", 2), ("audiometry", 3), ("scarce", 4)])
def test_without_time_nobody_waits_who_could_be_seated_by_moving_others(
    shape: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weighing, "RESCUE_SECONDS", SECONDS)
    hurried = a_search(shape, 500, seed, 0.0).run()

    searched = a_search(shape, 500, seed, SECONDS).run()
    assert hurried.ledger is not None
    assert searched.ledger is not None
    assert hurried.ledger.waiting.sum() == searched.ledger.waiting.sum()


def test_a_search_goes_on_where_one_ended() -> None:
    ended = a_search("communes", 250, 2, SECONDS)
    ended.first()
    ended.solve(len(ended.floor) - 1)
    past = ended.weighed()
    assert past is not None
    assert np.isfinite(past.floor).all()

    search = Weighing(ended.block, ended.absence, time.monotonic() + SECONDS, past=past)
    outcome = search.run()

    assert (search.floor >= past.floor).all()
    assert outcome.ledger is not None
    assert outcome.cost - 1 < outcome.bound <= outcome.cost == outcome.ledger.cost()
    assert search.weighed() is None
