"""Workplace monitoring (quan trắc môi trường lao động): what `unions` report, and the exposures that follow from it."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.base import BOTH_PARTIES, Event, Public, Record


class MonitoredHazard(Record):
    """A hazard that was found at a place: its code, the worst value, and the limit that it is held against."""

    hazard: Public[str]
    level: Public[float | None] = None
    unit: Public[str | None] = None
    limit: Public[float | None] = None


class MonitoredPlace(Record):
    """A line, or all who do a job: exactly one of the two is named."""

    line_id: Public[UUID | None] = None
    job: Public[str | None] = None
    hazards: Public[list[MonitoredHazard]]


class MonitoringReported(
    Event,
    name="unions.monitoring.reported",
    topic="unions.lines",
    key="unit_id",
    readers=("registry", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=("registry.exposures.profiled.v1", "registry.declaration.refused.v1"),
    retention_days=None,
):
    """What a workplace monitoring report found (báo cáo quan trắc môi trường lao động, ATVSLĐ art 18): the exposures of
    whoever works on these lines and jobs, from `valid_from` until a later report on the same place.
    """

    report_id: Public[UUID]
    unit_id: Public[UUID]
    employer_id: Public[UUID | None] = None
    measured_on: Public[date]
    valid_from: Public[date]
    measured_by: Public[str | None] = None
    places: Public[Annotated[list[MonitoredPlace], Field(min_length=1)]]


class ExposuresProfiled(
    Event,
    name="registry.exposures.profiled",
    topic="registry.lines",
    key="unit_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
    retention_days=None,
):
    """A monitoring report holds for its lines and jobs from a day on, by the version that counts; how many workers'
    exposures it changed at once is `workers` (0 where it begins later).
    """

    unit_id: Public[UUID]
    report_id: Public[UUID]
    version: Public[int]
    measured_on: Public[date]
    valid_from: Public[date]
    measured_by: Public[str | None] = None
    places: Public[list[MonitoredPlace]]
    workers: Public[int] = 0
