"""Like findings that gather on one production line: a signal about the workplace that names nobody."""

from collections.abc import Mapping
from dataclasses import dataclass

from results.classification.model import Text

SMALLEST_GROUP = 10
"""A smaller number shown to others could point at a person."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """At least `at_least` like findings (`reason`) on one line; the exact number is not told."""

    line: str
    reason: str
    at_least: int
    text: Text


def detect(reason: str, counts: Mapping[str, int], *, at_least: int = SMALLEST_GROUP) -> list[Cluster]:
    """The lines (by id, in order) on which a finding was made at least so often; fewer than ten raises ValueError."""
    if at_least < SMALLEST_GROUP:
        raise ValueError(f"a cluster of fewer than {SMALLEST_GROUP} could point at a person")
    text = Text(
        f"Có ít nhất {at_least} phát hiện giống nhau trên một chuyền: cần kiểm tra môi trường lao động.",
        f"At least {at_least} like findings on one line: the workplace should be inspected.",
    )
    return [Cluster(line, reason, at_least, text) for line, found in sorted(counts.items()) if found >= at_least]
