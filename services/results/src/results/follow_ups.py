"""What a conclusion asks for next, until somebody closes the loop; and like findings that gather in one unit."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid5

from contracts import clinics
from contracts.fields import Problem
from contracts.results import ClusterDetected, FollowUpClosed, FollowUpOpened
from results import days, model, records, store
from results.classification import follow_ups as rules
from results.classification.follow_ups import FollowUp, RuleSet
from results.classification.sections import values_of
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

SMALLEST_GROUP = 10
"""A smaller number of like findings, told to others, could point at a person."""

Concluded = tuple[Message[Any], Any, date, model.Sections, int]


async def open_for(tx: Transaction, concluded: Sequence[Concluded]) -> None:
    """Open what the findings and the final class ask for; what an earlier version opened stays as it is."""
    opened: list[tuple[Message[Any], FollowUpOpened]] = []
    for message, visit, day, found, final_class in concluded:
        held, known = rules.in_force(day), values_of(found)
        wanted = rules.derive(held, final_class, known, hazards=visit["hazards"], heavy=visit["heavy"])
        opened += [(message, _opened(visit, held, one, day)) for one in wanted]
    if opened:
        await _store(tx, opened)


def _opened(visit: Any, held: RuleSet, one: FollowUp, day: date) -> FollowUpOpened:
    return FollowUpOpened(
        follow_up_id=uuid5(visit["visit_id"], one.reason),
        visit_id=visit["visit_id"],
        worker_id=visit["worker_id"],
        unit_id=visit["unit_id"],
        campaign_id=visit["campaign_id"],
        clinic_id=visit["clinic_id"],
        kind=one.kind,
        reason=one.reason,
        due_on=day + timedelta(days=one.due_days),
        text_vi=one.text.vi,
        text_en=one.text.en,
        legal_source=one.legal_source,
        rule_set=held.version,
    )


async def _store(tx: Transaction, opened: Sequence[tuple[Message[Any], FollowUpOpened]]) -> None:
    events = [event for _, event in opened]
    rows = await tx.fetch(
        store.ADD_FOLLOW_UPS, [e.follow_up_id for e in events], [e.visit_id for e in events],
        [e.worker_id for e in events], [e.unit_id for e in events], [e.campaign_id for e in events],
        [e.kind for e in events], [e.reason for e in events], [e.due_on for e in events],
    )  # fmt: skip
    new = {row["follow_up_id"] for row in rows}
    await outbox.append(tx, [message.leads_to(event) for message, event in opened if event.follow_up_id in new])
    await waiting.release(tx, "follow-up", sorted(new))
    await _gather(tx, opened)


async def _gather(tx: Transaction, opened: Sequence[tuple[Message[Any], FollowUpOpened]]) -> None:
    """Tell both parties of ten or more suspected occupational diseases of one kind in one unit, naming nobody."""
    events = [event for _, event in opened]
    found = await tx.fetch(
        store.NEW_CLUSTERS, [e.campaign_id for e in events], [e.unit_id for e in events], [e.reason for e in events],
        SMALLEST_GROUP,
    )  # fmt: skip
    last = {(event.campaign_id, event.unit_id, event.reason): message for message, event in opened}
    clusters = [
        last[row["campaign_id"], row["unit_id"], row["reason"]].leads_to(
            ClusterDetected(
                cluster_id=uuid5(row["campaign_id"], f"{row['unit_id']} {row['reason']}"),
                unit_id=row["unit_id"],
                campaign_id=row["campaign_id"],
                kind=row["reason"],
                at_least=SMALLEST_GROUP,
            )
        )
        for row in found
    ]
    await outbox.append(tx, clusters)


async def close(tx: Transaction, batch: Batch[clinics.FollowUpClosed]) -> None:
    """Close loops; one that is not open yet waits for its conclusion, one closed before or elsewhere is refused.

    A suspicion that is confirmed opens what the law asks for next.
    """
    rows = await tx.fetch(store.LOCK_FOLLOW_UPS, [e.follow_up_id for e in batch.events])
    known = {row["follow_up_id"]: row for row in rows}
    early = [m for m in batch if m.event.follow_up_id not in known]
    await waiting.hold(tx, early, "follow-up", [m.event.follow_up_id for m in early])
    opened = [(m, known[m.event.follow_up_id]) for m in batch if m.event.follow_up_id in known]
    here, refused = await days.come(tx, opened, "closed_on", "follow_up.in_future")
    await records.refuse(tx, [*refused, *((m, found) for m, row in here if (found := _objections(m.event, row)))])
    good = [(m, row) for m, row in here if not _objections(m.event, row)]
    await tx.execute(
        store.CLOSE_FOLLOW_UPS, [row["follow_up_id"] for _, row in good], [m.event.closed_on for m, _ in good],
        [m.event.outcome for m, _ in good],
    )  # fmt: skip
    await outbox.append(tx, [m.leads_to(_closed(m.event, row)) for m, row in good])
    following = [(m, event) for m, row in good if (event := _next(m.event, row))]
    if following:
        await _store(tx, following)


def _next(event: clinics.FollowUpClosed, row: Any) -> FollowUpOpened | None:
    held = rules.in_force(event.closed_on)
    one = rules.after(held, row["reason"], confirmed=event.diagnosis == "confirmed")
    return _opened(row, held, one, event.closed_on) if one else None


def _objections(event: clinics.FollowUpClosed, row: Any) -> list[Problem]:
    found = []
    if event.clinic_id != row["clinic_id"]:
        found.append(model.problem("record.other_clinic", "clinic_id"))
    if event.visit_id != row["visit_id"]:
        found.append(model.problem("follow_up.other_visit", "visit_id"))
    if event.closed_on < row["day"]:
        found.append(model.problem("follow_up.before_visit", "closed_on"))
    if not event.outcome.strip():
        found.append(model.problem("follow_up.outcome_missing", "outcome"))
    if event.diagnosis is not None and row["kind"] != "occupational_disease_suspected":
        found.append(model.problem("follow_up.no_suspicion", "diagnosis"))
    if row["closed_on"] is not None:
        found.append(model.problem("follow_up.closed", "follow_up_id"))
    return found


def _closed(event: clinics.FollowUpClosed, row: Any) -> FollowUpClosed:
    return FollowUpClosed(
        follow_up_id=row["follow_up_id"],
        visit_id=row["visit_id"],
        worker_id=row["worker_id"],
        unit_id=row["unit_id"],
        campaign_id=row["campaign_id"],
        closed_on=event.closed_on,
        outcome=event.outcome,
    )
