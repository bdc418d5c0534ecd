"""The business date: the latest day that coordination started, and how far the services have come with its work."""

from datetime import date
from typing import Any

from contracts.coordination import DayCounted, DayStarted
from contracts.plans import PlanAbandoned, PlanAsked, PlanProposed, PlanWithdrawn
from contracts.scheduling import DaySwept
from gateway.read_models.records import Reader
from shared.consuming import Batch
from shared.database import Transaction

RECORD = """
INSERT INTO days (day, simulated, started_at)
SELECT * FROM unnest($1::date[], $2::boolean[], $3::timestamptz[]) ON CONFLICT (day) DO NOTHING
"""
CURRENT = "SELECT max(day) AS day FROM days"
DONE = """
INSERT INTO days_done (work, day) VALUES ($1, $2)
ON CONFLICT (work) DO UPDATE SET day = greatest(days_done.day, excluded.day)
"""
PLANNING = """
INSERT INTO plans_asked_for (plan_id, campaign_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING
"""
PLANNED = """
INSERT INTO plans_asked_for (plan_id, campaign_id, settled) SELECT *, true FROM unnest($1::uuid[], $2::uuid[])
ON CONFLICT (plan_id) DO UPDATE SET settled = true, campaign_id = excluded.campaign_id
"""
STATE = """
SELECT (SELECT max(day) FROM days) AS day,
       (SELECT day FROM days_done WHERE work = 'swept') AS swept,
       (SELECT day FROM days_done WHERE work = 'counted') AS counted,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('plan_id', plan_id, 'campaign_id', campaign_id) ORDER BY plan_id),
                        '[]') FROM plans_asked_for WHERE NOT settled) AS planning
"""


async def record(tx: Transaction, batch: Batch[DayStarted]) -> None:
    """Remember the days that began."""
    days = [(message.event.day, message.event.simulated, message.time) for message in batch]
    await tx.execute(RECORD, *map(list, zip(*days, strict=True)))


async def sweep(tx: Transaction, batch: Batch[DaySwept]) -> None:
    """Remember that scheduling did a day's work, and which plans it had computed for it."""
    for event in batch.events:
        await tx.execute(PLANNING, event.planning, event.campaign_ids)
        await tx.execute(DONE, "swept", event.day)


async def count(tx: Transaction, batch: Batch[DayCounted]) -> None:
    """Remember that coordination did a day's work."""
    for event in batch.events:
        await tx.execute(DONE, "counted", event.day)


async def ask(tx: Transaction, batch: Batch[PlanAsked]) -> None:
    """Remember which plans are being computed; one that is settled already stays so."""
    await tx.execute(PLANNING, [e.plan_id for e in batch.events], [e.campaign_id for e in batch.events])


async def settle_plans(
    tx: Transaction, batch: Batch[PlanProposed] | Batch[PlanAbandoned] | Batch[PlanWithdrawn]
) -> None:
    """Plans that are proposed or given up are not waited for; either may come before the day that names them."""
    plans = {event.plan_id: event.campaign_id for event in batch.events}
    await tx.execute(PLANNED, list(plans), list(plans.values()))


async def current(db: Reader) -> date | None:
    """The business date, or None before the first day."""
    day: date | None = await db.fetchval(CURRENT)
    return day


async def state(db: Reader) -> dict[str, Any]:
    """The business date, up to which day each work is done, and the plans being computed with their campaigns."""
    (row,) = await db.fetch(STATE)
    return dict(row)
