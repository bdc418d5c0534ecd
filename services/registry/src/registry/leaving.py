"""Leavers: nobody leaves by being missing from a list; a person of the unit confirms it.

Whoever works elsewhere as well does not leave: they count there from then on.
"""

from datetime import date, datetime

from contracts.registry import DeclarationRefused, LeavingRecorded
from contracts.unions import LeavingConfirmed
from registry import authority, employment_store, employments, exposures, field_changes, organisations, workers
from registry.employments import pair_of
from registry.problems import problem
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction


async def record(tx: Transaction, batch: Batch[LeavingConfirmed], *, now: datetime) -> None:
    """End the employments that are confirmed to have ended; one of an unknown unit waits for the unit."""
    units = [event.unit_id for event in batch.events]
    unknown = await organisations.get_unknown(tx, units)
    today = await authority.today(tx, now)
    paths = await authority.paths(tx, units, today)
    for message in batch:
        if message.event.unit_id in unknown:
            await waiting.hold(tx, [message], "organisation", [message.event.unit_id])
        elif paths.allow(message.party, message.event.unit_id):
            await _record(tx, message, today)
        else:
            problems = [problem("organisation.outside_subtree", "unit_id")]
            refused = DeclarationRefused(subject_id=message.event.unit_id, problems=problems)
            await outbox.append(tx, [message.leads_to(refused)])


async def _record(tx: Transaction, message: Message[LeavingConfirmed], today: date) -> None:
    confirmed = message.event
    await tx.execute(workers.LOCK)
    known = await employment_store.lock(tx, confirmed.worker_ids)
    already = [id_ for id_, (had, left_on) in known.items() if left_on and had[0].unit_id == confirmed.unit_id]
    had = {id_: had for id_, (had, left_on) in known.items() if left_on is None}
    left = {id_: employments.without(had[id_], confirmed.unit_id, confirmed.employer_id) for id_ in had}
    leaving = [id_ for id_ in had if len(left[id_]) < len(had[id_])]
    await workers.leave(tx, {id_: had[id_] for id_ in leaving if not left[id_]}, confirmed.left_on, message.leads_to)
    await field_changes.note_left(tx, confirmed.unit_id, confirmed.employer_id, leaving)
    staying = [id_ for id_ in leaving if left[id_]]
    ended = [(id_, facts) for id_ in staying for facts in had[id_] if facts not in left[id_]]
    await employment_store.end(tx, [(id_, *pair_of(facts), confirmed.left_on) for id_, facts in ended])
    await employment_store.count_by(tx, {id_: left[id_][0] for id_ in staying if left[id_][0] != had[id_][0]})
    await exposures.tell(tx, staying, today, message.leads_to)
    recorded = LeavingRecorded(
        unit_id=confirmed.unit_id,
        left=len(leaving),
        already_left=len(already),
        unknown=len(set(confirmed.worker_ids)) - len(leaving) - len(already),
    )
    await outbox.append(tx, [message.leads_to(recorded)])
