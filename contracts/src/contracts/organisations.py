"""What organisations and lines are, whoever speaks of them."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Public, Record
from contracts.fields import Percent, Site

OrganisationKind = Literal[
    "TLD", "LDLD_TINH", "CD_NGANH_TW", "CD_NGANH_DP", "CD_KCN", "CD_XA", "CD_TONG_CTY", "CDCS", "NGHIEP_DOAN",
    "EMPLOYER", "PARK",
]  # fmt: skip
"""What an organisation is: from the national confederation down to a unit, an employer or a park."""


class FormerPlace(Record):
    """A place by codes that are no longer in force; a code means nothing without its system, named by its first day.

    `2008-08-01`: 63 provinces, until 30/06/2025. Seven of their codes name another province today, twenty-nine none.
    """

    code_system: Public[Literal["2008-08-01"]]
    province_code: Public[str]
    commune_code: Public[str | None] = None


class Organisation(Record):
    """A node of the union, employer or administrative tree from `valid_from` on."""

    organisation_id: Public[UUID]
    kind: Public[OrganisationKind]
    name: Public[str]
    code: Public[str]
    parent_id: Public[UUID | None] = None
    province_code: Public[str]
    commune_code: Public[str | None] = None
    code_system: Public[str] = "2025-07-01"
    former_place: Public[FormerPlace | None] = None
    valid_from: Public[date]


class Reach(Record):
    """An exam site that a line can reach, minutes one way."""

    site: Site
    minutes: Public[Annotated[int, Field(ge=0, multiple_of=5)]]


class Line(Record):
    """A crew with its calendar, headcount and absence ceiling (kd-plan/1: lines)."""

    line_id: Public[UUID]
    unit_id: Public[UUID]
    employer_id: Public[UUID | None] = None
    name: Public[str]
    site: Site
    shifts_from: Public[date]
    shifts: Public[list[tuple[int, int] | None]]
    headcount: Public[int]
    max_absent_pct: Percent
    reaches: Public[list[Reach]]
