"""Why a check is due ("vì sao đến hạn"), in Vietnamese and English."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scheduling.rules.rule_sets import Packages, Rule


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that led to the check, with its version, legal source and a sentence for the worker."""

    rule: str
    version: str
    legal_source: str
    vi: str
    en: str


def rhythm(rule: Rule, start: date | None, soft: date, hard: date) -> Reason:
    """A periodic duty: from which day it counts, when it is due and by when it must be held."""
    vi_since = f"Tính từ {_day(start)}" if start else "Chưa rõ lần khám trước"
    en_since = f"Counted from {_day(start)}" if start else "No earlier check is known"
    vi = f"{rule.vi} {vi_since}, đến hạn {_day(soft)}, hạn chót {_day(hard)}."
    en = f"{rule.en} {en_since}, due {_day(soft)}, legal deadline {_day(hard)}."
    return Reason(rule.id, rule.version, rule.legal_source, vi, en)


def detection(rule: Rule, day: date) -> Reason:
    """The first detection exam after an exposure started."""
    return Reason(rule.id, rule.version, rule.legal_source,
                  f"{rule.vi} Hạn {_day(day)}.", f"{rule.en} Due {_day(day)}.")  # fmt: skip


def content(rule: Rule) -> Reason:
    """A rule that widens the exam without moving its day."""
    return Reason(rule.id, rule.version, rule.legal_source, rule.vi, rule.en)


def apart(packages: Packages, codes: Sequence[str]) -> Reason:
    """Specimens that the visit cannot take, because it needs rest from noise."""
    hazards = [packages.hazards[code] for code in codes]
    return Reason(
        "specimens-apart", packages.version, packages.legal_source,
        f"Mẫu cuối ca lấy riêng tại nơi làm việc: {', '.join(one.vi for one in hazards)}.",
        f"End-of-shift specimens are taken apart at the workplace: {', '.join(one.en for one in hazards)}.",
    )  # fmt: skip


def _day(day: date) -> str:
    return day.strftime("%d/%m/%Y")
