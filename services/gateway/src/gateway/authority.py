"""Who may say what about whom: unions of their subtree, clinics and authorities of their own, as far as is known."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from contracts import clinics, health, monitoring, unions
from contracts import rosters as roster_events
from contracts import workers as worker_events
from contracts.base import Event, Party
from contracts.fields import Problem
from gateway.cloudevents import Said
from gateway.parties import Caller
from gateway.problems import problem
from gateway.read_models import appointments, campaigns, follow_ups, organisations, sessions, workers
from shared.database import Transaction

Ids = Iterable[UUID | None]
Outside = Callable[[Transaction, Caller, list[UUID]], Any]

# What of an event names whom it is about, per kind; the kinds are looked up once for a whole batch.
UNITS: dict[type[Event], Callable[[Any], Ids]] = {
    unions.ProgrammeProposed: lambda event: [event.union_unit_id],
    unions.CampaignProposed: lambda event: [*event.scope_unit_ids, *(target.unit_id for target in event.unit_targets)],
    unions.OrganisationDeclared: lambda event: [event.organisation_id, event.parent_id],
    unions.LineDeclared: lambda event: [event.unit_id],
    monitoring.MonitoringReported: lambda event: [event.unit_id],
    roster_events.RosterSubmitted: lambda event: [event.unit_id],
    unions.RosterClosed: lambda event: [event.unit_id],
    roster_events.RosterMappingDeclared: lambda event: [event.unit_id],
    unions.LeavingConfirmed: lambda event: [event.unit_id],
}
WORKERS: dict[type[Event], Callable[[Any], Ids]] = {
    unions.LeavingConfirmed: lambda event: event.worker_ids,
    unions.AbsenceReported: lambda event: [event.worker_id],
    unions.MoveRequested: lambda event: [event.worker_id],
    unions.RefusalReported: lambda event: [event.worker_id],
    unions.RefusalWithdrawn: lambda event: [event.worker_id],
    unions.BookingRequested: lambda event: [event.worker_id],
}
CAMPAIGNS: dict[type[Event], Callable[[Any], Ids]] = {
    unions.PlanApproved: lambda event: [event.campaign_id],
    unions.PlanDeclined: lambda event: [event.campaign_id],
    unions.WhatIfAsked: lambda event: [event.campaign_id],
    unions.ClosingApproved: lambda event: [event.campaign_id],
}
SESSIONS: dict[type[Event], Callable[[Any], Ids]] = {
    clinics.SessionOffered: lambda event: [event.session_id],
    clinics.SessionWithdrawn: lambda event: [event.session_id],
    clinics.WhatIfAsked: lambda event: [imagined.session_id for imagined in event.sessions],
    clinics.AttendanceRecorded: lambda event: [event.session_id],
}
VISITS: dict[type[Event], Callable[[Any], Ids]] = {
    event_class: lambda event: [event.visit_id]
    for event_class in (
        clinics.AttendanceRecorded, clinics.SectionRecorded, clinics.LaboratoryReported, clinics.ExaminationConcluded,
        clinics.ExaminationAmended, clinics.FollowUpClosed,
    )
}  # fmt: skip
# Only a person in this role says it.
ROLES: dict[type[Event], str] = {unions.IdentityReviewDecided: "registrar"}
VISITS_OF_WORKERS: dict[type[Event], Callable[[Any], Ids]] = {
    worker_events.MoveRequested: lambda event: [event.appointment_id]
}
PERMITS: dict[type[Event], Callable[[Any], Ids]] = {
    health.PermitGranted: lambda event: [event.permit_id],
    health.PermitRevoked: lambda event: [event.permit_id],
}
CASES: dict[type[Event], Callable[[Any], Ids]] = {clinics.FollowUpClosed: lambda event: [event.follow_up_id]}


async def problems_of(tx: Transaction, said: Sequence[Said]) -> Mapping[int, list[Problem]]:
    """What their callers may not say, by place; what the gateway does not know yet is let through."""
    wrong: dict[int, list[Problem]] = defaultdict(list)
    of_caller: dict[Caller, list[Said]] = defaultdict(list)
    for item in said:
        of_caller[item.caller].append(item)
    for caller, own in of_caller.items():
        await _judge(tx, caller, own, wrong)
    return wrong


async def _judge(tx: Transaction, caller: Caller, said: Sequence[Said], wrong: dict[int, list[Problem]]) -> None:
    for item in said:
        if ROLES.get(type(item.event), caller.role) != caller.role:
            wrong[item.place].append(problem("party.role"))
    if caller.party_class is Party.UNIONS:
        await _find(tx, caller, said, UNITS, organisations.outside, "party.unit", wrong)
        await _find(tx, caller, said, WORKERS, workers.outside, "party.worker", wrong)
        await _find(tx, caller, said, CAMPAIGNS, campaigns.outside, "party.campaign", wrong)
    if caller.party_class is Party.HEALTH:
        await _find(tx, caller, said, PERMITS, sessions.permits_of_others, "party.permit", wrong)
    if caller.party_class is Party.WORKERS:
        for item in said:
            if getattr(item.event, "worker_id", caller.uuid) != caller.uuid:
                wrong[item.place].append(problem("party.worker", "data.worker_id"))
        await _find(tx, caller, said, VISITS_OF_WORKERS, appointments.of_other_workers, "party.visit", wrong)
    if caller.party_class is Party.CLINICS:
        for item in said:
            if getattr(item.event, "clinic_id", caller.party_id) != caller.party_id:
                wrong[item.place].append(problem("party.clinic", "data.clinic_id"))
        await _find(tx, caller, said, SESSIONS, sessions.of_others, "party.visit", wrong)
        await _find(tx, caller, said, VISITS, appointments.of_others, "party.visit", wrong)
        await _find(tx, caller, said, CASES, follow_ups.of_others, "party.visit", wrong)


async def _find(
    tx: Transaction,
    caller: Caller,
    said: Sequence[Said],
    named: Mapping[type[Event], Callable[[Any], Ids]],
    outside: Outside,
    code: str,
    wrong: dict[int, list[Problem]],
) -> None:
    about = {
        item.place: {about for about in named[type(item.event)](item.event) if about is not None}
        for item in said
        if type(item.event) in named
    }
    asked = set().union(*about.values())
    if not asked:
        return
    refused = set(await outside(tx, caller, sorted(asked, key=str)))
    for place, ids in about.items():
        if ids & refused:
            wrong[place].append(problem(code, "data"))
