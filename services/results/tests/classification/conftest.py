"""Builders of the classification tests: a healthy person, changed where a test says so."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from results.classification import proposal, rule_sets
from results.classification.model import SPECIALTIES, Examination, Finding, IndexClass, Measures, ProposedClass

RULES = rule_sets.in_force(date(2026, 11, 22))


@pytest.fixture(scope="session")
def an_examination() -> Callable[..., Examination]:
    """A complete class I examination; measures by name, `stated` and `criteria` on top."""

    def build(
        sex: Any = "male",
        age: int = 35,
        *,
        stated: dict[str, int | None] | None = None,
        criteria: tuple[str | Finding, ...] = (),
        refused: bool = False,
        **measures: Any,
    ) -> Examination:
        tall, heavy = (170, 60) if sex == "male" else (160, 52)
        own = {"height_cm": tall, "weight_kg": heavy, "vision_right": 10, "vision_left": 10, **measures}
        spoken: dict[str, int | None] = dict.fromkeys(SPECIALTIES - {"physique", "eye"}, 1)
        if sex == "male":
            del spoken["gynaecological"]
        classes = {**spoken, **(stated or {})}
        return Examination(
            sex=sex,
            age=age,
            measures=Measures(**own),
            stated={who: what for who, what in classes.items() if what is not None},
            findings=tuple(one if isinstance(one, Finding) else Finding(one) for one in criteria),
            gynaecology_refused=refused,
        )

    return build


@pytest.fixture(scope="session")
def propose(an_examination: Callable[..., Examination]) -> Callable[..., ProposedClass]:
    """Propose the class of `an_examination` of the same arguments."""
    return lambda *args, **kwargs: proposal.propose(an_examination(*args, **kwargs), RULES)


@pytest.fixture(scope="session")
def index_of(propose: Callable[..., ProposedClass]) -> Callable[..., IndexClass]:
    """One index of the proposal for `an_examination`."""

    def find(index: str, *args: Any, **kwargs: Any) -> IndexClass:
        [found] = [one for one in propose(*args, **kwargs).indices if one.index == index]
        return found

    return find
