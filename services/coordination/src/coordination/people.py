"""What is known of each person in a campaign; facts may arrive in any order, each fills columns of its own."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar

from contracts import appointments, registry, results, scheduling
from coordination import store
from shared.database import Transaction

Placed = appointments.AppointmentMade | appointments.AppointmentMoved
E = TypeVar("E", bound=appointments.AppointmentCancelled | Placed | results.VisitConcluded)


async def become_due(tx: Transaction, events: Sequence[scheduling.HealthCheckBecameDue]) -> None:
    """A check is due: the person belongs to the campaign, in scope or as a late joiner; who came back has not left."""
    await tx.execute(
        store.PEOPLE_DUE, *_who(events), [e.health_check_id for e in events], [e.late_joiner for e in events]
    )  # fmt: skip
    await _mark(tx, events)


async def end(tx: Transaction, events: Sequence[scheduling.HealthCheckWithdrawn]) -> None:
    """The check ended without a visit: the worker left or refused."""
    await tx.execute(store.PEOPLE_ENDED, *_who(events), [e.reason for e in events])
    await _mark(tx, events)


async def plan(tx: Transaction, events: Sequence[Placed]) -> None:
    """The person has a day; moved, another."""
    await _place(tx, events, [e.day for e in events])


async def unplan(tx: Transaction, events: Sequence[appointments.AppointmentCancelled]) -> None:
    """This appointment is off; another of the person's may stand."""
    await _place(tx, events, [None for _ in events])


async def _place(
    tx: Transaction, events: Sequence[Placed | appointments.AppointmentCancelled], days: Sequence[date | None]
) -> None:
    campaigns, workers, units = _who(_last_of_each(events))
    await tx.execute(store.LOCK_PLANNED, campaigns, workers, units)
    of_each = [e.appointment_id for e in events], [e.campaign_id for e in events], [e.worker_id for e in events]
    await tx.execute(store.PUT_PLANNED_DAYS, *of_each, days)
    await tx.execute(store.PEOPLE_PLANNED, campaigns, workers)


async def visit(tx: Transaction, events: Sequence[appointments.AppointmentKept]) -> None:
    """The person came: one more visit (lượt)."""
    await tx.execute(store.PEOPLE_VISITED, *_who(events))
    await _mark(tx, events)


async def miss(tx: Transaction, events: Sequence[appointments.AppointmentMissed]) -> None:
    """The person did not come."""
    await tx.execute(store.PEOPLE_MISSED, *_who(events))
    await _mark(tx, events)


async def examine(tx: Transaction, events: Sequence[results.VisitConcluded]) -> None:
    """The check was concluded: the person is examined (người), however often a conclusion is amended."""
    events = _last_of_each(events)
    await tx.execute(store.PEOPLE_EXAMINED, *_who(events), [e.concluded_on for e in events])
    await _mark(tx, events)


async def stand(tx: Transaction, turns: Sequence[registry.WorkerMerged] | Sequence[registry.WorkerMergeUndone]) -> None:
    """Count these workers with who stands for them: a person counts once."""
    workers = [turn.worker_id for turn in turns]
    await tx.execute(store.PUT_TURNS, workers, [t.stand_in for t in turns], [t.version for t in turns])
    await tx.execute(store.MARK_PERSONS_CHANGED, workers)


def _who(events: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    """Campaigns, workers and units of a batch."""
    return [e.campaign_id for e in events], [e.worker_id for e in events], [e.unit_id for e in events]


def _last_of_each(events: Sequence[E]) -> list[E]:
    """One event a person, the last: distinct appointments of a person may meet in one batch."""
    return list({(e.campaign_id, e.worker_id): e for e in events}.values())


async def _mark(tx: Transaction, events: Sequence[Any]) -> None:
    await tx.execute(store.MARK_CHANGED, [e.campaign_id for e in events])
