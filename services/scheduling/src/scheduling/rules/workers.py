"""What the rules need of one worker."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from contracts.retirement import elderly_from
from scheduling.rules.months import add_months

Sex = Literal["female", "male", "other"]
HEAVY_CLASSES = frozenset({"NNDHNH", "DBNNDHNH"})
ADULT_MONTHS = 18 * 12


@dataclass(frozen=True, slots=True)
class WorkerFacts:
    """Facts of one worker; birth is the span of days it may be, and doubt takes the stricter rule.

    `hazards` are (code, first day of exposure or None when unknown). `last_check` is the last concluded check.
    """

    sex: Sex
    born_earliest: date
    born_latest: date
    disabled: bool = False
    heavy_class: str | None = None
    hazards: tuple[tuple[str, date | None], ...] = ()
    employed_since: date | None = None
    last_check: date | None = None

    @property
    def heavy(self) -> bool:
        """Whether the job is on the list of heavy, hazardous or dangerous work (TT 11/2020/TT-BLĐTBXH)."""
        return self.heavy_class in HEAVY_CLASSES

    @property
    def minor_until(self) -> date:
        """The eighteenth birthday, the latest it may be (BLLĐ art 143)."""
        return add_months(self.born_latest, ADULT_MONTHS)

    @property
    def elderly_from(self) -> date:
        """The first day past the retirement age, the earliest it may be; a sex not known takes the earlier age."""
        return elderly_from("male" if self.sex == "male" else "female", self.born_earliest)


def born_between(born: str) -> tuple[date, date]:
    """The earliest and the latest day of a birth written YYYY, YYYY-MM or YYYY-MM-DD; ValueError otherwise."""
    parts = [int(part) for part in born.split("-")]
    match parts:
        case [year]:
            return date(year, 1, 1), date(year, 12, 31)
        case [year, month]:
            first = date(year, month, 1)
            return first, add_months(first, 1) - timedelta(days=1)
        case [year, month, day]:
            return date(year, month, day), date(year, month, day)
    raise ValueError(f"not a birth date: {born!r}")
