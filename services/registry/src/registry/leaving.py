"""Leavers: nobody leaves by being missing from a list; a person of the unit confirms it."""

from datetime import datetime

from contracts.registry import DeclarationRefused, LeavingRecorded
from contracts.unions import LeavingConfirmed
from registry import authority, organisations, workers
from registry.problems import problem
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction


async def record(tx: Transaction, batch: Batch[LeavingConfirmed], *, now: datetime) -> None:
    """End the employments that are confirmed to have ended; one of an unknown unit waits for the unit."""
    units = [event.unit_id for event in batch.events]
    unknown = await organisations.get_unknown(tx, units)
    paths = await authority.paths(tx, units, await authority.today(tx, now))
    for message in batch:
        if message.event.unit_id in unknown:
            await waiting.hold(tx, [message], "organisation", [message.event.unit_id])
        elif paths.allow(message.party, message.event.unit_id):
            await _record(tx, message)
        else:
            problems = [problem("organisation.outside_subtree", "unit_id")]
            refused = DeclarationRefused(subject_id=message.event.unit_id, problems=problems)
            await outbox.append(tx, [message.leads_to(refused)])


async def _record(tx: Transaction, message: Message[LeavingConfirmed]) -> None:
    confirmed = message.event
    known = await workers.lock_members(tx, confirmed.worker_ids)
    of_unit = {id_: left_on for id_, (unit_id, left_on) in known.items() if unit_id == confirmed.unit_id}
    leavers = [(id_, confirmed.unit_id, confirmed.left_on) for id_, left_on in of_unit.items() if left_on is None]
    await workers.leave(tx, leavers, message.leads_to)
    recorded = LeavingRecorded(
        unit_id=confirmed.unit_id,
        left=len(leavers),
        already_left=len(of_unit) - len(leavers),
        unknown=len(set(confirmed.worker_ids)) - len(of_unit),
    )
    await outbox.append(tx, [message.leads_to(recorded)])
