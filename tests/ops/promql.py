"""The metrics that a PromQL expression names, and those that a service really has."""

import re

from shared.metrics import Metrics

OF_PROMETHEUS = {"up"}
KEYWORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "offset", "bool"}
APART = [r'"[^"]*"', r"\{[^}]*\}", r"\[[^\]]*\]", r"\b(by|without|on|ignoring)\s*\([^)]*\)"]
"""Texts, label matchers, ranges and lists of labels: names in them are no metrics."""
ENDINGS = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}


def metrics_of(expression: str) -> set[str]:
    """Names that stand for a time series."""
    for pattern in APART:
        expression = re.sub(pattern, " ", expression)
    return set(re.findall(r"\b[a-z_]\w*\b(?!\s*\()", expression)) - KEYWORDS


def exposed() -> set[str]:
    """Every name at `/metrics`, as declared."""
    return {family.name + ending for family in Metrics().registry.collect() for ending in ENDINGS[family.type]}
