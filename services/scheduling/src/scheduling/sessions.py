"""Exam sessions in the calendar: offered, confirmed by a permit, changed, withdrawn."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, TypeVar
from uuid import UUID

from asyncpg import Record

from contracts.clinics import SessionOffered, SessionWithdrawn
from contracts.health import PermitGranted, PermitRevoked
from contracts.scheduling import PermitNoted, SessionListed, SessionRefused
from scheduling import appointment_store, cuts, demand_store, plans, seating, session_store
from scheduling.floor import LostBy, Says
from scheduling.problems import problem
from shared import outbox, waiting
from shared.consuming import Batch, Message
from shared.database import Transaction

AboutSession = TypeVar("AboutSession", bound=Message[Any])


async def offer(tx: Transaction, batch: Batch[SessionOffered]) -> None:
    """List sessions as planned, or as confirmed where a permit covers them already; who is in one may have to move."""
    campaigns = await demand_store.get_campaigns(tx, {m.event.campaign_id for m in batch})
    early = [m for m in batch if m.event.campaign_id not in campaigns]
    await waiting.hold(tx, early, "campaign", [m.event.campaign_id for m in early])
    offers = [m for m in batch if m.event.campaign_id in campaigns]
    await session_store.lock_clinics(tx, [m.event.clinic_id for m in offers])
    today = await demand_store.today(tx)
    await _lock_with_ways_out(tx, [m.event.session_id for m in offers])
    listed = await session_store.get_sessions(tx, [m.event.session_id for m in offers])
    booked = await session_store.booked_in(tx, listed)
    taken, refusals = [], []
    for message in offers:
        offered = message.event
        codes = _why_not(offered, campaigns[offered.campaign_id], listed.get(offered.session_id), booked, today)
        if codes:
            refusals.append(message.leads_to(_refused(offered.session_id, offered.clinic_id, codes)))
        else:
            taken.append(message)
    fresh = [m for m in taken if not _repeats(m.event, listed.get(m.event.session_id))]
    await session_store.put_sessions(tx, [m.event for m in fresh])
    await session_store.match_permits(tx, {m.event.clinic_id for m in fresh}, today)
    changed = {m.event.session_id: m for m in fresh if booked.get(m.event.session_id)}
    if changed:
        await cuts.cut(tx, changed)
    await outbox.append(tx, refusals + await _listings(tx, {m.event.session_id: m.leads_to for m in taken}))
    await waiting.release(tx, "session", [m.event.session_id for m in fresh])


async def known(tx: Transaction, messages: Sequence[AboutSession]) -> tuple[list[AboutSession], dict[UUID, Record]]:
    """Those messages whose session is listed, and the sessions; the other messages wait for theirs."""
    listed = await session_store.get_sessions(tx, {m.event.session_id for m in messages})
    early = [m for m in messages if m.event.session_id not in listed]
    await waiting.hold(tx, early, "session", [m.event.session_id for m in early])
    return [m for m in messages if m.event.session_id in listed], listed


async def withdraw(tx: Transaction, batch: Batch[SessionWithdrawn]) -> None:
    """Take sessions out of the calendar; everybody in them is moved to the next best seat or open again."""
    ready, listed = await known(tx, batch)
    today = await demand_store.today(tx)
    said, causes = [], {}
    for message in ready:
        event = message.event
        code = _why_not_withdrawn(event, listed[event.session_id], today)
        if code is not None:
            said.append(message.leads_to(_refused(event.session_id, event.clinic_id, [code])))
        else:
            causes[event.session_id] = message
    await session_store.lock_clinics(tx, [m.event.clinic_id for m in causes.values()])
    await _lock_with_ways_out(tx, causes)
    await session_store.withdraw_sessions(tx, causes)
    says = {session_id: m.leads_to for session_id, m in causes.items()}
    await _empty(tx, says, "session-withdrawn", [m.ref for m in causes.values()])
    await outbox.append(tx, said + await _listings(tx, says))


async def permit(tx: Transaction, batch: Batch[PermitGranted]) -> None:
    """Note permits, and confirm the sessions that waited for them."""
    await session_store.lock_clinics(tx, [m.event.clinic_id for m in batch])
    await session_store.put_permits(tx, batch)
    await _match_permits(tx, {m.event.clinic_id: m for m in batch})
    await waiting.release(tx, "permit", [m.event.permit_id for m in batch])


async def revoke(tx: Transaction, batch: Batch[PermitRevoked]) -> None:
    """Shorten permits; sessions without another one are no longer bookable and their people are moved."""
    await session_store.lock_clinics(tx, [m.event.clinic_id for m in batch])
    granted = await session_store.shorten_permits(tx, batch)
    await _lock_with_ways_out(tx, await session_store.sessions_under(tx, granted))
    early = [m for m in batch if m.event.permit_id not in granted]
    await waiting.hold(tx, early, "permit", [m.event.permit_id for m in early])
    await _match_permits(tx, {m.event.clinic_id: m for m in batch if m.event.permit_id in granted})


async def _match_permits(
    tx: Transaction, causes: Mapping[str, Message[PermitGranted] | Message[PermitRevoked]]
) -> None:
    changed = await session_store.match_permits(tx, causes, await demand_store.today(tx))
    says = {row["session_id"]: causes[row["clinic_id"]].leads_to for row in changed}
    lost = [row for row in changed if row["status"] == "planned"]
    refs = [message.ref for message in causes.values()]
    await _empty(tx, {row["session_id"]: says[row["session_id"]] for row in lost}, "permit-revoked", refs)
    notes = []
    for clinic_id, message in causes.items():
        turned = [r for r in changed if r["clinic_id"] == clinic_id and r["status"] != r["was"]]
        confirmed = sum(row["status"] == "confirmed" for row in turned)
        noted = PermitNoted(
            clinic_id=clinic_id,
            permit_id=message.event.permit_id,
            confirmed=confirmed,
            unconfirmed=len(turned) - confirmed,
        )
        notes.append(message.leads_to(noted))
    await outbox.append(tx, notes + await _listings(tx, says))


async def _lock_with_ways_out(tx: Transaction, session_ids: Collection[UUID]) -> None:
    """Lock sessions that are about to change together with those to which their people may go: once, in one order."""
    held = await appointment_store.booked_checks(tx, session_ids)
    checks = [row["health_check_id"] for row in held]
    elsewhere = await session_store.sessions_within_reach(tx, checks, await demand_store.today(tx)) if checks else set()
    await session_store.lock_sessions(tx, {*session_ids, *elsewhere})


async def _empty(tx: Transaction, says: Mapping[UUID, Says], reason: LostBy, refs: Sequence[str]) -> None:
    """Move everybody out of sessions that no longer take place, in one pass over all of them.

    Whoever finds no other place is planned anew at once.
    """
    today = await demand_store.today(tx)
    held = await appointment_store.booked_checks(tx, list(says))
    if not held:
        return
    checks = {row["health_check_id"] for row in held}
    elsewhere = await session_store.sessions_within_reach(tx, checks, today)
    floor = await seating.open_floor(tx, {*says, *elsewhere}, checks, today)
    leaving = {check_id: a.session_id for check_id, a in floor.live.items() if a.session_id in says}
    floor.relocate([floor.people[c] for c in leaving], reason, {c: says[s] for c, s in leaving.items()})
    lost = bool(floor.displaced)
    await seating.settle(tx, floor)
    if lost:
        await plans.ask(tx, today, refs, repairs_only=True)


async def _listings(tx: Transaction, says: Mapping[UUID, Says]) -> list[outbox.Outgoing]:
    rows = await session_store.get_sessions(tx, says)
    booked = await session_store.booked_in(tx, says)
    return [says[key](listing(row, booked.get(key, 0))) for key, row in sorted(rows.items())]


def listing(row: Record, booked: int) -> SessionListed:
    """How a session stands in the calendar."""
    return SessionListed(
        session_id=row["session_id"],
        clinic_id=row["clinic_id"],
        campaign_id=row["campaign_id"],
        site=row["site"],
        day=row["day"],
        status=row["status"],
        permit_id=row["permit_id"],
        seats=row["seats"],
        booked=booked,
    )


def _refused(session_id: UUID, clinic_id: str, codes: Sequence[str]) -> SessionRefused:
    return SessionRefused(session_id=session_id, clinic_id=clinic_id, problems=[problem(code) for code in codes])


def _why_not(
    offered: SessionOffered, campaign: Record, listed: Record | None, booked: Mapping[UUID, int], today: date
) -> list[str]:
    if listed is not None and listed["clinic_id"] != offered.clinic_id:
        return ["session.of-another-clinic"]
    if listed is not None and _repeats(offered, listed):
        return []
    starts = [window.start for window in offered.windows]
    rules = {
        "session.withdrawn": listed is not None and listed["status"] == "withdrawn",
        "session.has-appointments": booked.get(offered.session_id, 0) > 0 and not _stays(offered, listed),
        "session.in-the-past": offered.day <= today,
        "session.outside-campaign": not campaign["period_from"] <= offered.day <= campaign["period_to"],
        "session.windows-disordered": any(a >= b for a, b in pairwise(starts)),
        "session.no-seats": not any(window.total for window in offered.windows),
        "campaign.closed": campaign["closing_on"] is not None,
    }
    return [code for code, broken in rules.items() if broken]


def _why_not_withdrawn(withdrawn: SessionWithdrawn, listed: Record, today: date) -> str | None:
    """Whoever came to a day that is over came, though the clinic has not said so yet."""
    if listed["clinic_id"] != withdrawn.clinic_id:
        return "session.of-another-clinic"
    is_over = listed["day"] < today and listed["status"] != "withdrawn"
    return "session.in-the-past" if is_over else None


def _stays(offered: SessionOffered, listed: Record | None) -> bool:
    """Whether an offer leaves a session where and what it is, other than its windows and places."""
    names = ("campaign_id", "site", "day", "bnn")
    return listed is not None and all(listed[name] == getattr(offered, name) for name in names)


def _repeats(offered: SessionOffered, listed: Record | None) -> bool:
    """Whether an offer says what the calendar says already."""
    if listed is None or listed["status"] == "withdrawn":
        return False
    same = ("campaign_id", "site", "day", "bnn", "open_cost")
    return listed["windows"] == session_store.windows_json(offered) and all(
        listed[name] == getattr(offered, name) for name in same
    )
