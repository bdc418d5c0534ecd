"""What desks and laboratories found: kept record by record, merged when read, answered when the visit is complete."""

from collections.abc import Sequence
from json import dumps
from typing import Any

from contracts.clinics import LaboratoryReported, SectionRecorded
from contracts.fields import Problem
from contracts.results import RecordRefused
from results import days, model, proposals, store, urgencies, visits
from shared import outbox
from shared.consuming import Batch, Message
from shared.database import Transaction

IN_FUTURE = "record.in_future"

Taken = tuple[Message[Any], Any, dict[str, Any], str | None]


async def take_sections(tx: Transaction, batch: Batch[SectionRecorded]) -> None:
    """Keep one desk's findings of each visit, in whatever order the desks report."""
    here, refused = await days.come(tx, await visits.lock(tx, batch), "recorded_at", IN_FUTURE)
    await refuse(tx, refused)
    await _take(tx, [(m, visit, m.event.findings, m.event.not_done) for m, visit in here], "section")


async def take_laboratory(tx: Transaction, batch: Batch[LaboratoryReported]) -> None:
    """Keep a laboratory's report of each visit, in the units of the rules; one with an unreadable row is refused."""
    taken: list[Taken] = []
    here, refused = await days.come(tx, await visits.lock(tx, batch), "reported_at", IN_FUTURE)
    for m, visit in here:
        findings, problems = model.laboratory_findings(m.event)
        if problems:
            refused.append((m, problems))
        else:
            taken.append((m, visit, findings, None))
    await refuse(tx, refused)
    await _take(tx, taken, "laboratory")


async def _take(tx: Transaction, taken: Sequence[Taken], kind: model.Kind) -> None:
    problems = [model.record_problems(m.event.station, m.event.clinic_id, visit, kind) for m, visit, _, _ in taken]
    refused = [(m, found) for (m, _, _, _), found in zip(taken, problems, strict=True) if found]
    await refuse(tx, refused)
    good = [one for one, found in zip(taken, problems, strict=True) if not found]
    if not good:
        return
    events = [m.event for m, _, _, _ in good]
    await tx.execute(
        store.ADD_RECORDS,
        [m.ref for m, _, _, _ in good],
        [e.visit_id for e in events],
        [e.station for e in events],
        [e.recorded_at if kind == "section" else e.reported_at for e in events],
        [e.examiner_licence if kind == "section" else None for e in events],
        [dumps(findings, default=str) for _, _, findings, _ in good],
        [not_done for _, _, _, not_done in good],
    )
    await urgencies.tell(tx, [(m, visit, findings) for m, visit, findings, _ in good])
    noted = await tx.fetch(store.NOTE_RECEIVED, [e.visit_id for e in events], [e.station for e in events])
    complete = {row["visit_id"] for row in noted if row["complete"]}
    await _propose(tx, [(m, visit) for m, visit, _, _ in good if visit["visit_id"] in complete])


async def _propose(tx: Transaction, complete: Sequence[tuple[Message[Any], Any]]) -> None:
    """Say the proposed class of visits whose last desk has reported, naming every record it answers."""
    if not complete:
        return
    visit_ids = [visit["visit_id"] for _, visit in complete]
    merged = await proposals.records_of(tx, visit_ids)
    events = [m.leads_to(proposals.proposed(visit, merged[visit["visit_id"]])) for m, visit in complete]
    await tx.execute(store.MARK_ANSWERED, visit_ids)
    await outbox.append(tx, events)


async def refuse(tx: Transaction, refused: Sequence[tuple[Message[Any], Sequence[Problem]]]) -> None:
    """Answer what could not be taken, every problem of it at once."""
    events = [
        m.leads_to(RecordRefused(visit_id=m.event.visit_id, clinic_id=m.event.clinic_id, problems=list(found)))
        for m, found in refused
    ]
    await outbox.append(tx, events)
