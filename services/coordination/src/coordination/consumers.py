"""Which message starts which use case."""

from contracts import appointments, coordination, health, operations, registry, results, scheduling, unions
from contracts import plans as plan_events
from coordination import alerts, campaigns, closing, coverage, days, organisations, people, plans, scope
from coordination.settings import Settings
from shared.clock import utc_now
from shared.consuming import Batch, Consumer
from shared.database import Transaction

__all__ = ["make_consumer"]


def make_consumer(settings: Settings) -> Consumer:
    """The consumer with every handler of coordination."""
    consumer = Consumer("coordination")
    _agreements(consumer)
    _plans(consumer)
    _people(consumer)
    _persons(consumer)
    _scope(consumer)

    @consumer.on(operations.DaySimulated)
    async def on_day_simulated(tx: Transaction, batch: Batch[operations.DaySimulated]) -> None:
        for message in batch:
            await days.simulate(tx, message, allowed=settings.days == "simulated")

    @consumer.on(coordination.DayStarted)
    async def on_day_started(tx: Transaction, batch: Batch[coordination.DayStarted]) -> None:
        for message in batch:
            await alerts.rosters_missing(tx, message)
            await scope.freeze_missing(tx, message)
            changed = await coverage.count(tx, message)
            await closing.propose(tx, message)
            await closing.supplement(tx, message, changed)
            await alerts.follow_ups_overdue(tx, message)
            await days.counted(tx, message)

    @consumer.on(unions.ClosingApproved)
    async def on_union_closing(tx: Transaction, batch: Batch[unions.ClosingApproved]) -> None:
        for message in batch:
            await closing.approve(tx, message, settings.signing_seed, now=utc_now())

    @consumer.on(health.ClosingApproved)
    async def on_health_closing(tx: Transaction, batch: Batch[health.ClosingApproved]) -> None:
        for message in batch:
            await closing.approve(tx, message, settings.signing_seed, now=utc_now())

    return consumer


def _agreements(consumer: Consumer) -> None:
    """What both parties have to agree on; such messages are rare and taken one by one."""

    @consumer.on(unions.ProgrammeProposed)
    async def on_programme_proposed(tx: Transaction, batch: Batch[unions.ProgrammeProposed]) -> None:
        for message in batch:
            await campaigns.propose_programme(tx, message, now=utc_now())

    @consumer.on(health.ProgrammeApproved)
    async def on_programme_approved(tx: Transaction, batch: Batch[health.ProgrammeApproved]) -> None:
        for message in batch:
            await campaigns.approve_programme(tx, message, now=utc_now())

    @consumer.on(unions.CampaignProposed)
    async def on_campaign_proposed(tx: Transaction, batch: Batch[unions.CampaignProposed]) -> None:
        for message in batch:
            await campaigns.propose(tx, message, now=utc_now())

    @consumer.on(health.CampaignApproved)
    async def on_campaign_approved(tx: Transaction, batch: Batch[health.CampaignApproved]) -> None:
        for message in batch:
            await campaigns.approve(tx, message, now=utc_now())


def _plans(consumer: Consumer) -> None:
    """Plans wait for both parties too."""

    @consumer.on(plan_events.PlanProposed)
    async def on_plan_proposed(tx: Transaction, batch: Batch[plan_events.PlanProposed]) -> None:
        await plans.register(tx, batch)

    @consumer.on(unions.PlanApproved)
    async def on_union_plan_approved(tx: Transaction, batch: Batch[unions.PlanApproved]) -> None:
        for message in batch:
            await plans.approve(tx, message, now=utc_now())

    @consumer.on(health.PlanApproved)
    async def on_health_plan_approved(tx: Transaction, batch: Batch[health.PlanApproved]) -> None:
        for message in batch:
            await plans.approve(tx, message, now=utc_now())

    @consumer.on(unions.PlanDeclined)
    async def on_union_plan_declined(tx: Transaction, batch: Batch[unions.PlanDeclined]) -> None:
        for message in batch:
            await plans.decline(tx, message)

    @consumer.on(health.PlanDeclined)
    async def on_health_plan_declined(tx: Transaction, batch: Batch[health.PlanDeclined]) -> None:
        for message in batch:
            await plans.decline(tx, message)

    @consumer.on(plan_events.PlanWithdrawn)
    async def on_plan_withdrawn(tx: Transaction, batch: Batch[plan_events.PlanWithdrawn]) -> None:
        await plans.give_up(tx, batch)


