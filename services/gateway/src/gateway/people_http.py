"""Reads about persons by pseudonym, per purpose: the union's, the clinic's, the employer's, the worker's own."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field
from pydantic_core import from_json

from contracts.base import Party
from gateway import identities, pages
from gateway.campaigns_http import own_unit
from gateway.edge import CallerOf, EdgeOf
from gateway.pages import FIRST_ID, Cursor, Limit, Page
from gateway.problems import Refusal
from gateway.read_models import appointments, examinations, fitness, follow_ups, health_checks, merges, organisations
from gateway.views.persons import (
    EmployerAppointment,
    EmployerFitness,
    EscalationView,
    FollowUpView,
    Proposal,
    WorkerRecord,
)
from gateway.views.union import AppointmentView, HealthCheckView

router = APIRouter(tags=["people"])


class VisitsRequest(BaseModel):
    """Which visits are asked about."""

    visit_ids: Annotated[list[UUID], Field(max_length=1_000)]


@router.get("/appointments")
async def get_appointments(
    edge: EdgeOf,
    caller: CallerOf,
    unit_id: UUID | None = None,
    day: date | None = None,
    campaign_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 500,
) -> Page[AppointmentView]:
    """Appointments by day: of a union's subtree or one unit in it, or of a clinic."""
    start = pages.start(cursor, date.min, FIRST_ID)
    after = (start[0], start[1])
    if caller.party_class is Party.CLINICS:
        rows = await appointments.of_clinic(edge.db, caller.party_id, day, campaign_id, after=after, limit=limit)
    else:
        caller.must_be(Party.UNIONS)
        root = await own_unit(edge, caller, unit_id) or caller.uuid
        units = await organisations.subtree(edge.db, root)
        rows = await appointments.of_units(edge.db, units, day, campaign_id, after=after, limit=limit)
    return Page[AppointmentView].model_validate(
        pages.page(rows, limit, lambda row: (row["day"], row["appointment_id"]))
    )


@router.get("/health-checks")
async def get_health_checks(
    campaign_id: UUID,
    edge: EdgeOf,
    caller: CallerOf,
    unit_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 500,
) -> Page[HealthCheckView]:
    """A campaign's due checks in a union's subtree, each with its grounds in law."""
    caller.must_be(Party.UNIONS)
    root = await own_unit(edge, caller, unit_id) or caller.uuid
    start = pages.start(cursor, FIRST_ID, FIRST_ID)
    units = await organisations.subtree(edge.db, root)
    rows = await health_checks.of_campaign(edge.db, campaign_id, units, after=(start[0], start[1]), limit=limit)
    return Page[HealthCheckView].model_validate(
        pages.page(rows, limit, lambda row: (row["unit_id"], row["health_check_id"]))
    )


@router.get("/follow-ups")
async def get_follow_ups(
    edge: EdgeOf, caller: CallerOf, still_open: bool | None = None, cursor: Cursor = None, limit: Limit = 500
) -> Page[FollowUpView]:
    """A clinic's own follow-ups; unions read the share of closed loops at `/units/{id}/closed-loops`."""
    caller.must_be(Party.CLINICS)
    (after,) = pages.start(cursor, FIRST_ID)
    rows = await follow_ups.of_clinic(edge.db, caller.party_id, still_open=still_open, after=after, limit=limit)
    return Page[FollowUpView].model_validate(pages.page(rows, limit, lambda row: (row["follow_up_id"],)))


@router.get("/visits/{visit_id}/proposal")
async def get_proposal(visit_id: UUID, edge: EdgeOf, caller: CallerOf) -> Proposal:
    """The class that the rules propose for the clinic's own visit, with its explanation."""
    caller.must_be(Party.CLINICS)
    found = await examinations.proposals(edge.db, [visit_id], caller.party_id)
    if not found:
        raise Refusal("not-found")
    return Proposal.model_validate_json(found[0])


