"""What of a worker is told to others: facts without identity; pure."""

from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter
from typing import Any
from uuid import UUID

# What a roster may be silent about: where it has no such column, what was known before stays.
SILENT = {
    "disabled": "disabled",
    "heavy_class": "heavy_class",
    "exposures": "hazard_codes",
    "employed_since": "start_date",
    "last_health_check": "last_health_check",
    "job": "job",
    "shift": "shift",
}
OF_THE_PERSON = ("sex", "born", "disabled", "last_health_check")
"""What is the same whatever somebody works at."""


# Not frozen: there is one for every row of a roster, and it would take three times as long to make.
@dataclass(slots=True)
class Facts:
    """One employment of a worker, and the worker; `exposures` are sorted hazard codes as stated by rosters.

    `born` is `YYYY-MM` or `YYYY`. `job` is the job's bare words, by which reports find it; it is told to nobody.
    `shift` are its usual hours, in minutes of the day on which it begins.
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
    shift: tuple[int, int] | None = None

    def __reduce__(self) -> tuple[type["Facts"], tuple[Any, ...]]:
        """To another process as its values alone: what dataclasses do by themselves takes three times as long."""
        return Facts, values_of_facts(self)

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
        others = {name: value for name, value in kept.items() if value != getattr(self, name)}
        return replace(self, **others) if others else self

    def beside(self, other: "Facts", columns: frozenset[str]) -> "Facts":
        """These facts of another employment; what its file could not say of the person is as known from the other."""
        silent = [name for name in OF_THE_PERSON if name in SILENT and SILENT[name] not in columns]
        kept: dict[str, Any] = {name: getattr(other, name) for name in silent}
        if other.born.startswith(self.born):
            kept["born"] = other.born
        return replace(self, **kept)

    def of_person(self, other: "Facts") -> "Facts":
        """These facts, with what another employment's say of the person."""
        return replace(self, **{name: getattr(other, name) for name in OF_THE_PERSON})


values_of_facts = attrgetter(*Facts.__slots__)


def written(hours: tuple[int, int] | None) -> str | None:
    """Usual hours as tables have them: `1320-1800`."""
    return f"{hours[0]}-{hours[1]}" if hours else None


def hours_of(text: str | None) -> tuple[int, int] | None:
    """Usual hours from a table."""
    if text is None:
        return None
    start, end = text.split("-")
    return int(start), int(end)


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
