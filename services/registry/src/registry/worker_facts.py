"""What of a worker is told to others: facts without identity; pure."""

from collections.abc import Mapping
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
    "job": "job",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one worker; `born` is `YYYY-MM` or `YYYY`, `exposures` are sorted hazard codes as stated by rosters.

    `job` is the job's bare words, by which reports find it; it is told to nobody.
    """

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
    job: str | None = None
    host_id: UUID | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """Where monitoring reports may find the worker exposed: the line, the job."""
        return places_of(self.line_id, self.job)

    def after(self, known: "Facts", columns: frozenset[str]) -> "Facts":
        """These facts, with what a file without certain columns could not say taken from what was known."""
        kept: dict[str, Any] = {name: getattr(known, name) for name, column in SILENT.items() if column not in columns}
        if known.unit_id == self.unit_id:
            own = {"employer_id": self.employer_id, "host_id": self.host_id, "line_id": self.line_id}
            kept |= {name: given or getattr(known, name) for name, given in own.items()}
        if known.born.startswith(self.born):
            kept["born"] = known.born
        return replace(self, **kept)

    def as_event(self, monitored: Mapping[str, date], as_of: date) -> dict[str, Any]:
        """The fields as an event carries them, with the hazards that reports on line and job add, since their days."""
        stated = dict.fromkeys(self.exposures)
        return {
            "unit_id": self.unit_id,
            "employer_id": self.employer_id,
            "host_id": self.host_id,
            "line_id": self.line_id,
            "sex": self.sex,
            "born": self.born,
            "disabled": self.disabled,
            "heavy_class": self.heavy_class,
            "exposures": [
                Exposure(hazard=hazard, since=since) for hazard, since in sorted((stated | dict(monitored)).items())
            ],
            "as_of": as_of,
            "employed_since": self.employed_since,
            "last_health_check": self.last_health_check,
        }


def full_date(written: str | None) -> date | None:
    """A date whose day is known; a month or a year alone is None."""
    return date.fromisoformat(written) if written and len(written) == len("YYYY-MM-DD") else None


def places_of(line_id: UUID | None, job: str | None) -> tuple[str, ...]:
    """A line and a job as places of exposure, as far as there are any."""
    line = (line_place(line_id),) if line_id else ()
    return (*line, job_place(job)) if job else line


def line_place(line_id: UUID) -> str:
    """A line, as a place of exposure."""
    return f"line:{line_id}"


def job_place(job: str) -> str:
    """A job by its bare words, as a place of exposure."""
    return f"job:{job}"
