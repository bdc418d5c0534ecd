"""The proposed class I–V: the worst of thirteen indices after annex 2, or none with the reason (QĐ 1613)."""

from results.classification import criteria, explain, problems, validation
from results.classification.model import (
    INDICES,
    Criterion,
    Examination,
    IndexClass,
    Problem,
    ProposedClass,
)
from results.classification.rule_sets import RuleSet

PAIRS = {
    "physique": (("height_cm", "weight_kg"),),
    "eye": (("vision_right", "vision_left"), ("corrected_vision_right", "corrected_vision_left")),
    "ent": (("whisper_right_m", "whisper_left_m"),),
    "circulatory": (("systolic_mmhg", "diastolic_mmhg"),),
}
"""Values that say something only together."""

OWN_DESK = {
    "physique": ("height_cm",),
    "eye": ("vision_right", "corrected_vision_right"),
    "ent": ("whisper_right_m",),
    "dental": ("caries_count", "chewing_power_pct"),
}
"""Measures taken at the specialty's own desk: they show it was examined, as BP at the scales does not."""

FIELDS = {
    "physique": ("height_cm", "weight_kg", "chest_cm", "bmi"),
    "eye": ("vision_right", "vision_left", "corrected_vision_right", "corrected_vision_left", "colour_vision_defect"),
    "ent": ("whisper_right_m", "whisper_left_m", "whisper_method_m", "hearing_loss_db"),
    "dental": ("caries_count", "chewing_power_pct"),
    "circulatory": ("systolic_mmhg", "diastolic_mmhg", "pulse_per_minute"),
    "endocrine_metabolic": ("bmi", "height_cm", "weight_kg"),
}


def propose(examination: Examination, rules: RuleSet) -> ProposedClass:
    """Propose the overall class from what is known; a rejected, half-measured or missing index leaves it open."""
    rejected = examination.rejected | validation.rejected(examination.measures)
    indices = tuple(_index(examination, index, rejected, rules) for index in INDICES)
    known = [one.health_class for one in indices if one.health_class is not None]
    overall = max(known) if len(known) == len(indices) else None
    return ProposedClass(
        overall=overall,
        why_not=None if overall else explain.why_not(indices),
        indices=indices,
        rule_set_version=rules.version,
        explanation=explain.lines(indices, overall),
        warnings=_warnings(examination, indices, rules),
    )


def _index(examination: Examination, index: str, rejected: frozenset[str], rules: RuleSet) -> IndexClass:
    stated = {one: examination.stated[one] for one in _members(examination, index) if one in examination.stated}
    if rejected.intersection([*FIELDS.get(index, ()), *(f"{one}_class" for one in _members(examination, index))]):
        return IndexClass(index, None, stated=stated, missing="value_rejected")
    met = criteria.of_index(examination, index, rules)
    if missing := _missing(examination, index, met):
        return IndexClass(index, None, met, stated, missing=missing)
    rank, tolerance = after_annex_2(index, met, rules)
    return IndexClass(index, max([rank, *stated.values()]), met, stated, tolerance)


def after_annex_2(index: str, met: tuple[Criterion, ...], rules: RuleSet) -> tuple[int, str | None]:
    """The worst criterion, one class better if it is alone in its class and listed; and the criterion tolerated."""
    worst = max((one.health_class for one in met), default=1)
    alone = [one.code for one in met if one.health_class == worst]
    if len(alone) == 1 and alone[0] in rules.tolerated.get((index, worst), ()):
        return worst - 1, alone[0]
    return worst, None


def _missing(examination: Examination, index: str, met: tuple[Criterion, ...]) -> str | None:
    measures = examination.measures
    for pair in PAIRS.get(index, ()):
        if sum(getattr(measures, name) is not None for name in pair) == 1:
            return "half_measured"
    members = _members(examination, index)
    if any(getattr(measures, name) is not None for name in OWN_DESK.get(index, ())) and met:
        return None
    if len(members) == 1 and any(one.code[0].isdigit() and not one.value for one in met):
        return None
    unseen = [one for one in members if one not in examination.stated]
    return f"not_examined:{unseen[0]}" if unseen else None


def _members(examination: Examination, index: str) -> tuple[str, ...]:
    """The specialties that must have spoken: gynaecology only for women, and not when she refused."""
    skip = examination.sex == "male" or (examination.gynaecology_refused and "gynaecological" not in examination.stated)
    return tuple(one for one in INDICES[index] if not (one == "gynaecological" and skip))


def _warnings(examination: Examination, indices: tuple[IndexClass, ...], rules: RuleSet) -> tuple[Problem, ...]:
    unplaced = [one for one in examination.findings if criteria.resolve(one, rules) is None]
    return (
        *explain.refusal(examination),
        *(problems.warn("criterion_without_class", "criteria", criterion=one.criterion) for one in unplaced),
        *explain.stated_worse(indices),
        *validation.consistency(examination),
    )
