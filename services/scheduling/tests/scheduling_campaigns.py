"""Campaigns under way on scheduling's tables, and what was said of them."""

import asyncio
from typing import Any

from scheduling_builders import (
    a_campaign,
    a_line,
    a_permit,
    a_unit,
    day_started,
    rosters_closed,
    scope_frozen,
    workers,
)

from contracts.appointments import RequestAnswered
from contracts.clinics import SessionOffered
from contracts.plans import PlanExplained, PlanProposed
from scheduling.consumers import consumer
from scheduling.plan_runner import PlanRunner
from scheduling.settings import Settings
from shared.database import Database
from shared.testing import Deliver


def of(kind: type[Any], events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def outcomes(events: list[Any]) -> list[str]:
    return [answer.outcome for answer in of(RequestAnswered, events)]


def codes(events: list[Any]) -> list[str]:
    return [problem.code for event in events for problem in getattr(event, "problems", ())]


async def a_campaign_under_way(
    database: Database, deliver: Deliver, sessions: list[SessionOffered], *, people: int = 3, **line: Any
) -> None:
    await deliver(
        consumer,
        database,
        [a_campaign(), a_unit(), a_line(**line), *workers(people), rosters_closed(people), day_started(), a_permit()],
    )
    await deliver(consumer, database, sessions)


async def a_campaign_with(
    database: Database, deliver: Deliver, people: int, *sessions: SessionOffered, **line: Any
) -> None:
    """Its scope is frozen, so that its first plan is asked for."""
    await a_campaign_under_way(database, deliver, list(sessions), people=people, **line)
    await deliver(consumer, database, [scope_frozen()])


async def planned(database: Database) -> tuple[PlanProposed, list[PlanExplained]]:
    """Let the runner compute what is asked for; what it said."""
    settings = Settings(database_url="", kafka_bootstrap_servers="", plan_seconds=1.0, plan_poll_seconds=0.05)
    assert await PlanRunner(settings).run_next(database, asyncio.Event())
    rows = await database.pool.fetch(
        "SELECT type, value FROM (SELECT convert_from(value, 'UTF8') AS text, value, headers::text AS type, position "
        "FROM outbox WHERE topic LIKE 'scheduling.plan%') AS said ORDER BY position"
    )
    explained = [PlanExplained.model_validate_json(r["value"]) for r in rows if "plan.explained" in r["type"]]
    (*_, last) = [PlanProposed.model_validate_json(r["value"]) for r in rows if "plan.proposed" in r["type"]]
    return last, [part for part in explained if part.plan_id == last.plan_id]


async def runs(database: Database) -> list[tuple[str, str]]:
    rows = await database.pool.fetch("SELECT kind, state FROM plan_runs ORDER BY asked_at, plan_id")
    return [(row["kind"], row["state"]) for row in rows]
