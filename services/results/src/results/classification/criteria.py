"""Which criteria of the standard an examination's values and findings meet, each with the class it alone gives."""

from collections.abc import Iterator
from decimal import Decimal

from results.classification.bands import place
from results.classification.model import (
    BLIND_SIGNS,
    Criterion,
    Examination,
    Finding,
    Measures,
    Number,
    Vision,
    decimal,
    half_up,
)
from results.classification.rule_sets import RuleSet, Scale


def of_index(examination: Examination, index: str, rules: RuleSet) -> tuple[Criterion, ...]:
    """The criteria met in one index, each code once with its worst class: BP is one criterion of two values."""
    met: dict[str, Criterion] = {}
    for criterion in _all(examination, index, rules):
        known = met.get(criterion.code, criterion)
        written = "/".join(dict.fromkeys(one.value for one in (known, criterion) if one.value))
        met[criterion.code] = Criterion(criterion.code, max(known.health_class, criterion.health_class), written)
    return tuple(met.values())


def resolve(finding: Finding, rules: RuleSet) -> Finding | None:
    """The finding with its index and class, from annex 2 where the doctor gave none; None if neither knows both."""
    listed = rules.listed(finding.criterion)
    index = finding.index or (listed[0][0] if listed else None)
    ranks = [rank for where, rank in listed if where == index]
    rank = finding.health_class or (ranks[0] if len(ranks) == 1 else None)
    return Finding(finding.criterion, index, rank) if index and rank else None


def _all(examination: Examination, index: str, rules: RuleSet) -> Iterator[Criterion]:
    for finding in examination.findings:
        known = resolve(finding, rules)
        if known and known.index == index and known.health_class:
            yield Criterion(known.criterion, known.health_class)
    for scale in rules.scales:
        if scale.index == index and scale.applies(examination.sex, examination.age):
            yield from _scaled(scale, examination.measures)
    if index == "eye":
        yield from _vision(examination.measures, rules)
    if index == "ent":
        yield from _whisper(examination.measures, rules)


def _scaled(scale: Scale, measures: Measures) -> Iterator[Criterion]:
    if scale.value == "vision_sum":
        return
    value: Number | None = measures.bmi() if scale.value == "bmi" else getattr(measures, scale.value)
    if value is None:
        return
    held = half_up(value) if scale.round_first else value
    yield Criterion(scale.criterion, place(scale.bands, held), f"{decimal(held):f}")


def _vision(measures: Measures, rules: RuleSet) -> Iterator[Criterion]:
    """The better of plain vision and of corrected vision counted one class lower."""
    plain = _pair(measures.vision_right, measures.vision_left, 0, "", rules)
    steps = rules.readings.corrected_vision_steps
    corrected = _pair(measures.corrected_vision_right, measures.corrected_vision_left, steps, "corrected ", rules)
    if ways := [one for one in (plain, corrected) if one]:
        yield min(ways, key=lambda one: one.health_class)
    if measures.colour_vision_defect:
        yield Criterion("colour_vision", rules.readings.colour_vision_defect)


def _pair(right: Vision | None, left: Vision | None, steps: int, how: str, rules: RuleSet) -> Criterion | None:
    if right is None or left is None:
        return None
    eyes = [_tenths(right), _tenths(left)]
    if min(eyes) < decimal(rules.readings.blind_below_tenths):
        full = max(eyes) >= 10
        rank = rules.readings.blind_other_full if full else rules.readings.blind_other_less
    else:
        [scale] = [one for one in rules.scales if one.value == "vision_sum"]
        rank = place(scale.bands, sum(eyes, Decimal(0)))
    return Criterion("vision", min(5, rank + steps), f"{how}{right}/10 + {left}/10")


def _tenths(eye: Vision) -> Decimal:
    """An eye's acuity; more than 10/10 counts as 10, a sign of blindness as none."""
    return Decimal(0) if isinstance(eye, str) and eye in BLIND_SIGNS else min(Decimal(10), decimal(eye))  # type: ignore[arg-type]


def _whisper(measures: Measures, rules: RuleSet) -> Iterator[Criterion]:
    """Distance counts only by the 5 m method; two ears at half a metre or less were whispered to from 0.5 m."""
    right, left = measures.whisper_right_m, measures.whisper_left_m
    if right is None or left is None:
        return
    worse, better = sorted((decimal(right), decimal(left)))
    method = measures.whisper_method_m or (0.5 if better <= Decimal("0.5") else rules.readings.whisper_method_m)
    if method != rules.readings.whisper_method_m:
        return
    reached = (row.health_class for row in rules.whisper if better >= row.better_m and worse >= row.worse_m)
    yield Criterion("whispered_voice", next(reached, rules.readings.whisper_otherwise), f"{better}/{worse} m")