@router.post("/visits/proposals")
async def get_proposals(wanted: VisitsRequest, edge: EdgeOf, caller: CallerOf) -> list[Proposal]:
    """The same for many visits at once; visits of others and those without a proposal are left out."""
    caller.must_be(Party.CLINICS)
    found = await examinations.proposals(edge.db, wanted.visit_ids, caller.party_id)
    return [Proposal.model_validate_json(body) for body in found]


@router.get("/visits/{visit_id}/escalations")
async def get_escalations(visit_id: UUID, edge: EdgeOf, caller: CallerOf) -> list[EscalationView]:
    """What the desks of the clinic's own visit found that cannot wait for the conclusion."""
    caller.must_be(Party.CLINICS)
    found = await examinations.escalations(edge.db, visit_id, caller.party_id)
    return [EscalationView.model_validate(row) for row in found]


@router.get("/visits/{visit_id}/conclusions")
async def get_conclusions(visit_id: UUID, edge: EdgeOf, caller: CallerOf) -> list[dict[str, Any]]:
    """Every version of the conclusion of the clinic's own visit."""
    caller.must_be(Party.CLINICS)
    return [from_json(row["body"]) for row in await examinations.conclusions(edge.db, visit_id, caller.party_id)]


@router.get("/employers/{employer_id}/attendance")
async def get_attendance(
    employer_id: UUID,
    edge: EdgeOf,
    caller: CallerOf,
    day: date | None = None,
    cursor: Cursor = None,
    limit: Limit = 500,
) -> Page[EmployerAppointment]:
    """When an employer's own workers are away for the check, and whether they came; null while it lies ahead."""
    caller.must_be(Party.EMPLOYERS)
    if caller.uuid != employer_id:
        raise Refusal("not-found")
    start = pages.start(cursor, date.min, FIRST_ID)
    rows = await appointments.of_employer(edge.db, employer_id, day, after=(start[0], start[1]), limit=limit)
    return Page[EmployerAppointment].model_validate(
        pages.page(rows, limit, lambda row: (row["day"], row["appointment_id"]))
    )


@router.get("/employers/{employer_id}/fitness")
async def get_fitness(
    employer_id: UUID,
    edge: EdgeOf,
    caller: CallerOf,
    campaign_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 500,
) -> Page[EmployerFitness]:
    """Class and work restrictions of an employer's own workers (Luật ATVSLĐ art 27); no finding, no diagnosis."""
    caller.must_be(Party.EMPLOYERS)
    if caller.uuid != employer_id:
        raise Refusal("not-found")
    start = pages.start(cursor, FIRST_ID, FIRST_ID)
    rows = await fitness.of_employer(edge.db, employer_id, campaign_id, after=(start[0], start[1]), limit=limit)
    return Page[EmployerFitness].model_validate(
        pages.page(rows, limit, lambda row: (row["worker_id"], row["visit_id"]))
    )


@router.get("/workers/me")
async def get_own_record(edge: EdgeOf, caller: CallerOf) -> WorkerRecord:
    """All that is known about the worker who asks, and who looked at their identity (null: cannot be had now)."""
    caller.must_be(Party.WORKERS)
    worker = caller.uuid
    records = await merges.all_of(edge.db, worker)
    checks = await health_checks.of_workers(edge.db, records)
    return WorkerRecord(
        worker_id=worker,
        also=[record for record in records if record != worker],
        health_checks=[{**check, "grounds": from_json(check["grounds"])} for check in checks],
        appointments=[AppointmentView.model_validate(row) for row in await appointments.of_workers(edge.db, records)],
        visits=await examinations.visits_of_workers(edge.db, records),
        examinations=[row["body"] for row in await examinations.of_workers(edge.db, records)],
        fitness=await fitness.of_workers(edge.db, records),
        follow_ups=[FollowUpView.model_validate(row) for row in await follow_ups.of_workers(edge.db, records)],
        looks=await identities.looks_at(edge.settings, worker),
    )
