"""What both parties should look at: behind plan, units without rosters, clusters, follow-ups left open."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

from contracts import results
from contracts.coordination import AlertRaised, DayStarted
from coordination import model, store
from shared import outbox
from shared.consuming import Batch, Message
from shared.database import Transaction

Kind = Literal["behind-plan", "roster-missing", "cluster", "follow-up-overdue"]
SMALLEST_CELL = 10
"""Counts made of results are said only from ten up, as at the edge."""


async def behind_plan(
    tx: Transaction, message: Message[Any], campaign_id: UUID, day: date, promised: Mapping[UUID, tuple[int, int]]
) -> None:
    """Once a month for each unit above the grassroots that examined too few of those planned a week ago or earlier."""
    behind = {unit: counts for unit, counts in promised.items() if model.is_behind(*counts)}
    texts = {
        unit: (
            f"Chậm kế hoạch: đã khám {examined} trong số {planned} người được xếp lịch đến {day:%d/%m/%Y}",
            f"Behind plan: {examined} examined of {planned} planned up to {day:%Y-%m-%d}",
        )
        for unit, (planned, examined) in behind.items()
    }
    await _raise(tx, message, campaign_id, "behind-plan", day, texts)


async def rosters_missing(tx: Transaction, message: Message[DayStarted]) -> None:
    """Once a month for each unit that has not closed its rosters by their day, as long as the scope is not frozen."""
    day = message.event.day
    for campaign in await tx.fetch(store.ROSTERS_MISSING, day):
        due = campaign["rosters_due"]
        text = (
            f"Chưa chốt danh sách người lao động (hạn {due:%d/%m/%Y})",
            f"Rosters are not closed; they were due on {due:%Y-%m-%d}",
        )
        texts = dict.fromkeys(campaign["unit_ids"], text)
        await _raise(tx, message, campaign["campaign_id"], "roster-missing", day, texts)


async def raise_for_clusters(tx: Transaction, batch: Batch[results.ClusterDetected]) -> None:
    """A cluster alerts both parties without naming anybody or counting below ten."""
    today = await tx.fetchval(store.DAY, "VN") or date.min
    for message in batch:
        event = message.event
        texts = {
            event.unit_id: (
                f"Từ {event.at_least} người trở lên có cùng dấu hiệu ({event.kind})",
                f"At least {event.at_least} workers share a finding ({event.kind})",
            )
        }
        await _raise(tx, message, event.campaign_id, "cluster", today, texts)


async def open_follow_ups(tx: Transaction, events: Sequence[results.FollowUpOpened]) -> None:
    """Note by when a loop should be closed; what was found stays with results."""
    await tx.execute(
        store.OPEN_FOLLOW_UPS, [e.follow_up_id for e in events], [e.campaign_id for e in events],
        [e.unit_id for e in events], [e.due_on for e in events],
    )  # fmt: skip


async def close_follow_ups(tx: Transaction, events: Sequence[results.FollowUpClosed]) -> None:
    """Note that a loop is closed."""
    await tx.execute(store.CLOSE_FOLLOW_UPS, [e.follow_up_id for e in events], [e.closed_on for e in events])


async def follow_ups_overdue(tx: Transaction, message: Message[DayStarted]) -> None:
    """Once a month for each campaign with ten or more follow-ups past their day."""
    day = message.event.day
    for campaign in await tx.fetch(store.CAMPAIGNS_TO_COUNT):
        campaign_id = campaign["campaign_id"]
        overdue = await tx.fetchval(store.OVERDUE_FOLLOW_UPS, campaign_id, day)
        if overdue >= SMALLEST_CELL:
            texts = {
                campaign_id: (
                    f"{overdue} trường hợp theo dõi sau khám đã quá hạn",
                    f"{overdue} follow-ups are past their day",
                )
            }
            await _raise(tx, message, campaign_id, "follow-up-overdue", day, texts)


async def _raise(
    tx: Transaction,
    message: Message[Any],
    campaign_id: UUID,
    kind: Kind,
    day: date,
    texts: Mapping[UUID, tuple[str, str]],
) -> None:
    """Raise an alert for each unit (or the campaign itself) unless its month has it already."""
    new = await tx.fetch(store.NEW_ALERTS, campaign_id, sorted(texts), kind, day.replace(day=1))
    events = [
        AlertRaised(
            campaign_id=campaign_id,
            unit_id=None if row["unit_id"] == campaign_id else row["unit_id"],
            kind=kind,
            on_day=day,
            text_vi=texts[row["unit_id"]][0],
            text_en=texts[row["unit_id"]][1],
        )
        for row in new
    ]
    await outbox.append(tx, [message.leads_to(event) for event in events])
