"""Which message starts which use case."""

from typing import Any

from contracts import clinics, health, unions
from contracts.clinics import SessionOffered, SessionWithdrawn
from contracts.coordination import (
    CampaignClosed,
    CampaignOpened,
    ClosingProposed,
    DayStarted,
    PlanApproved,
    PlanDeclined,
    ScopeFrozen,
)
from contracts.health import PermitGranted, PermitRevoked
from contracts.registry import (
    LineChanged,
    LineRegistered,
    OrganisationChanged,
    OrganisationRegistered,
    RosterClosed,
    WorkerLeft,
    WorkerMerged,
    WorkerMergeUndone,
)
from scheduling import days, demand, leavings, merges, plans, sessions, turns, what_ifs, workers
from shared.consuming import Batch, Consumer
from shared.database import Transaction

consumer = Consumer("scheduling")


@consumer.on(OrganisationRegistered)
async def on_organisation_registered(tx: Transaction, batch: Batch[OrganisationRegistered]) -> None:
    await workers.settle_units(tx, batch)


@consumer.on(OrganisationChanged)
async def on_organisation_changed(tx: Transaction, batch: Batch[OrganisationChanged]) -> None:
    await workers.settle_units(tx, batch)


@consumer.on(LineRegistered)
async def on_line_registered(tx: Transaction, batch: Batch[LineRegistered]) -> None:
    await workers.describe_lines(tx, batch)


@consumer.on(LineChanged)
async def on_line_changed(tx: Transaction, batch: Batch[LineChanged]) -> None:
    await workers.describe_lines(tx, batch)


@consumer.on(WorkerLeft)
async def on_worker_left(tx: Transaction, batch: Batch[WorkerLeft]) -> None:
    await leavings.leave(tx, batch)


@consumer.on(WorkerMerged)
async def on_worker_merged(tx: Transaction, batch: Batch[WorkerMerged]) -> None:
    await merges.follow(tx, batch)


@consumer.on(WorkerMergeUndone)
async def on_worker_merge_undone(tx: Transaction, batch: Batch[WorkerMergeUndone]) -> None:
    await merges.follow(tx, batch)


@consumer.on(RosterClosed)
async def on_roster_closed(tx: Transaction, batch: Batch[RosterClosed]) -> None:
    await demand.close_rosters(tx, batch)


@consumer.on(CampaignOpened)
async def on_campaign_opened(tx: Transaction, batch: Batch[CampaignOpened]) -> None:
    await days.open_campaigns(tx, batch)


@consumer.on(ScopeFrozen)
async def on_scope_frozen(tx: Transaction, batch: Batch[ScopeFrozen]) -> None:
    await days.freeze(tx, batch)


@consumer.on(ClosingProposed)
async def on_closing_proposed(tx: Transaction, batch: Batch[ClosingProposed]) -> None:
    await plans.end(tx, batch)


@consumer.on(CampaignClosed)
async def on_campaign_closed(tx: Transaction, batch: Batch[CampaignClosed]) -> None:
    await plans.end(tx, batch)


@consumer.on(DayStarted)
async def on_day_started(tx: Transaction, batch: Batch[DayStarted]) -> None:
    await days.start(tx, batch)


@consumer.on(PlanApproved)
async def on_plan_approved(tx: Transaction, batch: Batch[PlanApproved]) -> None:
    await plans.publish(tx, batch)


@consumer.on(PlanDeclined)
async def on_plan_declined(tx: Transaction, batch: Batch[PlanDeclined]) -> None:
    await plans.decline(tx, batch)


@consumer.on(SessionOffered)
async def on_session_offered(tx: Transaction, batch: Batch[SessionOffered]) -> None:
    await sessions.offer(tx, batch)


@consumer.on(SessionWithdrawn)
async def on_session_withdrawn(tx: Transaction, batch: Batch[SessionWithdrawn]) -> None:
    await sessions.withdraw(tx, batch)


@consumer.on(PermitGranted)
async def on_permit_granted(tx: Transaction, batch: Batch[PermitGranted]) -> None:
    await sessions.permit(tx, batch)


@consumer.on(PermitRevoked)
async def on_permit_revoked(tx: Transaction, batch: Batch[PermitRevoked]) -> None:
    await sessions.revoke(tx, batch)


@consumer.on(*turns.KINDS)
async def on_what_takes_a_turn(tx: Transaction, batch: Batch[Any]) -> None:
    await turns.play(tx, batch)


@consumer.on(unions.WhatIfAsked)
async def on_union_what_if_asked(tx: Transaction, batch: Batch[unions.WhatIfAsked]) -> None:
    await what_ifs.ask(tx, batch)


@consumer.on(health.WhatIfAsked)
async def on_health_what_if_asked(tx: Transaction, batch: Batch[health.WhatIfAsked]) -> None:
    await what_ifs.ask(tx, batch)


@consumer.on(clinics.WhatIfAsked)
async def on_clinic_what_if_asked(tx: Transaction, batch: Batch[clinics.WhatIfAsked]) -> None:
    await what_ifs.ask(tx, batch)
