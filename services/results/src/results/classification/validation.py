"""Checks of what a desk sent, before anything is classified: limits, unit traps, pairs and soft consistency."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from results.classification import diseases, explain, findings, values
from results.classification import problems as say
from results.classification.fields import BY_NAME, COMMON, Field, of_section
from results.classification.model import MEASURES, Examination, Measures, Number, Problem, decimal

BMI = Field(
    section="MEA", name="bmi", template_key="CHI_SO_BMI", loinc=("39156-5",), kind="number", unit="kg/m²",
    reject_low=Decimal(10), reject_high=Decimal(70), warn_low=Decimal(16), warn_high=Decimal(35),
    trap_unit=None, trap_factor=None,
)  # fmt: skip
PULSE_PRESSURE_MMHG = 10
OBSTRUCTION = Decimal("0.70")
HIGH_BLOOD_PRESSURE = (140, 90)
PAIRS = (
    ("systolic_mmhg", "diastolic_mmhg"),
    ("vision_right", "vision_left"),
    ("corrected_vision_right", "corrected_vision_left"),
    ("whisper_right_m", "whisper_left_m"),
    ("voice_right_m", "voice_left_m"),
    ("fev1_l", "fvc_l"),
)


def check(section_code: str, measures: Mapping[str, object]) -> list[Problem]:
    """Everything wrong (reject) or strange (warn) in one desk's section; an empty list is a clean section."""
    try:
        known = of_section(section_code)
    except KeyError:
        return [say.reject("unknown_section", "station")]
    problems: list[Problem] = []
    read: dict[str, object] = {}
    for name, raw in measures.items():
        if name in COMMON:
            problems += _common(name, raw)
        elif field := known.get(name):
            problems += _value(field, raw, read, measures)
        else:
            problems.append(say.warn("unknown_field", name))
    halves = (pair for pair in PAIRS if sum(name in known and measures.get(name) is not None for name in pair) == 1)
    problems += [say.warn("pair_incomplete", name) for pair in halves for name in pair if measures.get(name) is None]
    return [*problems, *_together(read)]


def rejected(measures: Measures) -> frozenset[str]:
    """The names of measures whose value is refused, alone or together with another; these are not classified."""
    given = {name: getattr(measures, name) for name in MEASURES if getattr(measures, name) is not None}
    read: dict[str, object] = {}
    problems = [problem for name, raw in given.items() for problem in _value(BY_NAME[name], raw, read, given)]
    return names_rejected([*problems, *_together(read)])


def names_rejected(problems: list[Problem]) -> frozenset[str]:
    """The fields that a list of problems refuses."""
    return frozenset(problem.field for problem in problems if problem.severity == "reject")


def _value(field: Field, raw: object, read: dict[str, object], given: Mapping[str, object]) -> Iterator[Problem]:
    if raw is None:
        return
    try:
        value = values.read(field, raw)
    except ValueError:
        yield say.reject("not_readable", field.name)
        return
    if isinstance(value, Decimal):
        problem = limit(field, value)
        if problem and not (problem.severity == "warn" and _five_metre_whisper(field, given)):
            yield problem
        if problem is None or problem.severity == "warn":
            read[field.name] = value
    elif field.kind == "audiogram" and isinstance(value, dict):
        yield from _audiogram(field, value)


def limit(field: Field, value: Decimal) -> Problem | None:
    """The problem of a number against its field's limits; a probable unit mistake is named."""
    low, high = field.reject_low, field.reject_high
    if _outside(value, low, high):
        usual = (field.warn_low or low, field.warn_high or high)
        if field.trap_factor and not _outside(value * field.trap_factor, *usual):
            return say.reject("unit_suspected", field.name, given=field.trap_unit, unit=field.unit)
        return say.reject("out_of_range", field.name, low=low, high=high, unit=field.unit)
    if _outside(value, field.warn_low, field.warn_high):
        return say.warn("unusual", field.name)
    return None


