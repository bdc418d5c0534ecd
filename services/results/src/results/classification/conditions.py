"""One-line conditions of the rule files over an examination's values: "glucose_mmol_l >= 16.7"."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from results.classification.model import decimal

COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A value's name, how it is compared and with what; a value that is not there never meets it."""

    name: str
    sign: str
    operand: str

    def met(self, values: Mapping[str, object]) -> bool:
        """Whether the values meet the condition."""
        value = values.get(self.name)
        if self.sign == "has":
            return isinstance(value, tuple) and self.operand in value
        if self.sign == "is":
            return value is (self.operand == "true")
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return False
        return COMPARISONS[self.sign](decimal(value), Decimal(self.operand))


def parse(text: str) -> Condition:
    """Read "name sign operand"; an unknown sign raises ValueError."""
    name, sign, operand = text.split(" ")
    if sign not in {"has", "is", *COMPARISONS}:
        raise ValueError(f"not a condition: {text!r}")
    return Condition(name, sign, operand)
