"""A table row of the standard: the interval of values that has one class."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from results.classification.model import Number, decimal, half_up

COMPARED = re.compile(r"(<=|>=|<|>)(\d+(?:\.\d+)?)")
BETWEEN = re.compile(r"(\d+(?:\.\d+)?)\.\.(<?)(\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class Band:
    """Values from `low` to `high` (None is unbounded), each end included unless said to be open."""

    health_class: int
    low: Decimal | None
    high: Decimal | None
    low_open: bool = False
    high_open: bool = False

    def holds(self, value: Decimal) -> bool:
        """Whether the value lies inside the printed bounds."""
        above = self.low is None or value > self.low or (value == self.low and not self.low_open)
        below = self.high is None or value < self.high or (value == self.high and not self.high_open)
        return above and below


def parse(health_class: int, text: str) -> Band:
    """Read "<140", ">=163", "110..125" (both ends in) or "60..<90"; anything else raises ValueError."""
    if match := COMPARED.fullmatch(text):
        sign, bound = match[1], Decimal(match[2])
        if sign.startswith("<"):
            return Band(health_class, None, bound, high_open=sign == "<")
        return Band(health_class, bound, None, low_open=sign == ">")
    if match := BETWEEN.fullmatch(text):
        return Band(health_class, Decimal(match[1]), Decimal(match[3]), high_open=match[2] == "<")
    raise ValueError(f"not a band: {text!r}")


def place(bands: Sequence[Band], value: Number) -> int:
    """The class of the first band that holds the value; between two printed bands the value rounds half up.

    Raises LookupError when even the rounded value is in no band: the table has a hole.
    """
    for candidate in (decimal(value), Decimal(half_up(value))):
        for band in bands:
            if band.holds(candidate):
                return band.health_class
    raise LookupError(f"no band for {value}")
