"""One roster, from its manifest to the answer to its last row: what `unions` say of it, and what `registry` answers."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import BOTH_PARTIES, Event, Party, Pseudonymous, Public, Record
from contracts.fields import RosterConflict, Sealed
from contracts.roster_mapping import ColumnRead, UnitCount


class RosterSubmitted(
    Event,
    name="unions.roster.submitted",
    topic="unions.rosters",
    key="roster_id",
    readers=("registry", "gateway"),
    answered_by=("registry.roster.assessed.v1",),
    retention_days=7,
):
    """The manifest of a roster: whose it is, and how many sealed chunks belong to it.

    `complete` says that whoever is missing has left; a `dry_run` is assessed without effect. `based_on` is the roster
    of the unit (and of the line, employer and host, where this one names them) that its sender built on: what others
    changed since stays where this one says what that one said, a row is refused that says a third thing of one field
    of one person, and a ground that never took effect refuses the whole. Leased workers have an employer and a host,
    where they work (lao động thuê lại, NĐ 39/2016 art 30). Sheet facts travel sealed, because a sheet's title may name
    a person.
    """

    roster_id: Public[UUID]
    unit_id: Public[UUID]
    employer_id: Public[UUID | None] = None
    host_id: Public[UUID | None] = None
    campaign_id: Public[UUID | None] = None
    line_id: Public[UUID | None] = None
    complete: Public[bool] = False
    based_on: Public[UUID | None] = None
    dry_run: Public[bool] = False
    reference_date: Public[date]
    chunks: Public[Annotated[int, Field(ge=0)]]
    key_id: Public[str]
    sealed_facts: Sealed


class RosterChunkSealed(
    Event,
    name="unions.roster-chunk.sealed",
    topic="unions.rosters",
    key="roster_id",
    readers=("registry", "gateway"),
    retention_days=7,
):
    """Some hundred rows of a roster's cells, sealed to registry's intake key; only registry can open them."""

    roster_id: Public[UUID]
    index: Public[Annotated[int, Field(ge=0)]]
    key_id: Public[str]
    sealed: Sealed


class RosterMappingDeclared(
    Event,
    name="unions.roster-mapping.declared",
    topic="unions.rosters",
    key="unit_id",
    readers=("registry", "gateway"),
    answered_by=("registry.roster-mapping.kept.v1", "registry.declaration.refused.v1"),
    retention_days=7,
):
    """How columns of the unit's files with this header are to be read: letter to field, null to ignore the column.

    `fingerprint` stands for the header, as the assessment of such a file names it; `header_row` (from 1) where no
    header is found by its wordings. A mapping of nothing removes what was kept.
    """

    unit_id: Public[UUID]
    fingerprint: Public[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]]
    columns: Public[Annotated[dict[str, str | None], Field(max_length=512)]] = {}
    header_row: Public[Annotated[int | None, Field(ge=1)]] = None


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


class RowAnswer(Record):
    """What became of one roster row: its outcome, every code that applies, and its effect on the register."""

    row: Public[int]
    outcome: Public[Literal["accepted", "accepted_with_warnings", "refused"]]
    codes: Public[list[str]] = []
    related_rows: Public[list[int]] = []
    worker_id: Pseudonymous[UUID | None] = None
    effect: Public[Literal["registered", "changed", "moved", "unchanged", "refused", "duplicate", "review"]]


class RosterRowsAnswered(
    Event,
    name="registry.roster.rows-answered",
    topic="registry.rosters",
    key="roster_id",
    readers=("gateway",),
    shown_to=(Party.UNIONS,),
    retention_days=30,
):
    """The answers to some hundred rows of a roster, for its receipt."""

    roster_id: Public[UUID]
    part: Public[int]
    rows: Public[list[RowAnswer]]


class RosterAssessed(
    Event,
    name="registry.roster.assessed",
    topic="registry.rosters",
    key="roster_id",
    readers=("gateway",),
    shown_to=BOTH_PARTIES,
):
    """A roster was read to its last row: how many of each effect; with `dry_run`, what would have happened.

    `leaving` are workers missing from a complete roster: proposed to have left, for a person to confirm. `sheet` (from
    0, among the visible ones) and `header_row` (from 1) say where it stood, so that the file can be answered by row;
    `fingerprint` names its header, `mapping_version` the unit's own mapping that was applied. `units` are all units
    whose number of members it changes: its own, and those that workers moved away from or to. `counted_elsewhere` are
    rows about people who work here and count in another unit, by the work that they began earlier.
    """

    roster_id: Public[UUID]
    unit_id: Public[UUID]
    dry_run: Public[bool]
    file_outcome: Public[Literal["accepted", "refused"]]
    file_codes: Public[list[str]] = []
    rows: Public[int] = 0
    registered: Public[int] = 0
    changed: Public[int] = 0
    moved: Public[int] = 0
    unchanged: Public[int] = 0
    refused: Public[int] = 0
    duplicates: Public[int] = 0
    review: Public[int] = 0
    counted_elsewhere: Public[int] = 0
    leaving: Pseudonymous[list[UUID]] = []
    members_before: Public[int] = 0
    members_after: Public[int] = 0
    parts: Public[int] = 0
    sheet: Public[int | None] = None
    header_row: Public[int | None] = None
    conflict: Public[RosterConflict | None] = None
    units: Public[list[UnitCount]] = []
    columns: Public[list[ColumnRead]] = []
    fingerprint: Public[str | None] = None
    mapping_version: Public[int | None] = None
