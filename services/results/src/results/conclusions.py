"""The concluding doctor's word: official, immutable, corrected only by a new version."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts import clinics
from contracts.fields import Problem
from contracts.results import ExaminationAmended, ExaminationConcluded, FitnessStated, VisitConcluded
from results import days, follow_ups, model, proposals, records, store, visits
from results.classification import sections
from shared import outbox
from shared.consuming import Batch, Message
from shared.database import Transaction
from shared.outbox import Outgoing

IN_FUTURE = "conclusion.in_future"


@dataclass(frozen=True, slots=True)
class Decision:
    """A conclusion in one version, with the visit and the records behind it; `signed_on` is the first version's day."""

    message: Message[Any]
    visit: Any
    records: model.Records
    version: int
    concluded_on: date
    signed_on: date
    proposed_class: int | None
    tumour_class: int
    rule_set: str
    reason: str | None


async def conclude(tx: Transaction, batch: Batch[clinics.ExaminationConcluded]) -> None:
    """Make a class official; refused while stations are missing, or when it differs from the rules without a reason."""
    locked, refused = await days.come(tx, await visits.lock(tx, batch), "concluded_on", IN_FUTURE)
    merged = await proposals.records_of(tx, [visit["visit_id"] for _, visit in locked])
    decisions = []
    for message, visit in locked:
        decision = _decide(message, visit, merged[visit["visit_id"]])
        problems = _objections(decision)
        if problems:
            refused.append((message, problems))
        else:
            decisions.append(decision)
    await records.refuse(tx, refused)
    await _store(tx, decisions)


def _decide(message: Message[clinics.ExaminationConcluded], visit: Any, found: model.Records) -> Decision:
    event = message.event
    rules = proposals.classify(visit, found, event.tumour_class)
    return Decision(
        message, visit, found, visit["version"] + 1, event.concluded_on, event.concluded_on, rules.overall,
        event.tumour_class, rules.rule_set_version, event.override_reason,
    )  # fmt: skip


def _objections(decision: Decision) -> list[Problem]:
    event, visit = decision.message.event, decision.visit
    found = []
    if event.clinic_id != visit["clinic_id"]:
        found.append(model.problem("record.other_clinic", "clinic_id"))
    if visit["version"]:
        found.append(model.problem("record.concluded", "visit_id"))
    if event.concluded_on < visit["day"]:
        found.append(model.problem("conclusion.before_visit", "concluded_on"))
    missing = sections.missing(visit["stations"], decision.records.received)
    if missing:
        found.append(model.problem("examination.incomplete", " ".join(missing)))
    elif decision.proposed_class != event.final_class and not event.override_reason:
        found.append(model.problem("conclusion.reason_missing", "override_reason"))
    return found


async def amend(tx: Transaction, batch: Batch[clinics.ExaminationAmended]) -> None:
    """State a new version of a signed conclusion; whoever acted on the old one is told again."""
    locked, refused = await days.come(tx, await visits.lock(tx, batch), "amended_on", IN_FUTURE)
    visit_ids = [visit["visit_id"] for _, visit in locked]
    last = {row["visit_id"]: row for row in await tx.fetch(store.LAST_CONCLUSIONS, visit_ids)}
    merged = await proposals.records_of(tx, visit_ids)
    decisions = []
    for message, visit in locked:
        corrected = last.get(visit["visit_id"])
        problems = _amendment_objections(message.event, visit, corrected)
        if corrected is None or problems:
            refused.append((message, problems))
        else:
            decisions.append(_correct(message, visit, merged[visit["visit_id"]], corrected))
    await records.refuse(tx, refused)
    await _store(tx, decisions)


def _correct(
    message: Message[clinics.ExaminationAmended], visit: Any, found: model.Records, corrected: Any
) -> Decision:
    event = message.event
    return Decision(
        message, visit, found, visit["version"] + 1, event.amended_on, corrected["first_signed_on"],
        corrected["proposed_class"], corrected["tumour_class"], corrected["rule_set"], event.reason,
    )  # fmt: skip


def _amendment_objections(event: clinics.ExaminationAmended, visit: Any, corrected: Any | None) -> list[Problem]:
    found = []
    if event.clinic_id != visit["clinic_id"]:
        found.append(model.problem("record.other_clinic", "clinic_id"))
    if corrected is None:
        found.append(model.problem("examination.not_concluded"))
    elif event.amended_on < corrected["concluded_on"]:
        found.append(model.problem("amendment.before_conclusion", "amended_on"))
    if not event.reason.strip():
        found.append(model.problem("amendment.reason_missing", "reason"))
    return found


async def _store(tx: Transaction, decisions: Sequence[Decision]) -> None:
    """Keep the versions and say them: in full to the clinic, as a fact to all, as class to the employer."""
    if not decisions:
        return
    events = [d.message.event for d in decisions]
    visit_ids, versions = [d.visit["visit_id"] for d in decisions], [d.version for d in decisions]
    await tx.execute(
        store.ADD_CONCLUSIONS, visit_ids, versions, [d.concluded_on for d in decisions],
        [e.doctor_licence for e in events], [d.proposed_class for d in decisions], [e.final_class for e in events],
        [d.tumour_class for d in decisions], [";".join(e.diseases) for e in events],
        [";".join(e.restrictions) for e in events], [d.reason for d in decisions], [d.rule_set for d in decisions],
    )  # fmt: skip
    await tx.execute(store.SET_VERSIONS, visit_ids, versions)
    await outbox.append(tx, [event for d in decisions for event in _said(d)])
    await follow_ups.open_for(
        tx, [(d.message, d.visit, d.concluded_on, d.records.sections, d.message.event.final_class) for d in decisions]
    )


def _said(decision: Decision) -> list[Outgoing]:
    message, visit, event = decision.message, decision.visit, decision.message.event
    whose = {name: visit[name] for name in ("visit_id", "worker_id", "unit_id", "campaign_id")}
    full = {
        **whose,
        "clinic_id": visit["clinic_id"],
        "version": decision.version,
        "concluded_on": decision.concluded_on,
        "proposed_class": decision.proposed_class,
        "final_class": event.final_class,
        "diseases": event.diseases,
        "restrictions": event.restrictions,
        "rule_set": decision.rule_set,
    }
    conclusion = (
        ExaminationConcluded(**full, override_reason=decision.reason)
        if decision.version == 1
        else ExaminationAmended(**full, reason=decision.reason or "")
    )
    fact = VisitConcluded(
        **whose,
        concluded_on=decision.concluded_on,
        valid_until=model.valid_until(decision.signed_on),
        version=decision.version,
    )
    fitness = FitnessStated(
        **whose,
        employer_id=visit["employer_id"],
        final_class=event.final_class,
        restrictions=event.restrictions,
        version=decision.version,
    )
    return [message.leads_to(conclusion), message.leads_to(fact), message.leads_to(fitness)]
