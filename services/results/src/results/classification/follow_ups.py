"""What a concluded examination asks for next, by dated rules: retest, referral, treatment, suspicion or job review."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, Literal

from results.classification.conditions import Condition, parse
from results.classification.explain import ROMAN
from results.classification.model import Text
from results.classification.occupational_diseases import BY_NUMBER, OccupationalDisease

TREATMENT = "_treatment"
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


@dataclass(frozen=True, slots=True)
class Assessment:
    """When a diagnosed occupational disease is to be treated by, and assessed after its treatment."""

    legal_source: str
    days_after_treatment: int
    treatment_days: int


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules from a day on."""

    version: str
    valid_from: date
    rows: tuple[_Row, ...]
    placement: Placement
    assessment: Assessment


def in_force(on: date) -> RuleSet:
    """The rules of a day; before the first ones, the first ones."""
    begun = [rules for rules in RULE_SETS if rules.valid_from <= on]
    return max(begun, key=lambda rules: rules.valid_from) if begun else RULE_SETS[0]


def derive(
    rules: RuleSet,
    final_class: int | None,
    values: Mapping[str, object],
    *,
    hazards: Collection[str] = (),
    heavy: bool = False,
) -> list[FollowUp]:
    """The follow-ups of a conclusion; `values` as `sections.values_of` gives them, `hazards` the worker's exposures."""
    known = {**values, **_ratio(values)}
    opened: dict[str, FollowUp] = {}
    for row in rules.rows:
        exposed = not row.hazards or bool(row.hazards.intersection(hazards))
        if exposed and not row.unless.intersection(opened) and any(one.met(known) for one in row.when):
            opened[row.follow_up.reason] = row.follow_up
    return [*opened.values(), *_job_review(rules.placement, final_class, heavy)]


def after(rules: RuleSet, reason: str, *, confirmed: bool) -> FollowUp | None:
    """What follows where a follow-up ended: treatment or assessment of a confirmed disease, assessment once treated."""
    suspicion = reason.removesuffix(TREATMENT)
    disease = next((BY_NUMBER[one.disease] for one in _suspicions(rules) if one.reason == suspicion), None)
    if disease is None or not (confirmed or reason != suspicion):
        return None
    if disease.assess_at_once or reason != suspicion:
        days = 0 if disease.assess_at_once else rules.assessment.days_after_treatment
        return _assessment(suspicion, disease, days, rules.assessment.legal_source)
    text = Text(f"Điều trị bệnh nghề nghiệp: {disease.vi}.", f"Treat the occupational disease: {disease.en}.")
    return FollowUp("treatment", suspicion + TREATMENT, rules.assessment.treatment_days, text, disease.number)


def _suspicions(rules: RuleSet) -> Iterator[Any]:
    return (row.follow_up for row in rules.rows if row.follow_up.disease is not None)


def _assessment(suspicion: str, disease: OccupationalDisease, days: int, legal_source: str) -> FollowUp:
    text = Text(f"Giới thiệu giám định y khoa: {disease.vi}.", f"Refer to disability assessment: {disease.en}.")
    return FollowUp("referral", f"{suspicion}_assessment", days, text, disease.number, legal_source)


def _ratio(values: Mapping[str, object]) -> dict[str, Decimal]:
    fev1, fvc = values.get("fev1_l"), values.get("fvc_l")
    return {"fev1_to_fvc": fev1 / fvc} if isinstance(fev1, Decimal) and isinstance(fvc, Decimal) and fvc else {}


def _job_review(placement: Placement, final_class: int | None, heavy: bool) -> Iterator[FollowUp]:
    if final_class is None:
        return
    rank = ROMAN[final_class]
    if final_class >= placement.anybody_from_class:
        text = Text(f"Loại {rank}: xem xét bố trí công việc từng trường hợp.",
                    f"Class {rank}: placement is decided individually.")  # fmt: skip
        yield FollowUp("job_review", "weak_health", placement.due_days, text, legal_source=placement.legal_source)
    elif heavy and final_class >= placement.heavy_from_class:
        text = Text(f"Loại {rank} làm việc nặng nhọc, độc hại (cần loại I–II): xem xét bố trí lại.",
                    f"Class {rank} in heavy or hazardous work (class I–II needed): review the placement.")  # fmt: skip
        yield FollowUp("job_review", "heavy_work", placement.due_days, text, legal_source=placement.legal_source)


def _row(row: Mapping[str, Any]) -> _Row:
    follow_up = FollowUp(
        row["kind"], row["reason"], row["due_days"], Text(row["vi"], row["en"]), row.get("disease"),
        row.get("legal_source"),
    )  # fmt: skip
    when = tuple(parse(text) for text in row["when"])
    return _Row(follow_up, when, frozenset(row.get("hazards", ())), frozenset(row.get("unless", ())))


def _rule_set(row: Mapping[str, Any]) -> RuleSet:
    rows = tuple(_row(one) for one in row["row"])
    return RuleSet(
        row["version"], row["valid_from"], rows, Placement(**row["placement"]), Assessment(**row["assessment"])
    )


def _load() -> tuple[RuleSet, ...]:
    text = files("results.classification").joinpath("follow_ups.toml").read_text(encoding="utf-8")
    return tuple(_rule_set(row) for row in tomllib.loads(text)["rule_set"])


RULE_SETS = _load()
