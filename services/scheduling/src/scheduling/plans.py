"""Plans of a campaign: asked for when there is something to place, proposed, published once both parties approved."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal
from uuid import UUID, uuid5

from asyncpg import Record

from contracts.coordination import CampaignClosed, ClosingProposed, PlanApproved, PlanDeclined
from contracts.plans import PlanAbandoned, PlanAsked, PlanExplained, PlanProposed, PlanPublished, PlanWithdrawn
from contracts.scheduling import HealthCheckDeferred
from scheduling import demand_store, plan_store, seating, terms
from scheduling.explanations import Explained
from scheduling.floor import Floor, Says
from scheduling.model import Seat
from scheduling.plan_folder import Result
from scheduling.plan_store import Run
from shared import outbox, waiting
from shared.consuming import Batch
from shared.database import Transaction

# A large plan is written in parts, so that neither a statement nor the pause between two grows with it.
SEATED_AT_ONCE = 5_000


async def ask(tx: Transaction, today: date, causes: Sequence[str], *, repairs_only: bool = False) -> None:
    """Ask for the plans that are needed: a campaign's first, repairs at once, now and then a make-up plan with news.

    A plan that a party declined is not asked for again before the time of a make-up plan is over, unless a session got
    room that it had not seen; repairs wait for this only if a repair was declined.
    """
    limits = terms.in_force(today)
    interval = timedelta(days=limits.make_up_days)
    for campaign in await plan_store.lock_campaigns_to_plan(tx, today + timedelta(days=limits.freeze_days)):
        kind = _kind(campaign, today, interval)
        if kind is None or (repairs_only and kind != "repair") or _is_unwanted(campaign, kind, today - interval):
            continue
        which, declines = causes[0] if kind == "repair" and causes else today, campaign["declines"]
        plan_id = uuid5(campaign["campaign_id"], f"{kind}/{which}/{declines}" if declines else f"{kind}/{which}")
        seed = plan_id.int % 2**31
        if await plan_store.add_run(tx, plan_id, campaign["campaign_id"], kind, today, seed, causes):
            asked = PlanAsked(plan_id=plan_id, campaign_id=campaign["campaign_id"], kind=kind, on_day=today)
            await outbox.append(tx, [outbox.because_of(causes, asked)])


def _kind(campaign: Record, today: date, interval: timedelta) -> Literal["initial", "make-up", "repair"] | None:
    last = campaign["last_of_all"]
    if last is None:
        return "initial"
    if campaign["has_displaced"]:
        return "repair"
    return "make-up" if today >= last + interval and campaign["has_news"] else None


def _is_unwanted(campaign: Record, kind: str, not_since: date) -> bool:
    """Whether a party declined such a plan after a day, and no session got room since that plan was asked for."""
    which = "repair_" if kind == "repair" else ""
    declined_on, loosened_at = campaign[f"{which}declined_on"], campaign["loosened_at"]
    if declined_on is None or declined_on <= not_since:
        return False
    return loosened_at is None or bool(loosened_at <= campaign[f"{which}asked_at"])


async def propose(tx: Transaction, run: Run, result: Result, explained: Explained) -> bool:
    """Put a computed plan before both parties; False if it was cancelled or computed elsewhere meanwhile."""
    expires_on = result.on_day + timedelta(days=terms.in_force(result.on_day).approval_days)
    if not await plan_store.finish_run(tx, run, result.inputs_digest, expires_on):
        return False
    await plan_store.add_placements(tx, run.plan_id, result.placements)
    proposed = PlanProposed(
        plan_id=run.plan_id,
        campaign_id=run.campaign_id,
        kind=run.kind,
        on_day=result.on_day,
        demand=len(result.placements),
        appointments=result.placed,
        unassigned=dict(sorted(Counter(reason for *_, reason in result.placements if reason).items())),
        sessions_used=result.sessions_used,
        cost=result.cost,
        lower_bound=result.bound,
        inputs_digest=result.inputs_digest,
        explanation_vi=explained.lines_vi,
        explanation_en=explained.lines_en,
        cost_parts=explained.cost_parts,
        unassigned_by_priority=explained.unassigned_by_priority,
        limits=explained.limits,
        levers=explained.levers,
        held=explained.held,
        expires_on=expires_on,
    )
    # The cases go first, part by part: whoever hears of the plan can soon read why.
    for number, (sessions, people) in enumerate(explained.cases, 1):
        part = PlanExplained(
            plan_id=run.plan_id, campaign_id=run.campaign_id, part=number, parts=explained.parts, sessions=sessions,
            people=people,
        )  # fmt: skip
        await outbox.append(tx, [outbox.because_of(run.causes, part)])
    await outbox.append(tx, [outbox.because_of(run.causes, proposed)])
    return True


async def publish(tx: Transaction, batch: Batch[PlanApproved]) -> None:
    """Turn approved plans into appointments, as far as the world still has room for them."""
    for message in batch:
        run = await plan_store.publish_run(tx, message.event.plan_id)
        if run is not None:
            await _publish(tx, run["plan_id"], run["campaign_id"], message.leads_to)
            await ask(tx, await demand_store.today(tx), [message.ref], repairs_only=True)


async def _publish(tx: Transaction, plan_id: UUID, campaign_id: UUID, says: Says) -> None:
    placements = await plan_store.get_placements(tx, plan_id)
    seats = {p["health_check_id"]: Seat(p["session_id"], p["window_index"]) for p in placements if p["session_id"]}
    today = await demand_store.today(tx)
    everybody = [placement["health_check_id"] for placement in placements]
    floor = await seating.open_floor(tx, {seat.session_id for seat in seats.values()}, everybody, today)
    # Movers first, so that nobody is seated where somebody may have to stay.
    checks = sorted(seats, key=lambda check_id: check_id not in floor.live)
    dropped = 0
    for first in range(0, len(checks), SEATED_AT_ONCE):
        some = {check_id: seats[check_id] for check_id in checks[first : first + SEATED_AT_ONCE]}
        dropped += _seat(floor, some, plan_id, says)
        await seating.settle(tx, floor)
    reasons = {p["health_check_id"]: p["reason"] for p in placements if p["reason"]}
    deferred = [
        HealthCheckDeferred(
            health_check_id=row["health_check_id"],
            worker_id=row["worker_id"],
            unit_id=row["unit_id"],
            campaign_id=row["campaign_id"],
            plan_id=plan_id,
            reason=row["deferred_for"],
        )
        for row in await plan_store.defer(tx, reasons)
    ]
    published = PlanPublished(
        plan_id=plan_id, campaign_id=campaign_id, appointments=len(seats) - dropped, dropped=dropped
    )
    await outbox.append(tx, [says(event) for event in (*deferred, published)])


def _seat(floor: Floor, seats: dict[UUID, Seat], plan_id: UUID, says: Says) -> int:
    """Move and book what the plan says and the world still allows; returns how many could not be kept."""
    dropped = 0
    for check_id, seat in seats.items():
        person = floor.people[check_id]
        moves = check_id in floor.live
        if moves:
            floor.vacate(person)
        if floor.state_of(person) not in ("open", "booked") or floor.room.refusal(person, seat) is not None:
            dropped += 1
            if moves:
                floor.stay(person)
        elif moves:
            floor.move(person, seat, "plan", says)
        else:
            floor.book(person, seat, "plan", says, uuid5(plan_id, str(check_id)), plan_id)
    return dropped


async def end(tx: Transaction, batch: Batch[ClosingProposed] | Batch[CampaignClosed]) -> None:
    """Plan and book no more in campaigns that are closing."""
    known = [m for m in batch if await demand_store.end_campaign(tx, m.event.campaign_id, m.event.on_day)]
    early = [m for m in batch if m not in known]
    await waiting.hold(tx, early, "campaign", [m.event.campaign_id for m in early])
    cause = {m.event.campaign_id: m for m in known}
    given_up = await plan_store.cancel_runs(tx, list(cause))
    await outbox.append(
        tx, [cause[row["campaign_id"]].leads_to(PlanAbandoned(**row, reason="campaign-closed")) for row in given_up]
    )


async def decline(tx: Transaction, batch: Batch[PlanDeclined]) -> None:
    """Give up plans that a party will not have, whether they wait or are still being computed."""
    today = await demand_store.today(tx)
    cause = {(message.event.plan_id, message.event.campaign_id): message for message in batch}
    given_up = await plan_store.decline_runs(tx, cause, today)
    said = [cause[tuple(row)].leads_to(PlanWithdrawn(**row, reason="declined")) for row in given_up]
    await outbox.append(tx, said)


async def expire(tx: Transaction, today: date, says: Says) -> None:
    """Give up plans that both parties have not approved in time, so that a newer one may follow."""
    expired = await plan_store.expire_runs(tx, today)
    await outbox.append(tx, [says(PlanWithdrawn(**row, reason="expired")) for row in expired])


async def abandon(tx: Transaction, run: Run) -> None:
    """Say that a plan could not be computed, however often it was tried."""
    if await plan_store.release_run(tx, run, "failed"):
        abandoned = PlanAbandoned(plan_id=run.plan_id, campaign_id=run.campaign_id, reason="failed")
        await outbox.append(tx, [outbox.because_of(run.causes, abandoned)])
