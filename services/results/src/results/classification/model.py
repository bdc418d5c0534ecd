"""What is classified and what comes out: plain values, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Literal

Sex = Literal["female", "male", "other"]
"""The standard has tables for women and men; for `other` the doctor's stated class takes their place."""
Number = int | float | Decimal
Vision = Number | str
"""Tenths (10 = 10/10), or one of `BLIND_SIGNS`."""

BLIND_SIGNS = frozenset({"DNT", "ST+", "ST-"})
"""Đếm ngón tay (counts fingers), sáng tối dương / âm (light perception present / absent)."""

INDICES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "physique": ("physique",),
    "eye": ("eye",),
    "ent": ("ent",),
    "dental": ("dental",),
    "neuro_psychiatric": ("psychiatric", "neurological"),
    "circulatory": ("circulatory",),
    "respiratory": ("respiratory",),
    "digestive": ("digestive",),
    "urogenital": ("renal_urogenital", "gynaecological"),
    "locomotor": ("musculoskeletal",),
    "surgical_dermatological": ("surgical", "dermatological"),
    "endocrine_metabolic": ("endocrine",),
    "tumour": ("tumour",),
})  # fmt: skip
"""The thirteen indices of QĐ 1613 and the specialties whose stated classes make each up."""

SPECIALTIES = frozenset(specialty for members in INDICES.values() for specialty in members)


@dataclass(frozen=True, slots=True)
class Measures:
    """Measured values in the unit of their name; None was not measured."""

    height_cm: Number | None = None
    weight_kg: Number | None = None
    chest_cm: Number | None = None
    pulse_per_minute: Number | None = None
    systolic_mmhg: Number | None = None
    diastolic_mmhg: Number | None = None
    vision_right: Vision | None = None
    vision_left: Vision | None = None
    corrected_vision_right: Vision | None = None
    corrected_vision_left: Vision | None = None
    colour_vision_defect: bool | None = None
    whisper_right_m: Number | None = None
    whisper_left_m: Number | None = None
    whisper_method_m: Number | None = None
    hearing_loss_db: Number | None = None
    caries_count: Number | None = None
    chewing_power_pct: Number | None = None

    def bmi(self) -> Decimal | None:
        """kg/m², unrounded; None unless height and weight are there and above zero."""
        if self.height_cm is None or self.weight_kg is None or self.height_cm <= 0 or self.weight_kg <= 0:
            return None
        return decimal(self.weight_kg) / (decimal(self.height_cm) / 100) ** 2


MEASURES = tuple(one.name for one in fields(Measures))


@dataclass(frozen=True, slots=True)
class Finding:
    """One criterion of QĐ 1613 a doctor found, such as "24.2"; a class outside 1..5 raises ValueError.

    An unlisted criterion needs its index and class from the doctor; a listed one gets them from the rule set.
    """

    criterion: str
    index: str | None = None
    health_class: int | None = None

    def __post_init__(self) -> None:
        if self.health_class is not None and self.health_class not in range(1, 6):
            raise ValueError(f"a health class is 1..5, not {self.health_class!r}")
        if self.index is not None and self.index not in INDICES:
            raise ValueError(f"no index of QĐ 1613: {self.index!r}")


@dataclass(frozen=True, slots=True)
class Examination:
    """One person's examination as known so far; a stated class outside 1..5 raises ValueError.

    `stated` are the doctors' classes per specialty; `rejected` are fields whose value section 2.4 refused.
    """

    sex: Sex
    age: int
    measures: Measures = Measures()
    stated: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    gynaecology_refused: bool = False
    icd: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    no_abnormality: frozenset[str] = frozenset()
    rejected: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for specialty, stated in self.stated.items():
            if specialty not in SPECIALTIES:
                raise ValueError(f"no specialty of the check: {specialty!r}")
            if stated not in range(1, 6):
                raise ValueError(f"a health class is 1..5, not {stated!r}")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that was held against a table of the standard, and the class it alone gives."""

    code: str
    health_class: int
    value: str = ""


@dataclass(frozen=True, slots=True)
class IndexClass:
    """One of the thirteen: its class after the tolerance of annex 2, or None and the code of what is missing."""

    index: str
    health_class: int | None
    criteria: tuple[Criterion, ...] = ()
    stated: Mapping[str, int] = field(default_factory=dict)
    tolerance: str | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in Vietnamese and English."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (`reject`) or strange (`warn`), by stable code and field; never the value itself."""

    code: str
    severity: Literal["reject", "warn"]
    field: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class ProposedClass:
    """What the software proposes; only the concluding doctor's class is official (TT 32/2023 art 37)."""

    overall: int | None
    why_not: Text | None
    indices: tuple[IndexClass, ...]
    rule_set_version: str
    explanation: tuple[Text, ...]
    warnings: tuple[Problem, ...]


def decimal(value: Number) -> Decimal:
    """The number as it was written: 18.5, not its nearest binary fraction."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def half_up(value: Number) -> int:
    """Round half up to a whole unit, as the readings of the standard ask."""
    return int(decimal(value).quantize(Decimal(1), ROUND_HALF_UP))
