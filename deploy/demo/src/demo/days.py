"""Business days, started one by one; nobody goes on before the services say that the day's work is done."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from time import monotonic
from typing import Any

from contracts import operations
from demo import agreement
from demo.edge import EdgeError
from demo.world import World

PATIENCE_SECONDS = 300
NOT_FOUND = 404


async def start(world: World, day: date) -> None:
    """Start a day, wait until it is swept and counted and no plan is being computed, then approve what is proposed."""
    receipts = await world.operations.say([operations.DaySimulated(day=day)])
    await world.operations.answered(receipts)
    world.today = day
    await until(lambda: _settled(world, day), f"the work of {day}")
    for plan in await plans(world, "proposed"):
        await agreement.approve_plan(world, plan)
        await until(lambda plan=plan: _is_published(world, plan["plan_id"]), "the plan's publication")  # type: ignore[misc]


async def _settled(world: World, day: date) -> bool:
    state = await world.operations.get("/day")
    done = all(state[work] is not None and date.fromisoformat(state[work]) >= day for work in ("swept", "counted"))
    return done and not state["planning"]


async def _is_published(world: World, plan_id: str) -> bool:
    return any(plan["plan_id"] == plan_id for plan in await plans(world, "published"))


async def plans(world: World, state: str) -> list[dict[str, Any]]:
    """The campaign's plans in a state; none before anybody has proposed it."""
    try:
        listed: list[dict[str, Any]] = await world.authority.get(f"/campaigns/{world.campaign_id}/plans", state=state)
    except EdgeError as error:
        if error.status != NOT_FOUND:
            raise
        return []
    return listed


async def until(is_so: Callable[[], Awaitable[bool]], what: str, *, within: float = PATIENCE_SECONDS) -> None:
    """Look again and again until something is so; an EdgeError if it never becomes so."""
    deadline, pause = monotonic() + within, 0.02
    while not await is_so():
        if monotonic() > deadline:
            raise EdgeError(f"waited {within:.0f} s in vain for {what}")
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def between(first: date, last: date) -> list[date]:
    """Every day from the first to the last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
