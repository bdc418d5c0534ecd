"""What of a worker is told to others: facts without identity; pure."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from contracts.registry import Exposure

# What a roster may be silent about: where it has no such column, what was known before stays.
SILENT = {
    "disabled": "disabled",
    "heavy_class": "heavy_class",
    "exposures": "hazard_codes",
    "employed_since": "start_date",
    "last_health_check": "last_health_check",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one worker; `born` is `YYYY-MM` or `YYYY`, `exposures` are sorted hazard codes."""

    unit_id: UUID
    employer_id: UUID | None
    line_id: UUID | None
    sex: str
    born: str
    disabled: bool = False
    heavy_class: str | None = None
    exposures: tuple[str, ...] = ()
    employed_since: date | None = None
    last_health_check: date | None = None

    def after(self, known: "Facts", columns: frozenset[str]) -> "Facts":
        """These facts, with what a file without certain columns could not say taken from what was known."""
        kept: dict[str, Any] = {name: getattr(known, name) for name, column in SILENT.items() if column not in columns}
        if known.unit_id == self.unit_id:
            kept |= {"employer_id": self.employer_id or known.employer_id, "line_id": self.line_id or known.line_id}
        if known.born.startswith(self.born):
            kept["born"] = known.born
        return replace(self, **kept)

    def as_event(self) -> dict[str, Any]:
        """The fields as an event carries them."""
        return {
            "unit_id": self.unit_id,
            "employer_id": self.employer_id,
            "line_id": self.line_id,
            "sex": self.sex,
            "born": self.born,
            "disabled": self.disabled,
            "heavy_class": self.heavy_class,
            "exposures": [Exposure(hazard=hazard) for hazard in self.exposures],
            "employed_since": self.employed_since,
            "last_health_check": self.last_health_check,
        }


def full_date(written: str | None) -> date | None:
    """A date whose day is known; a month or a year alone is None."""
    return date.fromisoformat(written) if written and len(written) == len("YYYY-MM-DD") else None
