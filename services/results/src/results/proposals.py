"""The class that the rules propose from what the desks found."""

from collections.abc import Mapping
from json import loads
from typing import Any
from uuid import UUID

from contracts.fields import Problem
from contracts.results import ClassProposed, IndexClass
from results import model, store
from results.classification import escalations, rule_sets, sections
from results.classification.model import ProposedClass
from results.classification.proposal import propose
from results.classification.validation import check
from shared.database import Transaction


async def records_of(tx: Transaction, visit_ids: list[UUID]) -> dict[UUID, model.Records]:
    """Every visit's records, merged in the order they were made."""
    merged: dict[UUID, model.Records] = {visit_id: model.Records() for visit_id in visit_ids}
    for row in await tx.fetch(store.RECORDS_OF, visit_ids):
        findings = loads(row["findings"])
        merged[row["visit_id"]].add(row["station"], findings, row["source"], answered=row["answered"])
    return merged


def classify(visit: Mapping[str, Any], records: model.Records, tumour_class: int | None) -> ProposedClass:
    """The proposal for a visit by the rule set in force on its day."""
    age = model.age_on(visit["day"], visit["born"])
    examination = sections.merge(records.sections, visit["sex"], age, tumour_class=tumour_class)
    return propose(examination, rule_sets.in_force(visit["day"]))


def proposed(visit: Mapping[str, Any], records: model.Records) -> ClassProposed:
    """The event that tells the clinic what the rules propose, and why."""
    now = classify(visit, records, None)
    others = [one.health_class for one in now.indices if one.index != "tumour"]
    known = [rank for rank in others if rank is not None]
    stated = [problem for station, found in records.sections.items() for problem in check(station, found)]
    return ClassProposed(
        visit_id=visit["visit_id"],
        clinic_id=visit["clinic_id"],
        proposed=now.overall,
        why_not=now.why_not.vi if now.why_not else None,
        if_no_tumour=max(known) if len(known) == len(others) else None,
        indices=[_index(one) for one in now.indices],
        rule_set=now.rule_set_version,
        explanation_vi=[text.vi for text in now.explanation],
        explanation_en=[text.en for text in now.explanation],
        warnings=[
            Problem(code=p.code, field=p.field, message_vi=p.vi, message_en=p.en) for p in (*stated, *now.warnings)
        ],
        escalations=pressing(escalations.in_force(visit["day"]), records),
        answers=records.unanswered,
    )


def pressing(rules: escalations.RuleSet, records: model.Records) -> list[Problem]:
    """What a visit's records ask for today, as events carry it."""
    found = escalations.escalations(rules, records.sections)
    return [Problem(code=one.code, message_vi=one.text.vi, message_en=one.text.en) for one in found]


def _index(one: Any) -> IndexClass:
    return IndexClass(
        index=one.index,
        value=one.health_class,
        criteria=[criterion.code for criterion in one.criteria],
        tolerance=one.tolerance,
    )
