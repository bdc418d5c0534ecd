"""The dated tables of the classification standard, read from the package's data once at import."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from results.classification.bands import Band, parse
from results.classification.model import Sex


@dataclass(frozen=True, slots=True)
class Scale:
    """One table row: the value it reads, the criterion and index it feeds, for whom, and its bands."""

    value: str
    index: str
    criterion: str
    bands: tuple[Band, ...]
    round_first: bool
    sex: Sex | None
    ages: tuple[int, int]

    def applies(self, sex: Sex, age: int) -> bool:
        """Whether the row is for a person of this sex and age in full years."""
        return self.sex in (None, sex) and self.ages[0] <= age <= self.ages[1]


@dataclass(frozen=True, slots=True)
class WhisperRow:
    """A class of whispered voice and the metres that the better and the worse ear must reach for it."""

    health_class: int
    better_m: float
    worse_m: float


@dataclass(frozen=True, slots=True)
class Readings:
    """How the text is read where it names a rule without a table."""

    corrected_vision_steps: int
    blind_below_tenths: float
    blind_other_full: int
    blind_other_less: int
    colour_vision_defect: int
    whisper_method_m: float
    whisper_otherwise: int


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of the standard with its legal source and the days on which it is in force (both included)."""

    version: str
    legal_source: str
    valid_from: date
    valid_to: date | None
    confidence: str
    scales: tuple[Scale, ...]
    whisper: tuple[WhisperRow, ...]
    tolerated: Mapping[tuple[str, int], frozenset[str]]
    readings: Readings

    def listed(self, criterion: str) -> list[tuple[str, int]]:
        """The (index, class) pairs under which annex 2 lists the criterion."""
        return [where for where, criteria in self.tolerated.items() if criterion in criteria]


def in_force(on: date) -> RuleSet:
    """The rule set in force on the day; LookupError before the first one."""
    for rules in RULE_SETS:
        if rules.valid_from <= on and (rules.valid_to is None or on <= rules.valid_to):
            return rules
    raise LookupError(f"no classification standard in force on {on}")


def _scale(row: Mapping[str, Any]) -> Scale:
    bands = (parse(int(rank), text) for rank, texts in sorted(row["bands"].items()) for text in texts)
    low, high = row.get("ages", (0, 200))
    return Scale(
        row["value"],
        row["index"],
        row["criterion"],
        tuple(bands),
        row.get("round_first", False),
        row.get("sex"),
        (low, high),
    )


def _rule_set(row: Mapping[str, Any]) -> RuleSet:
    whisper = row["whisper"]
    return RuleSet(
        version=row["version"],
        legal_source=row["legal_source"],
        valid_from=row["valid_from"],
        valid_to=row.get("valid_to"),
        confidence=row["confidence"],
        scales=tuple(_scale(one) for one in row["scale"]),
        whisper=tuple(WhisperRow(*one) for one in whisper["rows"]),
        tolerated={
            (index, int(rank)): frozenset(criteria)
            for index, ranks in row["tolerated"].items()
            for rank, criteria in ranks.items()
        },
        readings=Readings(
            corrected_vision_steps=row["corrected_vision_steps"],
            blind_below_tenths=row["blind_below_tenths"],
            blind_other_full=row["blind_other_full"],
            blind_other_less=row["blind_other_less"],
            colour_vision_defect=row["colour_vision_defect"],
            whisper_method_m=whisper["method_m"],
            whisper_otherwise=whisper["otherwise"],
        ),
    )


def _load() -> tuple[RuleSet, ...]:
    text = files("results.classification").joinpath("qd1613.toml").read_text(encoding="utf-8")
    return tuple(_rule_set(row) for row in tomllib.loads(text)["rule_set"])


RULE_SETS = _load()
