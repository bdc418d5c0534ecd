"""What messages of a batch want of the floor, of whatever kinds they are: one floor for all, one order of locks."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import date
from itertools import chain
from typing import Any

from contracts import unions
from contracts import workers as worker_events
from contracts.base import Event
from contracts.clinics import AttendanceRecorded
from contracts.registry import WorkerChanged, WorkerRegistered
from contracts.results import VisitConcluded
from scheduling import attendances, bookings, demand_store, leavings, merges, refusals, seating, workers
from scheduling.seating import Locked, Turn
from shared.consuming import Batch, Message
from shared.database import Transaction
from shared.waves import waves

Prepare = Callable[[Transaction, Sequence[Message[Any]], date], Awaitable[Turn]]

# In the order in which they are prepared: who locks nobody, who locks units, who locks workers. What is said of
# somebody who is registered in the same batch so finds them unknown, and waits for them until all turns were taken.
KINDS: dict[type[Event], Prepare] = {
    AttendanceRecorded: attendances.record,
    unions.BookingRequested: bookings.book,
    worker_events.BookingRequested: bookings.book,
    unions.MoveRequested: bookings.move,
    worker_events.MoveRequested: bookings.move,
    unions.AbsenceReported: leavings.absent,
    unions.RefusalReported: refusals.refuse,
    worker_events.RefusalReported: refusals.refuse,
    unions.RefusalWithdrawn: refusals.withdraw,
    worker_events.RefusalWithdrawn: refusals.withdraw,
    WorkerRegistered: workers.register,
    WorkerChanged: workers.register,
    VisitConcluded: attendances.conclude,
}


async def play(tx: Transaction, batch: Batch[Any]) -> None:
    """Prepare the turns of all kinds, lock for all, look, decide in the order of each key, write, follow up."""
    today = await demand_store.today(tx)
    turns: dict[Prepare, Turn] = {}
    for prepare in dict.fromkeys(KINDS.values()):
        messages = [message for message in batch if KINDS[type(message.event)] is prepare]
        if messages:
            turns[prepare] = await prepare(tx, messages, today)
    locked = await _lock(tx, turns.values())
    for turn in turns.values():
        if turn.look is not None:
            await turn.look()
    floor = await seating.see(tx, locked, today)
    deciding = {message for turn in turns.values() if turn.take for message in turn.messages}
    for wave in waves(message for message in batch if message in deciding):
        take = turns[KINDS[type(wave[0].event)]].take
        if take is not None:
            take(floor, wave)
    await seating.settle(tx, floor)
    await merges.join_checks_of(tx, dict(chain.from_iterable(turn.joins.items() for turn in turns.values())))
    for turn in turns.values():
        if turn.follow is not None:
            await turn.follow()


async def _lock(tx: Transaction, turns: Collection[Turn]) -> Locked:
    """Whatever any of the turns wants, in one order."""
    return await seating.lock(
        tx,
        {session_id for turn in turns for session_id in turn.sessions},
        {check_id for turn in turns for check_id in turn.checks},
        held={check_id for turn in turns for check_id in turn.held},
        promotes=any(turn.promotes for turn in turns),
    )
