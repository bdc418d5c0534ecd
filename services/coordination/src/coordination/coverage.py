"""Coverage of every unit of the tree, counted once a business day for what changed."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from contracts.coordination import CoverageChanged, DayStarted, Figures
from coordination import alerts, model, organisations, store
from shared import outbox
from shared.consuming import Message
from shared.database import Transaction


async def count(tx: Transaction, message: Message[DayStarted]) -> set[UUID]:
    """Say the new figures of every unit whose own or lower people changed since the last count; in which campaigns."""
    day = message.event.day
    changed = {row["campaign_id"] for row in await tx.fetch(store.TAKE_CHANGES)}
    for campaign in await tx.fetch(store.CAMPAIGNS_TO_COUNT):
        if campaign["campaign_id"] in changed:
            await say(tx, message, campaign, day)
    return changed


async def say(tx: Transaction, message: Message[Any], campaign: Any, day: date) -> dict[UUID, Figures]:
    """Count a campaign's whole tree and say what differs from the last count; returns all figures."""
    campaign_id = campaign["campaign_id"]
    parents = await organisations.parents_as_of(tx, campaign["tree_as_of"])
    rows = await tx.fetch(store.OWN_FIGURES, campaign_id, day - model.BEHIND_GRACE)
    own = {row["unit_id"]: Figures(**{name: row[name] for name in Figures.model_fields}) for row in rows}
    totals = model.roll_up(own, parents)
    said = await tx.fetch(store.LAST_COVERAGE, campaign_id)
    last = {row["unit_id"]: Figures.model_validate_json(row["figures"]) for row in said}
    changed = {unit: figures for unit, figures in totals.items() if last.get(unit) != figures}
    await tx.execute(
        store.PUT_COVERAGE, campaign_id, day, list(changed), [figures.model_dump_json() for figures in changed.values()]
    )
    targets = {row["unit_id"]: row["target_pct"] for row in await tx.fetch(store.UNIT_TARGETS, campaign_id)}
    events = [
        CoverageChanged(
            unit_id=unit,
            campaign_id=campaign_id,
            as_of=day,
            tree_as_of=campaign["tree_as_of"],
            target_pct=targets.get(unit, campaign["coverage_pct"]),
            figures=figures,
        )
        for unit, figures in sorted(changed.items())
    ]
    await outbox.append(tx, [message.leads_to(event) for event in events])
    if campaign["state"] == "frozen":
        await alerts.behind_plan(tx, message, campaign_id, day, promised(rows, parents, targets))
    return totals


def promised(
    rows: Iterable[Any], parents: Mapping[UUID, UUID | None], grassroots: Mapping[UUID, int]
) -> dict[UUID, tuple[int, int]]:
    """Planned and examined of every unit above the grassroots: small units raise no alert of their own."""
    sums: dict[UUID, tuple[int, int]] = {}
    for row in rows:
        for above in model.upwards(row["unit_id"], parents):
            planned, examined = sums.get(above, (0, 0))
            sums[above] = planned + row["planned"], examined + row["examined"]
    return {unit: sums[unit] for unit in sums if unit not in grassroots}
