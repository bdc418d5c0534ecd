"""The dated legal rules and exam packages, read from the package's data once at import."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One obligation of the law (O1–O4) in force from `valid_from` to `valid_to`, both included.

    A rule obliges by interval or by months after exposure starts; O3 only widens the package.
    """

    id: str
    version: str
    valid_from: date
    confidence: str
    legal_source: str
    vi: str
    en: str
    valid_to: date | None = None
    interval_months: int | None = None
    after_exposure_months: int | None = None

    def in_force(self, on: date) -> bool:
        """Whether the rule binds on the day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Hazard:
    """What exposure to a hazard adds to an exam; `months` is the former follow-up interval, 0 by event."""

    code: str
    vi: str
    en: str
    tests: tuple[str, ...]
    conditional: tuple[str, ...]
    stations: tuple[str, ...]
    timing: tuple[str, ...]
    diseases: tuple[int, ...]
    months: int

    @property
    def short(self) -> str:
        """The part of the code that tells hazards apart: NOISE of PHYS_NOISE."""
        return self.code.rpartition("_")[2]


@dataclass(frozen=True, slots=True)
class Packages:
    """The stations of a periodic check, what it adds for women and hazards, and its minutes in the exam site."""

    version: str
    legal_source: str
    valid_from: date
    confidence: str
    base: tuple[str, ...]
    women: tuple[str, ...]
    base_minutes: int
    extra_minutes: Mapping[str, int]
    hazards: Mapping[str, Hazard]


@dataclass(frozen=True, slots=True)
class Counting:
    """How days are counted where the law leaves it to practice."""

    detection_early_days: int
    horizon_days: int
    near_days: int


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Everything in force on one day; `version` is the day from which exactly this set holds."""

    version: str
    rules: Mapping[str, Rule]
    packages: Packages
    counting: Counting


def in_force(on: date) -> RuleSet:
    """The rules in force on the day; LookupError before the packages' first version."""
    if on < PACKAGES.valid_from:
        raise LookupError(f"no exam packages in force on {on}")
    rules = {rule.id: rule for rule in RULES if rule.in_force(on)}
    since = max([PACKAGES.valid_from, *(rule.valid_from for rule in rules.values())])
    return RuleSet(f"due-{since.isoformat()}", rules, PACKAGES, COUNTING)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("scheduling.rules").joinpath(name).read_text(encoding="utf-8"))


def _hazard(row: Mapping[str, Any]) -> Hazard:
    lists = {name: tuple(row.get(name, ())) for name in ("tests", "conditional", "stations", "timing", "diseases")}
    return Hazard(code=row["code"], vi=row["vi"], en=row["en"], months=row["months"], **lists)


def _packages(row: Mapping[str, Any]) -> Packages:
    return Packages(
        version=row["version"],
        legal_source=row["legal_source"],
        valid_from=row["valid_from"],
        confidence=row["confidence"],
        base=tuple(row["base"]),
        women=tuple(row["women"]),
        base_minutes=row["base_minutes"],
        extra_minutes=row["extra_minutes"],
        hazards={one["code"]: _hazard(one) for one in row["hazard"]},
    )


_obligations = _read("obligations.toml")
RULES = tuple(Rule(**row) for row in _obligations["rule"])
COUNTING = Counting(**_obligations["counting"])
PACKAGES = _packages(_read("packages.toml"))
