"""What a concluded examination asks for next: retest, referral, treatment, suspected disease or job review."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Any, Literal

from results.classification.conditions import Condition, parse
from results.classification.explain import ROMAN
from results.classification.model import Text

Kind = Literal["retest", "referral", "treatment", "occupational_disease_suspected", "job_review"]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One thing to do within `due_days` of the conclusion; `disease` is the number of the listed disease suspected."""

    kind: Kind
    reason: str
    due_days: int
    text: Text
    disease: int | None = None
    legal_source: str | None = None


@dataclass(frozen=True, slots=True)
class _Row:
    follow_up: FollowUp
    when: tuple[Condition, ...]
    hazards: frozenset[str]
    unless: frozenset[str]


@dataclass(frozen=True, slots=True)
class Placement:
    """From which class on a placement is reviewed (QĐ 1613), and within how many days."""

    legal_source: str
    due_days: int
    heavy_from_class: int
    anybody_from_class: int


def derive(
    final_class: int | None, values: Mapping[str, object], *, hazards: Collection[str] = (), heavy: bool = False
) -> list[FollowUp]:
    """The follow-ups of a conclusion; `values` as `sections.values_of` gives them, `hazards` the worker's exposures."""
    known = {**values, **_ratio(values)}
    opened: dict[str, FollowUp] = {}
    for row in ROWS:
        exposed = not row.hazards or bool(row.hazards.intersection(hazards))
        if exposed and not row.unless.intersection(opened) and any(one.met(known) for one in row.when):
            opened[row.follow_up.reason] = row.follow_up
    return [*opened.values(), *_job_review(final_class, heavy)]


def _ratio(values: Mapping[str, object]) -> dict[str, Decimal]:
    fev1, fvc = values.get("fev1_l"), values.get("fvc_l")
    return {"fev1_to_fvc": fev1 / fvc} if isinstance(fev1, Decimal) and isinstance(fvc, Decimal) and fvc else {}


def _job_review(final_class: int | None, heavy: bool) -> Iterator[FollowUp]:
    if final_class is None:
        return
    rank = ROMAN[final_class]
    if final_class >= PLACEMENT.anybody_from_class:
        text = Text(f"Loại {rank}: xem xét bố trí công việc từng trường hợp.",
                    f"Class {rank}: placement is decided individually.")  # fmt: skip
        yield FollowUp("job_review", "weak_health", PLACEMENT.due_days, text, legal_source=PLACEMENT.legal_source)
    elif heavy and final_class >= PLACEMENT.heavy_from_class:
        text = Text(f"Loại {rank} làm việc nặng nhọc, độc hại (cần loại I–II): xem xét bố trí lại.",
                    f"Class {rank} in heavy or hazardous work (class I–II needed): review the placement.")  # fmt: skip
        yield FollowUp("job_review", "heavy_work", PLACEMENT.due_days, text, legal_source=PLACEMENT.legal_source)


def _row(row: Mapping[str, Any]) -> _Row:
    follow_up = FollowUp(
        row["kind"], row["reason"], row["due_days"], Text(row["vi"], row["en"]), row.get("disease"),
        row.get("legal_source"),
    )  # fmt: skip
    when = tuple(parse(text) for text in row["when"])
    return _Row(follow_up, when, frozenset(row.get("hazards", ())), frozenset(row.get("unless", ())))


_data = tomllib.loads(files("results.classification").joinpath("follow_ups.toml").read_text(encoding="utf-8"))
VERSION: str = _data["version"]
ROWS = tuple(_row(row) for row in _data["row"])
PLACEMENT = Placement(**_data["placement"])
