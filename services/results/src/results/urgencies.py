"""Findings that cannot wait for the conclusion, told as soon as a record brings them."""

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.results import FindingEscalated
from results import proposals, store
from results.classification import escalations
from shared import outbox
from shared.consuming import Message
from shared.database import Transaction

Recorded = tuple[Message[Any], Any, Mapping[str, Any]]
"""A desk's or laboratory's message, its visit (locked), and what it found."""


async def tell(tx: Transaction, recorded: Sequence[Recorded]) -> None:
    """Say what these records ask for today, each finding of a visit once; most records ask for nothing."""
    pressing = [
        (message, visit)
        for message, visit, findings in recorded
        if escalations.may_press(escalations.in_force(visit["day"]), message.event.station, findings)
    ]
    if not pressing:
        return
    merged = await proposals.records_of(tx, [visit["visit_id"] for _, visit in pressing])
    told: list[tuple[Message[Any], FindingEscalated]] = []
    for message, visit in pressing:
        rules = escalations.in_force(visit["day"])
        found = proposals.pressing(rules, merged[visit["visit_id"]])
        new = [one for one in found if one.code not in visit["escalated"]]
        if new:
            event = FindingEscalated(
                visit_id=visit["visit_id"],
                clinic_id=visit["clinic_id"],
                station=message.event.station,
                rule_set=rules.version,
                escalations=new,
            )
            told.append((message, event))
    codes = [" ".join(one.code for one in event.escalations) for _, event in told]
    await tx.execute(store.NOTE_ESCALATED, [event.visit_id for _, event in told], codes)
    await outbox.append(tx, [message.leads_to(event) for message, event in told])
