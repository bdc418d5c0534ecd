"""Who counts in a campaign: fixed once every unit's rosters are closed and all its due checks have arrived."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from contracts.coordination import DayStarted, ScopeFrozen, UnitDenominator
from contracts.registry import RosterClosed
from contracts.scheduling import DemandDeclared, HealthCheckBecameDue
from coordination import store
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction


async def close_rosters(tx: Transaction, batch: Batch[RosterClosed]) -> None:
    """Note units whose rosters are closed; freezing waits for their demand even past its day."""
    known = await _of_opened_campaigns(tx, batch)
    units = [m.event.campaign_id for m in known], [m.event.unit_id for m in known]
    await tx.execute(store.LOCK_OPENED, units[0])
    await tx.execute(store.CLOSE_ROSTERS, *units)


async def declare_demand(tx: Transaction, batch: Batch[DemandDeclared]) -> None:
    """Note how many checks of a unit are due, and freeze the campaign if that was the last word needed."""
    events = [message.event for message in await _of_opened_campaigns(tx, batch)]
    units = [e.campaign_id for e in events], [e.unit_id for e in events]
    await tx.execute(store.LOCK_OPENED, units[0])
    await tx.execute(store.DECLARE_DEMAND, *units, [e.workers for e in events], [e.due for e in events])
    await complete(tx, batch)


async def complete(tx: Transaction, batch: Batch[DemandDeclared] | Batch[HealthCheckBecameDue]) -> None:
    """Complete the units of a batch whose due checks have all arrived; freeze campaigns with no unit left open."""
    units = [e.campaign_id for e in batch.events], [e.unit_id for e in batch.events]
    await tx.execute(store.LOCK_OPENED, units[0])
    touched = await tx.fetch(store.COMPLETE_UNITS, *units)
    campaigns = {row["campaign_id"] for row in touched}
    if campaigns:
        today = await tx.fetchval(store.DAY, "VN")
        await _freeze(tx, sorted(campaigns), None, today or date.min, batch.refs[-1:])


async def freeze_missing(tx: Transaction, message: Message[DayStarted]) -> None:
    """Past the roster day a campaign is frozen without the units that never closed their rosters."""
    await _freeze(tx, None, message.event.day, message.event.day, [message.ref])


async def _freeze(
    tx: Transaction, campaigns: Sequence[UUID] | None, deadline: date | None, today: date, causes: list[str]
) -> None:
    for row in await tx.fetch(store.LOCK_FREEZABLE, campaigns, deadline):
        campaign_id = row["campaign_id"]
        await tx.execute(store.FREEZE_CAMPAIGN, campaign_id)
        await tx.execute(store.FREEZE_UNITS, campaign_id)
        units = await tx.fetch(store.DENOMINATORS, campaign_id)
        await tx.execute(store.MARK_CHANGED, [campaign_id])
        frozen = ScopeFrozen(
            campaign_id=campaign_id,
            on_day=today,
            tree_as_of=row["tree_as_of"],
            units=[UnitDenominator(**_denominator(unit)) for unit in units if unit["in_scope"]],
            missing_unit_ids=[unit["unit_id"] for unit in units if not unit["in_scope"]],
        )
        await outbox.append(tx, [outbox.because_of(causes, frozen)])


def _denominator(unit: Any) -> dict[str, Any]:
    return {"unit_id": unit["unit_id"], "workers": unit["workers"], "due": unit["due"]}


async def _of_opened_campaigns(tx: Transaction, batch: Batch[Any]) -> list[Message[Any]]:
    """The messages of campaigns that are open here; those of others wait for their opening."""
    rows = await tx.fetch(store.KNOWN_CAMPAIGNS, [event.campaign_id for event in batch.events])
    opened = {row["campaign_id"] for row in rows}
    early = [message for message in batch if message.event.campaign_id not in opened]
    await waiting.hold(tx, early, "campaign", [message.event.campaign_id for message in early])
    return [message for message in batch if message.event.campaign_id in opened]
