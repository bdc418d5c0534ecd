"""What one worker's exam consists of: base, gynaecology for women, and the union of what the hazards add."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scheduling.rules.rule_sets import Hazard, Packages
from scheduling.rules.workers import WorkerFacts

STATIONS = ("REC", "MEA", "BLD", "URI", "XRY", "EYE", "ENT", "DEN", "INT", "SUR", "GYN", "ECG", "AUD", "SPI")
TIMINGS = ("fasting", "quiet_rest", "end_of_shift")


@dataclass(frozen=True, slots=True)
class PackageNeeds:
    """A package of the planning format, with a stable id such as "BASE+F+NOISE".

    `apart` are hazards whose end-of-shift specimens are taken at the workplace, because the visit cannot be both.
    """

    id: str
    stations: tuple[str, ...]
    timing: tuple[str, ...]
    bnn: bool
    cycle_minutes: int
    apart: tuple[str, ...] = ()


def needs(worker: WorkerFacts, on: date, packages: Packages) -> PackageNeeds:
    """The package of an exam on the day; a hazard without a row in the table raises KeyError."""
    hazards = active_hazards(worker, on, packages)
    women = packages.women if worker.sex == "female" else ()
    wanted = {*packages.base, *women, *(station for hazard in hazards for station in hazard.stations)}
    stations = tuple(station for station in STATIONS if station in wanted)
    timing, apart = _timing(hazards)
    return PackageNeeds(
        id="+".join(["BASE", *(["F"] if women else []), *(hazard.short for hazard in hazards)]),
        stations=stations,
        timing=timing,
        bnn=any(hazard.diseases for hazard in hazards),
        cycle_minutes=packages.base_minutes + sum(packages.extra_minutes.get(station, 0) for station in stations),
        apart=apart,
    )


def active_hazards(worker: WorkerFacts, on: date, packages: Packages) -> list[Hazard]:
    """The hazards to which the worker is exposed on the day, each once, by code."""
    codes = {code for code, since in worker.hazards if since is None or since <= on}
    return [packages.hazards[code] for code in sorted(codes)]


def _timing(hazards: Sequence[Hazard]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The timing one visit can keep.

    Nobody is rested and just off shift at once: audiometry needs the booth, so specimens are taken at the workplace.
    Fasting is recommended, not required, and gives way to the end of a shift.
    """
    wanted = {timing for hazard in hazards for timing in hazard.timing}
    apart: tuple[str, ...] = ()
    if {"quiet_rest", "end_of_shift"} <= wanted:
        apart = tuple(hazard.code for hazard in hazards if "end_of_shift" in hazard.timing)
        wanted -= {"end_of_shift"}
    if "end_of_shift" in wanted:
        wanted -= {"fasting"}
    return tuple(timing for timing in TIMINGS if timing in wanted), apart
