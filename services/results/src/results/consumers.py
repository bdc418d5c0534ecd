"""Which message starts which use case."""

from contracts import appointments, clinics, coordination, registry
from results import conclusions, days, follow_ups, records, visits, workers
from shared.consuming import Batch, Consumer
from shared.database import Transaction

consumer = Consumer("results")


@consumer.on(coordination.DayStarted)
async def on_day_started(tx: Transaction, batch: Batch[coordination.DayStarted]) -> None:
    await days.start(tx, batch)


@consumer.on(registry.WorkerRegistered)
async def on_worker_registered(tx: Transaction, batch: Batch[registry.WorkerRegistered]) -> None:
    await workers.put(tx, batch.events)


@consumer.on(registry.WorkerChanged)
async def on_worker_changed(tx: Transaction, batch: Batch[registry.WorkerChanged]) -> None:
    await workers.put(tx, batch.events)


@consumer.on(registry.WorkerMerged)
async def on_worker_merged(tx: Transaction, batch: Batch[registry.WorkerMerged]) -> None:
    await workers.stand(tx, batch.events)


@consumer.on(registry.WorkerMergeUndone)
async def on_worker_merge_undone(tx: Transaction, batch: Batch[registry.WorkerMergeUndone]) -> None:
    await workers.stand(tx, batch.events)


@consumer.on(appointments.AppointmentMade)
async def on_appointment_made(tx: Transaction, batch: Batch[appointments.AppointmentMade]) -> None:
    await visits.expect(tx, batch.events)


@consumer.on(appointments.AppointmentMoved)
async def on_appointment_moved(tx: Transaction, batch: Batch[appointments.AppointmentMoved]) -> None:
    await visits.expect(tx, batch.events)


@consumer.on(appointments.AppointmentKept)
async def on_appointment_kept(tx: Transaction, batch: Batch[appointments.AppointmentKept]) -> None:
    await visits.expect(tx, batch.events)


@consumer.on(clinics.SectionRecorded)
async def on_section_recorded(tx: Transaction, batch: Batch[clinics.SectionRecorded]) -> None:
    await records.take_sections(tx, batch)


@consumer.on(clinics.LaboratoryReported)
async def on_laboratory_reported(tx: Transaction, batch: Batch[clinics.LaboratoryReported]) -> None:
    await records.take_laboratory(tx, batch)


@consumer.on(clinics.ExaminationConcluded)
async def on_examination_concluded(tx: Transaction, batch: Batch[clinics.ExaminationConcluded]) -> None:
    await conclusions.conclude(tx, batch)


@consumer.on(clinics.ExaminationAmended)
async def on_examination_amended(tx: Transaction, batch: Batch[clinics.ExaminationAmended]) -> None:
    await conclusions.amend(tx, batch)


@consumer.on(clinics.FollowUpClosed)
async def on_follow_up_closed(tx: Transaction, batch: Batch[clinics.FollowUpClosed]) -> None:
    await follow_ups.close(tx, batch)
