"""The types that several owners' events use for the same thing."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Pseudonymous, Public, Record, Sensitivity

Sealed = Annotated[str, Sensitivity.PERSONAL, Field(min_length=1, json_schema_extra={"x-sealed": True})]
"""Personal data encrypted to registry's intake key (base64); the only form in which it may travel."""

Minute = Annotated[int, Sensitivity.PUBLIC, Field(ge=0, lt=2880)]
"""Minute of the local day; a shift that ends after midnight goes past 1440."""

WorkingHours = tuple[Minute, Minute]
"""When a shift usually begins and ends, in minutes of the day on which it begins."""

Percent = Annotated[int, Sensitivity.PUBLIC, Field(ge=0, le=100)]

WorkerId = Pseudonymous[UUID]
VisitId = Pseudonymous[UUID]
"""The id of a visit is its appointment's id; a walk-in brings its own."""

ClinicId = Annotated[str, Sensitivity.PUBLIC, Field(pattern=r"^[0-9A-Z]{5}$")]
"""Mã CSKCB: the five characters of a health facility's code."""

Site = Annotated[str, Sensitivity.PUBLIC, Field(min_length=1, max_length=40)]
"""Where workers work and teams examine: a commune code (MAXA, five digits) or an industrial park's id."""

Station = Literal["REC", "MEA", "BLD", "URI", "XRY", "EYE", "ENT", "DEN", "INT", "SUR", "GYN", "ECG", "AUD", "SPI"]
"""A desk of an exam session (bàn khám)."""

HeavyClass = Literal["NORMAL", "NNDHNH", "DBNNDHNH"]
"""Điều kiện lao động: bình thường; nặng nhọc, độc hại, nguy hiểm; đặc biệt nặng nhọc, độc hại, nguy hiểm."""

HealthClass = Annotated[int, Field(ge=1, le=5)]
"""Phân loại sức khỏe I–V (QĐ 1613/BYT-QĐ)."""


class Funding(Record):
    """Who pays which share; codes of NGUON_CHI_TRA (QĐ 1551/2062)."""

    payer: Public[Literal[1, 2, 3, 4, 5, 9]]
    share_pct: Percent


class UnitTarget(Record):
    """A coverage target of one union unit, overriding the campaign's."""

    unit_id: Public[UUID]
    coverage_pct: Percent


class Window(Record):
    """An arrival window of an exam session: how many may arrive, in all and per station."""

    start: Minute
    total: Public[Annotated[int, Field(ge=0)]]
    capacity: Public[dict[Station, Annotated[int, Field(ge=0)]]]


class Problem(Record):
    """One thing that is wrong, by its stable code; never the offending value, which may be personal."""

    code: Public[str]
    field: Public[str | None] = None
    message_vi: Public[str] = ""
    message_en: Public[str] = ""


class ImaginedSession(Record):
    """A session as a question imagines it: what is named differs from the listed one; `held` false leaves it out.

    One that is not listed needs site, day and windows. Whatever is named counts as permitted.
    """

    session_id: Public[UUID]
    site: Public[Site | None] = None
    day: Public[date | None] = None
    bnn: Public[bool | None] = None
    held: Public[bool] = True
    windows: Public[Annotated[list[Window], Field(max_length=96)] | None] = None


class OtherSession(ImaginedSession):
    """A session as both parties may imagine it: at another opening cost too."""

    open_cost: Public[Annotated[int, Field(ge=0)] | None] = None


class OtherCeiling(Record):
    """An absence ceiling as a question imagines it."""

    line_id: Public[UUID]
    max_absent_pct: Percent


class Question(Record):
    """What a campaign's plan would be with other sessions or ceilings.

    `anew` plans everybody from scratch on both sides; else whoever has a place keeps it where the rules allow.
    """

    request_id: Public[UUID]
    campaign_id: Public[UUID]
    sessions: Public[Annotated[list[OtherSession], Field(max_length=200)]] = []
    ceilings: Public[Annotated[list[OtherCeiling], Field(max_length=200)]] = []
    anew: Public[bool] = False


class Booking(Record):
    """A due check that is to have a place in a session, in a window or the first free one."""

    request_id: Public[UUID]
    worker_id: WorkerId
    session_id: Public[UUID]
    window: Public[int | None] = None


class Move(Record):
    """An appointment that is to be at another time: in a session, or any later one where none is named."""

    request_id: Public[UUID]
    worker_id: WorkerId
    appointment_id: VisitId
    session_id: Public[UUID | None] = None


class Refusal(Record):
    """A worker's refusal of the check of a campaign."""

    request_id: Public[UUID]
    worker_id: WorkerId
    campaign_id: Public[UUID]


class RosterVersion(Record):
    """A roster that took effect, as one side of a conflict: what it was and what it came to."""

    roster_id: Public[UUID]
    reference_date: Public[date]
    complete: Public[bool]
    assessed_at: Public[datetime]
    effects: Public[dict[str, int]]


class FieldConflict(Record):
    """A field of a row that its sender and somebody since changed in two ways; `roster_id` is the last one that did.

    Of facts that are told to others both values stand here; of who somebody is, the name of the field alone.
    """

    row: Public[int]
    field: Public[str]
    roster_id: Public[UUID | None] = None
    theirs: Pseudonymous[str | None] = None
    ours: Pseudonymous[str | None] = None


class RosterConflict(Record):
    """What a sender built on (null where nobody knows it) and what the unit's last roster is by now, side by side.

    `rows` are the fields that both changed, the first five hundred of them; without any, the ground itself is unknown.
    """

    theirs: Public[RosterVersion | None] = None
    ours: Public[RosterVersion | None] = None
    rows: Pseudonymous[list[FieldConflict]] = []