def _scope(consumer: Consumer) -> None:
    """Who belongs to a campaign."""

    @consumer.on(registry.OrganisationRegistered)
    async def on_organisation_registered(tx: Transaction, batch: Batch[registry.OrganisationRegistered]) -> None:
        await organisations.put(tx, batch.events)

    @consumer.on(registry.OrganisationChanged)
    async def on_organisation_changed(tx: Transaction, batch: Batch[registry.OrganisationChanged]) -> None:
        await organisations.put(tx, batch.events)

    @consumer.on(registry.RosterClosed)
    async def on_roster_closed(tx: Transaction, batch: Batch[registry.RosterClosed]) -> None:
        await scope.close_rosters(tx, batch)

    @consumer.on(scheduling.DemandDeclared)
    async def on_demand_declared(tx: Transaction, batch: Batch[scheduling.DemandDeclared]) -> None:
        await scope.declare_demand(tx, batch)

    @consumer.on(scheduling.HealthCheckBecameDue)
    async def on_health_check_due(tx: Transaction, batch: Batch[scheduling.HealthCheckBecameDue]) -> None:
        await people.become_due(tx, batch.events)
        await scope.complete(tx, batch)


def _people(consumer: Consumer) -> None:
    """What became of each person."""

    @consumer.on(scheduling.HealthCheckWithdrawn)
    async def on_health_check_withdrawn(tx: Transaction, batch: Batch[scheduling.HealthCheckWithdrawn]) -> None:
        await people.end(tx, batch.events)

    @consumer.on(appointments.AppointmentMade)
    async def on_appointment_made(tx: Transaction, batch: Batch[appointments.AppointmentMade]) -> None:
        await people.plan(tx, batch.events)

    @consumer.on(appointments.AppointmentMoved)
    async def on_appointment_moved(tx: Transaction, batch: Batch[appointments.AppointmentMoved]) -> None:
        await people.plan(tx, batch.events)

    @consumer.on(appointments.AppointmentCancelled)
    async def on_appointment_cancelled(tx: Transaction, batch: Batch[appointments.AppointmentCancelled]) -> None:
        await people.unplan(tx, batch.events)

    @consumer.on(appointments.AppointmentKept)
    async def on_appointment_kept(tx: Transaction, batch: Batch[appointments.AppointmentKept]) -> None:
        await people.visit(tx, batch.events)

    @consumer.on(appointments.AppointmentMissed)
    async def on_appointment_missed(tx: Transaction, batch: Batch[appointments.AppointmentMissed]) -> None:
        await people.miss(tx, batch.events)

    @consumer.on(results.VisitConcluded)
    async def on_visit_concluded(tx: Transaction, batch: Batch[results.VisitConcluded]) -> None:
        await people.examine(tx, batch.events)

    @consumer.on(results.FollowUpOpened)
    async def on_follow_up_opened(tx: Transaction, batch: Batch[results.FollowUpOpened]) -> None:
        await alerts.open_follow_ups(tx, batch.events)

    @consumer.on(results.FollowUpClosed)
    async def on_follow_up_closed(tx: Transaction, batch: Batch[results.FollowUpClosed]) -> None:
        await alerts.close_follow_ups(tx, batch.events)

    @consumer.on(results.ClusterDetected)
    async def on_cluster_detected(tx: Transaction, batch: Batch[results.ClusterDetected]) -> None:
        await alerts.raise_for_clusters(tx, batch)


def _persons(consumer: Consumer) -> None:
    """Which workers are one person."""

    @consumer.on(registry.WorkerMerged)
    async def on_worker_merged(tx: Transaction, batch: Batch[registry.WorkerMerged]) -> None:
        await people.stand(tx, batch.events)

    @consumer.on(registry.WorkerMergeUndone)
    async def on_worker_merge_undone(tx: Transaction, batch: Batch[registry.WorkerMergeUndone]) -> None:
        await people.stand(tx, batch.events)
