"""Findings that cannot wait for the conclusion: the same-day escalation list."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any

from results.classification import sections as desks
from results.classification.conditions import Condition, parse
from results.classification.model import Text


@dataclass(frozen=True, slots=True)
class Escalation:
    """One thing to act upon before the worker goes home, by stable code."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class _Row:
    escalation: Escalation
    any_of: tuple[Condition, ...]
    all_of: tuple[Condition, ...]

    def met(self, values: Mapping[str, object]) -> bool:
        return any(one.met(values) for one in self.any_of) or (
            bool(self.all_of) and all(one.met(values) for one in self.all_of)
        )

    def touched(self, values: Mapping[str, object]) -> bool:
        return any(one.met(values) for one in (*self.any_of, *self.all_of))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The list from a day on."""

    version: str
    valid_from: date
    rows: tuple[_Row, ...]


def in_force(on: date) -> RuleSet:
    """The list of a day; before the first one, the first one."""
    begun = [rules for rules in RULE_SETS if rules.valid_from <= on]
    return max(begun, key=lambda rules: rules.valid_from) if begun else RULE_SETS[0]


def escalations(rules: RuleSet, sections: Mapping[str, Mapping[str, object]]) -> list[Escalation]:
    """What the sections received so far ask for today; rejected values count for nothing."""
    values = desks.values_of(sections)
    return [row.escalation for row in rules.rows if row.met(values)]


def may_press(rules: RuleSet, station: str, findings: Mapping[str, object]) -> bool:
    """Whether one desk's findings, alone or with others', may ask for something today."""
    values = desks.values_of({station: findings})
    return any(row.touched(values) for row in rules.rows)


def _row(row: Mapping[str, Any]) -> _Row:
    any_of, all_of = (tuple(parse(text) for text in row.get(which, ())) for which in ("any", "all"))
    return _Row(Escalation(row["code"], Text(row["vi"], row["en"])), any_of, all_of)


def _load() -> tuple[RuleSet, ...]:
    text = files("results.classification").joinpath("escalations.toml").read_text(encoding="utf-8")
    return tuple(
        RuleSet(one["version"], one["valid_from"], tuple(_row(row) for row in one["row"]))
        for one in tomllib.loads(text)["rule_set"]
    )


RULE_SETS = _load()
