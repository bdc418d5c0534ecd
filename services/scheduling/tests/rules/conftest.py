"""Builders of the due-rule tests: a 36-year-old man in ordinary work, changed where a test says so."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from scheduling.rules import rule_sets
from scheduling.rules.due import DueCheck, due_check
from scheduling.rules.workers import WorkerFacts, born_between

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="session")
def a_worker() -> Callable[..., WorkerFacts]:
    """A worker by facts; `born` is written YYYY, YYYY-MM or YYYY-MM-DD."""

    def build(born: str = "1990-05", **facts: Any) -> WorkerFacts:
        earliest, latest = born_between(born)
        return WorkerFacts(**{"sex": "male", "born_earliest": earliest, "born_latest": latest, **facts})

    return build


@pytest.fixture(scope="session")
def due(a_worker: Callable[..., WorkerFacts]) -> Callable[..., DueCheck]:
    """The due check of `a_worker` of the same facts, today unless said."""

    def find(born: str = "1990-05", *, as_of: date = TODAY, **facts: Any) -> DueCheck:
        found = due_check(a_worker(born, **facts), as_of=as_of, rules=rule_sets.in_force(as_of))
        assert found is not None
        return found

    return find