def _outside(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is not None and value < low) or (high is not None and value > high)


def _five_metre_whisper(field: Field, given: Mapping[str, object]) -> bool:
    """By the 5 m method a whisper heard beyond half a metre is the rule, not the exception."""
    return field.name.startswith("whisper_") and str(given.get("whisper_method_m")) in {"5", "5.0"}


def _audiogram(field: Field, thresholds: Mapping[int, Decimal]) -> Iterator[Problem]:
    if any(threshold % 5 for threshold in thresholds.values()):
        yield say.reject("not_in_steps_of_5", field.name)
    found = [problem for threshold in thresholds.values() if (problem := limit(field, threshold))]
    yield from sorted(found, key=lambda one: one.severity)[:1]


def _common(name: str, raw: object) -> Iterator[Problem]:
    readers = {"criteria": findings.read, "icd": values.by_specialty, "no_abnormality": values.specialties}
    try:
        readers[name](raw)
    except ValueError:
        yield say.reject("not_readable", name)


def _together(read: Mapping[str, object]) -> Iterator[Problem]:
    """What single values do not show: BP upside down, BMI, FEV1 above FVC."""
    numbers = {name: value for name, value in read.items() if isinstance(value, Decimal)}
    systolic, diastolic = numbers.get("systolic_mmhg"), numbers.get("diastolic_mmhg")
    if systolic is not None and diastolic is not None and systolic <= diastolic + PULSE_PRESSURE_MMHG:
        yield from (say.reject("pulse_pressure", name) for name in ("systolic_mmhg", "diastolic_mmhg"))
    bmi = Measures(height_cm=numbers.get("height_cm"), weight_kg=numbers.get("weight_kg")).bmi()
    if bmi is not None and (problem := limit(BMI, bmi)):
        yield problem
    fev1, fvc = numbers.get("fev1_l"), numbers.get("fvc_l")
    if fev1 is not None and fvc is not None:
        yield from _spirometry(fev1, fvc)


def _spirometry(fev1: Decimal, fvc: Decimal) -> Iterator[Problem]:
    if fev1 > fvc:
        yield from (say.reject("fev1_above_fvc", name) for name in ("fev1_l", "fvc_l"))
    elif fev1 / fvc < OBSTRUCTION:
        yield say.warn("obstruction", "fev1_l")


def consistency(examination: Examination) -> list[Problem]:
    """Soft warnings: a stated class that does not fit the codes, the blood pressure or the sex."""
    problems = []
    for specialty, stated in examination.stated.items():
        codes = examination.icd.get(specialty, ())
        coded, normal = bool(codes), specialty in examination.no_abnormality
        named = [_too_good(specialty, one) for one in diseases.stricter_than(stated, codes)]
        if coded and stated == 1 and not named:
            problems.append(say.warn("icd_with_class_1", f"{specialty}_class"))
        if normal and (coded or stated > 1):
            problems.append(say.warn("class_without_abnormality", f"{specialty}_class"))
        problems += named
    if examination.stated.get("circulatory") == 1 and _high(examination.measures):
        problems.append(say.warn("high_blood_pressure_with_class_1", "circulatory_class"))
    if examination.sex == "male" and ("gynaecological" in examination.stated or examination.gynaecology_refused):
        problems.append(say.warn("gynaecology_of_a_man", "gynaecological_class"))
    return problems


def _too_good(specialty: str, one: diseases.Disease) -> Problem:
    rank = explain.ROMAN[one.least_class]
    return say.warn("class_too_good_for_disease", f"{specialty}_class", vi=one.name.vi, en=one.name.en, rank=rank)


def _high(measures: Measures) -> bool:
    systolic, diastolic = HIGH_BLOOD_PRESSURE
    return _at_least(measures.systolic_mmhg, systolic) or _at_least(measures.diastolic_mmhg, diastolic)


def _at_least(value: Number | None, bound: int) -> bool:
    return value is not None and decimal(value) >= bound
