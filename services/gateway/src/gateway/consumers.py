"""What arrives and what it becomes: every event is remembered with its cause; most feed a read model too."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from contracts import appointments as appointment_events
from contracts import clinics, coordination, health, monitoring, registry, results, scheduling, unions
from contracts import plans as plan_events
from contracts import rosters as roster_events
from contracts.base import Event
from contracts.catalogue import EVENTS
from gateway import catalogue, causation, class_mixes, deliveries, feeds, receipts
from gateway.read_models import (
    alerts,
    appointments,
    campaigns,
    coverage,
    days,
    examinations,
    follow_ups,
    health_checks,
    lines,
    merges,
    organisations,
    plan_cases,
    plans,
    rosters,
    sessions,
    workers,
)
from shared.consuming import Batch, Consumer
from shared.database import Transaction

Record = Callable[[Transaction, Batch[Any]], Awaitable[None]]

RECORDS: dict[type[Event], Record] = {
    unions.ProgrammeProposed: campaigns.propose_programme,
    unions.CampaignProposed: campaigns.propose,
    roster_events.RosterSubmitted: rosters.submit,
    health.PermitGranted: sessions.grant,
    health.PermitRevoked: sessions.revoke,
    clinics.SessionOffered: sessions.offer,
    registry.OrganisationRegistered: organisations.record,
    registry.OrganisationChanged: organisations.record,
    registry.LineRegistered: lines.record,
    registry.LineChanged: lines.record,
    monitoring.ExposuresProfiled: lines.profile,
    registry.WorkerRegistered: workers.record,
    registry.WorkerChanged: workers.record,
    registry.WorkerLeft: workers.leave,
    registry.WorkerMerged: merges.stand,
    registry.WorkerMergeUndone: merges.stand,
    roster_events.RosterRowsAnswered: rosters.answer,
    roster_events.RosterRead: rosters.note_people,
    roster_events.RosterAssessed: rosters.assess,
    roster_events.RosterMappingKept: rosters.keep_mapping,
    scheduling.HealthCheckBecameDue: health_checks.record,
    scheduling.HealthCheckWithdrawn: health_checks.withdraw,
    scheduling.HealthCheckDeferred: health_checks.defer,
    scheduling.HealthCheckJoined: merges.join,
    scheduling.HealthCheckSeparated: merges.part,
    scheduling.DemandDeclared: campaigns.declare_demand,
    scheduling.SessionListed: sessions.list_,
    scheduling.MakeUpSessionProposed: sessions.make_up,
    plan_events.PlanAsked: days.ask,
    plan_events.PlanProposed: plans.propose,
    plan_events.PlanPublished: plans.publish,
    plan_events.PlanAbandoned: plans.abandon,
    plan_events.PlanWithdrawn: plans.abandon,
    plan_events.PlanExplained: plan_cases.record,
    scheduling.DaySwept: days.sweep,
    appointment_events.AppointmentMade: partial(appointments.record, state="made"),
    appointment_events.AppointmentMoved: partial(appointments.record, state="moved"),
    appointment_events.AppointmentKept: partial(appointments.record, state="kept"),
    appointment_events.AppointmentCancelled: partial(appointments.end, state="cancelled"),
    appointment_events.AppointmentMissed: partial(appointments.end, state="missed"),
    results.ClassProposed: examinations.propose,
    results.FindingEscalated: examinations.escalate,
    results.ExaminationConcluded: examinations.conclude,
    results.ExaminationAmended: examinations.conclude,
    results.VisitConcluded: examinations.conclude_visit,
    results.FitnessStated: class_mixes.state_fitness,
    results.FollowUpOpened: follow_ups.open_,
    results.FollowUpClosed: follow_ups.close,
    results.ClusterDetected: alerts.detect,
    coordination.DayStarted: days.record,
    coordination.DayCounted: days.count,
    coordination.ApprovalRecorded: campaigns.approve,
    coordination.ProgrammeSigned: campaigns.sign_programme,
    coordination.CampaignOpened: campaigns.open_,
    coordination.ScopeFrozen: campaigns.freeze,
    coordination.PlanApproved: plans.approve,
    coordination.CoverageChanged: coverage.record,
    coordination.AlertRaised: alerts.raise_,
    coordination.ClosingProposed: campaigns.propose_closing,
    coordination.CampaignClosed: class_mixes.close_campaigns,
    coordination.ClosingSupplemented: campaigns.supplement,
    **dict.fromkeys(catalogue.DELIVERIES, deliveries.record),
}

TOLD_TO_CLINICS = frozenset({
    health.PermitGranted, health.PermitRevoked, scheduling.PermitNoted, scheduling.SessionListed,
    scheduling.SessionRefused, appointment_events.AppointmentMade, appointment_events.AppointmentMoved,
    appointment_events.AppointmentCancelled, appointment_events.AppointmentKept, appointment_events.AppointmentMissed,
    appointment_events.AttendanceRefused, results.ClassProposed, results.FindingEscalated, results.RecordRefused,
    results.ExaminationConcluded, results.ExaminationAmended, results.FollowUpOpened,
    plan_events.ClinicWhatIfAnswered,
})  # fmt: skip
# What a roster's receipt shows moves with these, long before it closes.
MOVES_PROGRESS = frozenset({roster_events.RosterRead, roster_events.RosterRowsAnswered})


def make_consumer() -> Consumer:
    """A consumer of everything that parties and services say."""
    consumer = Consumer("gateway")
    for event_class in EVENTS:
        consumer.on(event_class)(partial(_receive, event_class))
    return consumer


async def _receive(event_class: type[Event], tx: Transaction, batch: Batch[Any]) -> None:
    record = RECORDS.get(event_class)
    if record is not None:
        await record(tx, batch)
    await causation.record(tx, batch)
    tx.later(_tell, [batch])


async def _tell(tx: Transaction, batches: Sequence[Batch[Any]]) -> None:
    """Whoever asked or listens learns of it: once for all that came together, and in one order of locks.

    A batch that took receipts between two turns of the feeds' lock, which is held until the commit, met another that
    went the other way round, and one of them waited a second to be the victim.
    """
    said = [batch for batch in batches if batch[0].type in catalogue.ANSWERED_BY]
    answers = [batch for batch in batches if batch[0].type in catalogue.ANSWERS]
    await receipts.lock(tx, said, answers)
    await receipts.mark_stored(tx, said)
    for batch in answers:
        await receipts.close(tx, batch)
    if any(type(batch[0].event) in MOVES_PROGRESS for batch in batches):
        tx.notify(receipts.CHANNEL)
    told = [batch for batch in batches if type(batch[0].event) in TOLD_TO_CLINICS]
    await feeds.append(tx, [entry for batch in told for entry in feeds.entries_of(batch)])
