"""What goes wrong on the way: a session is withdrawn, another one is cut; whoever must move hears of it."""

from collections.abc import Callable
from datetime import date, timedelta
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from contracts import clinics, health
from contracts.base import Event
from contracts.fields import OtherSession, Window
from demo import days, sessions
from demo.clinics import ClinicSystem
from demo.display import dotted
from demo.world import World

NOTICE, HORIZON = timedelta(days=4), timedelta(days=25)


async def happen(world: World, day: date) -> None:
    """What the scenario has in store for a day."""
    if world.scenario.incidents is None:
        return
    withdrawn_on, cut_on = (world.scenario.period_from + timedelta(days=n) for n in world.scenario.incidents)
    if day == withdrawn_on:
        await _strike(world, "withdrawn_session", "bị rút", _withdrawal)
    elif day == cut_on:
        await _strike(world, "cut_session", "bị cắt nửa số chỗ", _cut)


def _withdrawal(_world: World, system: ClinicSystem, session: clinics.SessionOffered) -> Event:
    return clinics.SessionWithdrawn(session_id=session.session_id, clinic_id=system.clinic_id)


def _cut(_world: World, _system: ClinicSystem, session: clinics.SessionOffered) -> Event:
    """The same windows with half of the places and desks."""
    return session.model_copy(update={"windows": [_half(window) for window in session.windows]})


def _half(window: Window) -> Window:
    capacity = {station: -(-places // 2) for station, places in window.capacity.items()}
    return Window(start=window.start, total=window.total // 2, capacity=capacity)


async def _strike(
    world: World,
    name: str,
    what: str,
    event_of: Callable[[World, ClinicSystem, clinics.SessionOffered], Event],
) -> None:
    found = await _fullest_session(world)
    if found is None:
        return
    system, session = found
    if name == "withdrawn_session":
        await _ask_first(world, session)
    before = {key: booking for key, booking in system.booked.items() if booking.session_id == session.session_id}
    said = event_of(world, system, session)
    stays = session.windows[0].total // 2 * len(session.windows) if name == "cut_session" else 0
    begun = monotonic()
    await system.caller.answered(await system.caller.say([said]))
    await days.until(lambda: _has_at_most(world, system, session.session_id, stays), "the announcement of the moves")
    seconds = monotonic() - begun
    now = {key: booking for one in world.clinics for key, booking in one.booked.items()}
    kept = sum(key in now and now[key].session_id == session.session_id for key in before)
    moved = sum(key in now and now[key].session_id != session.session_id for key in before)
    world.figures[name] = {
        "day": session.day.isoformat(), "booked": len(before), "kept": kept, "moved": moved,
        "without_place": len(before) - kept - moved, "seconds": round(seconds, 2),
    }  # fmt: skip
    stayed = f"{kept} người giữ lịch, " if kept else ""
    world.display.say(
        f"    Buổi khám ngày {session.day:%d/%m/%Y} ({len(before)} người) {what}: {stayed}{moved} người được báo lịch"
        f" mới, {len(before) - kept - moved} người chờ kế hoạch lập lại; {dotted(seconds, 1)} s"
    )


async def _ask_first(world: World, session: clinics.SessionOffered) -> None:
    """What the authority is told before it lets a session go: nothing of it is published."""
    without = OtherSession(session_id=session.session_id, held=False)
    question = health.WhatIfAsked(request_id=uuid4(), campaign_id=world.campaign_id, sessions=[without])
    (receipt,) = await world.authority.say([question])
    await world.authority.answered([receipt])
    answer = (await world.authority.get(f"/receipts/{receipt}"))["answers"][-1]["data"]
    world.figures["what_if"] = {side: answer[side] for side in ("in_force", "imagined")}
    world.display.say(f"    Hỏi thử: nếu không có buổi khám ngày {session.day:%d/%m/%Y}?")
    for line in answer["text_vi"]:
        world.display.say(f"      {line}")


async def _has_at_most(world: World, system: ClinicSystem, session_id: UUID, people: int) -> bool:
    for one in world.clinics:
        await one.read_feed()
    return sum(booking.session_id == session_id for booking in system.booked.values()) <= people


async def _fullest_session(world: World) -> tuple[ClinicSystem, clinics.SessionOffered] | None:
    """The session with most people between notice and horizon, with the clinic that offered it."""
    offered = sessions.offer(world.scenario, world.land, world.campaign_id)
    best: tuple[int, ClinicSystem, clinics.SessionOffered] | None = None
    for system in world.clinics:
        await system.read_feed()
        for session in offered[system.clinic_id]:
            people = sum(booking.session_id == session.session_id for booking in system.booked.values())
            in_time = world.today + NOTICE <= session.day <= world.today + HORIZON
            if in_time and people and (best is None or people > best[0]):
                best = (people, system, session)
    return best[1:] if best else None


def told(world: World) -> dict[str, Any]:
    """What the summary says of it."""
    names = ("withdrawn_session", "cut_session", "what_if")
    return {name: world.figures[name] for name in names if name in world.figures}
