"""Visits as their appointments announce them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from contracts.appointments import Appointment
from results import store
from shared import waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

E = TypeVar("E", bound=Any)


async def expect(tx: Transaction, appointments: Sequence[Appointment]) -> None:
    """Know who is examined where, and hear the records that came before; a concluded visit stays as it was."""
    visit_ids = [a.appointment_id for a in appointments]
    await tx.execute(
        store.PUT_VISITS,
        visit_ids,
        [a.worker_id for a in appointments],
        [a.unit_id for a in appointments],
        [a.campaign_id for a in appointments],
        [a.clinic_id for a in appointments],
        [a.day for a in appointments],
        [" ".join(a.stations) for a in appointments],
    )
    await waiting.release(tx, "visit", visit_ids)


async def lock(tx: Transaction, batch: Batch[E]) -> list[tuple[Message[E], Any]]:
    """Each message with its visit and worker, locked; messages of unknown visits or workers wait for them."""
    rows = {row["visit_id"]: row for row in await tx.fetch(store.LOCK_VISITS, [e.visit_id for e in batch.events])}
    unknown = [m for m in batch if m.event.visit_id not in rows]
    await waiting.hold(tx, unknown, "visit", [m.event.visit_id for m in unknown])
    known = [(m, rows[m.event.visit_id]) for m in batch if m.event.visit_id in rows]
    faceless = [(m, row) for m, row in known if row["sex"] is None]
    await waiting.hold(tx, [m for m, _ in faceless], "worker", [row["worker_id"] for _, row in faceless])
    return [(m, row) for m, row in known if row["sex"] is not None]
