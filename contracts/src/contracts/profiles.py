"""What `registry` says of how a unit's files are read, of how far a roster is, and of what its places expose to."""

from datetime import date
from uuid import UUID

from contracts.base import BOTH_PARTIES, Event, Party, Public
from contracts.monitoring import MonitoredPlace


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


class RosterRead(
    Event,
    name="registry.roster.read",
    topic="registry.rosters",
    key="roster_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS,),
    retention_days=30,
):
    """A roster was read and begins to take effect: how many people it names, so that its sender sees how far it is."""

    roster_id: Public[UUID]
    rows: Public[int]


class RosterMappingKept(
    Event,
    name="registry.roster-mapping.kept",
    topic="registry.rosters",
    key="unit_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS,),
    retention_days=None,
):
    """How a unit's files with this header are read from now on, by the version that counts; of nothing: as they say."""

    unit_id: Public[UUID]
    fingerprint: Public[str]
    version: Public[int]
    columns: Public[dict[str, str | None]] = {}
    header_row: Public[int | None] = None
