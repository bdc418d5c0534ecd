"""The business day and the scope of campaigns: what their turns set in motion."""

from datetime import date, timedelta
from uuid import UUID

import structlog

from contracts.coordination import CampaignOpened, DayStarted, ScopeFrozen
from contracts.scheduling import DaySwept
from scheduling import appointment_store, attendances, demand_store, make_ups, plan_store, plans, seating, terms
from scheduling.floor import Floor, refused
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

log = structlog.get_logger(__name__)

REPORTING_DAYS = 2
PLANNED_AHEAD = timedelta(days=180)


async def start(tx: Transaction, batch: Batch[DayStarted]) -> None:
    """Miss what nobody reported, end and serve wait-lists, and ask for the plans that are needed."""
    for message in batch:
        day = message.event.day
        before = await demand_store.today(tx)
        if not await demand_store.advance_today(tx, day):
            continue
        _warn_of_unknown_holidays((day + PLANNED_AHEAD).year)
        missed = await _turn_to(tx, message, day)
        await plans.expire(tx, day, message.leads_to)
        await plans.ask(tx, day, [message.ref])
        await make_ups.propose(tx, day, message.leads_to)
        under_way = await plan_store.being_computed(tx)
        swept = DaySwept(
            day=day, calendar=message.event.calendar, missed=missed, planning=list(under_way),
            campaign_ids=list(under_way.values()),
        )  # fmt: skip
        await outbox.append(tx, [message.leads_to(swept)])
        await waiting.release(tx, "day", _days_between(before, day))


def _warn_of_unknown_holidays(year: int) -> None:
    if not terms.has_holidays_of(year):
        log.warning("holidays not announced", year=year, file="terms.toml")


def _days_between(before: date, day: date) -> list[date]:
    """The days after one up to another, at most a year of them."""
    first = max(before, day - timedelta(days=366)) + timedelta(days=1)
    return [first + timedelta(days=n) for n in range((day - first).days + 1)]


async def _turn_to(tx: Transaction, message: Message[DayStarted], today: date) -> int:
    """Miss what nobody reported and serve the wait-lists, on one floor; returns how many were missed."""
    unreported_until = today - timedelta(days=REPORTING_DAYS)
    waited_for = await appointment_store.sessions_waited_for(tx)
    overdue = await appointment_store.overdue_checks(tx, unreported_until)
    floor = await seating.open_floor(tx, waited_for, overdue, today)
    missed = await attendances.sweep(tx, floor, unreported_until, message)
    for session_id in waited_for:
        _serve_wait_list(floor, session_id, message, today)
    await seating.settle(tx, floor)
    return missed


def _serve_wait_list(floor: Floor, session_id: UUID, message: Message[DayStarted], today: date) -> None:
    """Tell whoever waited in vain, or give seats that became free unnoticed."""
    session = floor.room.sessions[session_id]
    if session.day > today and session.status != "withdrawn":
        floor.promote(session_id, message.leads_to)
        return
    for entry in list(floor.waiting.get(session_id, ())):
        worker_id = floor.people[entry.health_check_id].worker_id
        floor.give_up(entry)
        floor.said.append(message.leads_to(refused(worker_id, entry.request_id, "wait-list.ended")))


async def open_campaigns(tx: Transaction, batch: Batch[CampaignOpened]) -> None:
    """Know campaigns, and take what waited for them."""
    await demand_store.put_campaigns(tx, batch.events)
    await waiting.release(tx, "campaign", [campaign.campaign_id for campaign in batch.events])


async def freeze(tx: Transaction, batch: Batch[ScopeFrozen]) -> None:
    """The scope of campaigns is fixed: whoever comes now is late, and the first plan may be made."""
    known = [m for m in batch if await demand_store.freeze_campaign(tx, m.event.campaign_id, m.event.on_day)]
    early = [m for m in batch if m not in known]
    await waiting.hold(tx, early, "campaign", [m.event.campaign_id for m in early])
    for message in known:
        today = max(await demand_store.today(tx), message.event.on_day)
        await plans.ask(tx, today, [message.ref])
