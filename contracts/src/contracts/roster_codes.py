"""Every code a roster can be answered with (`data/roster_codes.tsv`): severity, message and hint, vi and en."""

from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "info"]


class Code(NamedTuple):
    """A stable code; messages never repeat a cell's content."""

    code: str
    severity: Severity
    message_vi: str
    message_en: str
    hint_vi: str
    hint_en: str


@lru_cache(maxsize=1)
def catalogue() -> dict[str, Code]:
    """All codes by name."""
    lines = (files("contracts") / "data" / "roster_codes.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines[1:])
    return {row[0]: Code(row[0], row[1], *row[2:]) for row in rows}  # type: ignore[arg-type]


def severity(code: str) -> Severity:
    """`error` refuses, `warning` is to be looked at, `info` changes nothing."""
    return catalogue()[code].severity


OUTCOMES = {
    "accepted": "Đã nhận",
    "accepted_with_warnings": "Đã nhận, cần kiểm tra",
    "refused": "Chưa nhận, cần sửa",
}


def sentence(outcome: str, codes: Iterable[str]) -> str:
    """A row's answer in Vietnamese for the file that goes back: outcome, what is wrong, what to do."""
    known = [catalogue()[code] for code in codes]
    told = [f"{code.message_vi} → {code.hint_vi}" for code in known if code.severity != "info"]
    return "; ".join([OUTCOMES[outcome], *told])


def outcome(codes: Iterable[str]) -> Literal["accepted", "accepted_with_warnings", "refused"]:
    """What the codes of one row or file amount to."""
    severities = set(map(severity, codes))
    if "error" in severities:
        return "refused"
    return "accepted_with_warnings" if "warning" in severities else "accepted"
