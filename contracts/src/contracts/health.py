"""What the health authority says: it approves as the second party and grants mobile permits."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.base import BOTH_PARTIES, Event, Party, Public
from contracts.fields import ClinicId, Question, Site
from contracts.unions import APPROVAL_ANSWERS, DECLINE_ANSWERS


class ProgrammeApproved(
    Event,
    name="health.programme.approved",
    topic="health.programmes",
    key="programme_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=APPROVAL_ANSWERS,
    retention_days=None,
):
    """The health side signs its part of a programme."""

    programme_id: Public[UUID]


class CampaignApproved(
    Event,
    name="health.campaign.approved",
    topic="health.campaigns",
    key="campaign_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=APPROVAL_ANSWERS,
    retention_days=None,
):
    """The health side agrees to a campaign, which opens it."""

    campaign_id: Public[UUID]


class PlanApproved(
    Event,
    name="health.plan.approved",
    topic="health.plans",
    key="plan_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=APPROVAL_ANSWERS,
    retention_days=None,
):
    """The health side agrees to a plan."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]


class PlanDeclined(
    Event,
    name="health.plan.declined",
    topic="health.plans",
    key="plan_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=DECLINE_ANSWERS,
    retention_days=None,
):
    """The health side will not have a plan: a waiting one is withdrawn, one being computed is cancelled."""

    plan_id: Public[UUID]
    campaign_id: Public[UUID]


class WhatIfAsked(
    Question,
    Event,
    name="health.what-if.asked",
    topic="health.plans",
    key="request_id",
    readers=("scheduling", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=("scheduling.what-if.answered.v1",),
):
    """The health side asks what other capacity, ceilings, dates or sessions would bring; nothing is published by it."""


class ClosingApproved(
    Event,
    name="health.closing.approved",
    topic="health.campaigns",
    key="campaign_id",
    readers=("coordination", "gateway"),
    shown_to=BOTH_PARTIES,
    answered_by=APPROVAL_ANSWERS,
    retention_days=None,
):
    """The health side signs the coverage that the digest stands for."""

    campaign_id: Public[UUID]
    digest: Public[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]]


class PermitGranted(
    Event,
    name="health.permit.granted",
    topic="health.permits",
    key="clinic_id",
    readers=("scheduling", "gateway"),
    shown_to=(Party.UNIONS, Party.HEALTH, Party.CLINICS),
    answered_by=("scheduling.permit.noted.v1",),
    retention_days=None,
):
    """A clinic may examine off-site at these sites and days (NĐ 96/2023 arts 82–83): the gate of every session.

    `licensed_stations` are the desks for which the filed staff list holds a licence; `bnn` is the separate scope for
    occupational-disease examinations.
    """

    permit_id: Public[UUID]
    clinic_id: ClinicId
    sites: Public[list[Site]]
    valid_from: Public[date]
    valid_to: Public[date]
    licensed_stations: Public[list[str]]
    bnn: Public[bool] = False


class PermitRevoked(
    Event,
    name="health.permit.revoked",
    topic="health.permits",
    key="clinic_id",
    readers=("scheduling", "gateway"),
    shown_to=(Party.UNIONS, Party.HEALTH, Party.CLINICS),
    answered_by=("scheduling.permit.noted.v1",),
    retention_days=None,
):
    """A permit ends before its day; sessions that stood on it are no longer bookable."""

    permit_id: Public[UUID]
    clinic_id: ClinicId
    from_day: Public[date]
