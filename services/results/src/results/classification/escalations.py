"""Findings that cannot wait for the conclusion: the same-day escalation list."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

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


def escalations(sections: Mapping[str, Mapping[str, object]]) -> list[Escalation]:
    """What the sections received so far ask for today; rejected values count for nothing."""
    values = desks.values_of(sections)
    return [row.escalation for row in ROWS if row.met(values)]


def _load() -> tuple[str, tuple[_Row, ...]]:
    data = tomllib.loads(files("results.classification").joinpath("escalations.toml").read_text(encoding="utf-8"))
    rows = (
        _Row(
            Escalation(row["code"], Text(row["vi"], row["en"])),
            tuple(parse(text) for text in row.get("any", ())),
            tuple(parse(text) for text in row.get("all", ())),
        )
        for row in data["row"]
    )
    return data["version"], tuple(rows)


VERSION, ROWS = _load()
