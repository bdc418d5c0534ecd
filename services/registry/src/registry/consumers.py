"""What arrives, and what it starts."""

from contracts.coordination import DayStarted
from contracts.monitoring import MonitoringReported
from contracts.registry import WorkerErased
from contracts.rosters import RosterChunkSealed, RosterMappingDeclared, RosterSubmitted
from contracts.unions import IdentityReviewDecided, LeavingConfirmed, LineDeclared, OrganisationDeclared, RosterClosed
from registry import authority, erasures, exposures, leaving, lines, merges, organisations, roster_mappings, rosters
from shared.clock import utc_now
from shared.consuming import Batch, Consumer
from shared.database import Transaction

consumer = Consumer("registry")


@consumer.on(OrganisationDeclared)
async def on_organisation_declared(tx: Transaction, batch: Batch[OrganisationDeclared]) -> None:
    await organisations.declare(tx, batch, now=utc_now())


@consumer.on(LineDeclared)
async def on_line_declared(tx: Transaction, batch: Batch[LineDeclared]) -> None:
    await lines.declare(tx, batch, now=utc_now())


@consumer.on(MonitoringReported)
async def on_monitoring_reported(tx: Transaction, batch: Batch[MonitoringReported]) -> None:
    await exposures.report(tx, batch, now=utc_now())


@consumer.on(RosterSubmitted)
async def on_roster_submitted(tx: Transaction, batch: Batch[RosterSubmitted]) -> None:
    await rosters.receive(tx, batch, now=utc_now())


@consumer.on(RosterChunkSealed)
async def on_roster_chunk_sealed(tx: Transaction, batch: Batch[RosterChunkSealed]) -> None:
    await rosters.collect(tx, batch)


@consumer.on(RosterClosed)
async def on_roster_closed(tx: Transaction, batch: Batch[RosterClosed]) -> None:
    await rosters.close(tx, batch, now=utc_now())


@consumer.on(RosterMappingDeclared)
async def on_roster_mapping_declared(tx: Transaction, batch: Batch[RosterMappingDeclared]) -> None:
    await roster_mappings.declare(tx, batch, now=utc_now())


@consumer.on(LeavingConfirmed)
async def on_leaving_confirmed(tx: Transaction, batch: Batch[LeavingConfirmed]) -> None:
    await leaving.record(tx, batch, now=utc_now())


@consumer.on(IdentityReviewDecided)
async def on_identity_review_decided(tx: Transaction, batch: Batch[IdentityReviewDecided]) -> None:
    await merges.decide(tx, batch, now=utc_now())


@consumer.on(WorkerErased)
async def on_worker_erased(tx: Transaction, batch: Batch[WorkerErased]) -> None:
    await erasures.hear(tx, batch, today=await authority.today(tx, utc_now()))


@consumer.on(DayStarted)
async def on_day_started(tx: Transaction, batch: Batch[DayStarted]) -> None:
    await authority.start_days(tx, [day.calendar for day in batch.events], [day.day for day in batch.events])
    await exposures.begin(tx, [day.day for day in batch.events if day.calendar == "VN"])
