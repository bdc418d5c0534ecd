"""A whole campaign, from the first declaration to the coverage that both parties sign."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import Any

from contracts.base import Event
from demo import agreement, ceilings, days, incidents, sessions, turnover
from demo.display import dotted
from demo.world import World

LAST_CONCLUSIONS = timedelta(days=14)


async def play(world: World) -> None:
    """All of it, in order."""
    await organise(world)
    await agree(world)
    await take_rosters(world)
    await offer_sessions(world)
    await plan(world)
    await half_year(world)
    await close(world)


async def organise(world: World) -> None:
    """The union side declares its tree and lines."""
    with world.display.stage("organisations", "Công đoàn và đơn vị được khai báo"):
        await days.start(world, world.scenario.rosters_from)
        await world.union.portal.answered(await world.union.declare())


async def agree(world: World) -> None:
    """Both parties sign the programme and open the campaign."""
    with world.display.stage("agreement", "Hai bên ký chương trình và mở đợt khám"):
        await agreement.sign_programme(world)
        await agreement.open_campaign(world)


async def take_rosters(world: World) -> None:
    """Grassroots unions send their rosters, see what was refused, and close them; the scope freezes."""
    reference = world.scenario.period_from
    total = len(world.land.units)
    with world.display.stage("rosters_posted", f"{dotted(total)} danh sách được gửi", total) as progress:
        receipts = await world.union.send_rosters(world.campaign_id, reference, progress)
    with world.display.stage("rosters_answered", "Từng dòng danh sách được trả lời"):
        await world.union.portal.answered(receipts)
    await _show_refusals(world, receipts)
    with world.display.stage("rosters_again", "Gửi lại một danh sách: không có sự kiện mới"):
        await turnover.repeat_a_roster(world)
    with world.display.stage("scope", "Danh sách khóa, phạm vi và mẫu số cố định"):
        await world.union.portal.answered(await world.union.close_rosters(world.campaign_id))
        await days.until(lambda: _is_frozen(world), "the frozen scope")
    due = (await world.authority.get(f"/campaigns/{world.campaign_id}"))["due"]
    world.display.say(f"    {dotted(due)} người đến hạn khám trong đợt này: mẫu số của hai bên")


async def _is_frozen(world: World) -> bool:
    campaign = await world.authority.get(f"/campaigns/{world.campaign_id}")
    return bool(campaign["state"] == "frozen")


async def _show_refusals(world: World, receipts: list[str]) -> None:
    """What was refused and why, row by row from the receipts, counted by code."""
    codes: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    for receipt in receipts:
        assessed = (await world.union.portal.get(f"/receipts/{receipt}"))["answers"][-1]["data"]
        for name in ("rows", "registered", "changed", "unchanged", "refused", "duplicates", "review"):
            totals[name] += assessed[name]
        if assessed["refused"]:
            rows = await world.union.portal.pages(f"/rosters/{assessed['roster_id']}/answers")
            wrong = [problem for row in rows if row["outcome"] == "refused" for problem in row["problems"]]
            codes.update(problem["code"] for problem in wrong if problem["severity"] == "error")
    world.figures["rosters"] = dict(totals)
    world.ledger.refused_rows = dict(codes.most_common())
    reasons = ", ".join(f"{code} {number}" for code, number in codes.most_common(5))
    world.display.say(
        f"    {dotted(totals['rows'])} dòng: {dotted(totals['registered'])} người được ghi nhận,"
        f" {dotted(totals['refused'])} dòng bị từ chối ({reasons} …),"
        f" {totals['duplicates']} dòng trùng, {totals['review']} người ghi nhận riêng, chờ xem có trùng với ai không"
    )


async def offer_sessions(world: World) -> None:
    """Clinics offer team-days; the authority grants their permits."""
    with world.display.stage("sessions", "Cơ sở khám chào buổi khám, Sở Y tế cấp phép lưu động"):
        offered = sessions.offer(world.scenario, world.land, world.campaign_id)
        for system in world.clinics:
            mine = offered[system.clinic_id]
            listed = await system.caller.say(list[Event](mine))
            await system.caller.answered(listed)
            permit = sessions.permit(world.scenario, system.clinic_id, sorted({one.site for one in mine}))
            await world.authority.answered(await world.authority.say([permit]))
        world.figures["sessions"] = sum(len(mine) for mine in offered.values())


async def plan(world: World) -> None:
    """The first plan is computed, proposed, approved by both parties and published."""
    with world.display.stage("plan", "Kế hoạch được lập, hai bên duyệt, lịch được công bố"):
        day = world.today
        while not await days.plans(world, "published"):
            day += timedelta(days=1)
            await days.start(world, day)
    first = (await days.plans(world, "published"))[0]["summary"]
    world.figures["first_plan"] = first
    for line in first["explanation_vi"]:
        world.display.say(f"    {line}")


async def half_year(world: World) -> None:
    """Day after day: exams, laboratory results, conclusions, requests, turnover, monthly coverage."""
    scenario = world.scenario
    dates = days.between(world.today + timedelta(days=1), scenario.period_to + LAST_CONCLUSIONS)
    with world.display.stage("half_year", scenario.exam_days, len(dates)) as progress:
        for day in dates:
            with world.display.timed("start_of_day"):
                await days.start(world, day)
            await _one_day(world, day)
            await incidents.happen(world, day)
            if _is_told(world, day):
                await _tell_coverage(world, day)
            progress(1)


def _is_told(world: World, day: date) -> bool:
    """Whether coverage is told on a day: every so many days of the period, or on the first of a month."""
    every = world.scenario.progress_every
    return (day - world.scenario.period_from).days % every == 0 if every else day.day == 1


async def _one_day(world: World, day: date) -> None:
    if world.scenario.period_from <= day <= world.scenario.period_to:
        with world.display.timed("unions"):
            await turnover.join_and_leave(world, day)
            booked = await world.union.portal.pages(
                "/appointments", unit_id=world.land.root_id, day=day + timedelta(days=7)
            )
            await world.union.portal.answered(await world.union.ask_for_things(world.campaign_id, booked))
    with world.display.timed("clinics"):
        came = await asyncio.gather(*(system.work(day) for system in world.clinics))
    with world.display.timed("attendance_answered"):
        await asyncio.gather(
            *(system.caller.answered(receipts) for system, receipts in zip(world.clinics, came, strict=True))
        )


async def _tell_coverage(world: World, day: date) -> None:
    coverage = await coverage_of_everybody(world)
    if coverage:
        figures = coverage["figures"]
        world.figures.setdefault("monthly", {})[day.isoformat()] = figures
        world.display.say(
            f"    {day:%d/%m/%Y}: {dotted(figures['examined'])}/{dotted(figures['in_scope'])} người đã có kết luận,"
            f" {dotted(figures['visits'])} lượt đến khám"
        )


async def coverage_of_everybody(world: World) -> dict[str, Any] | None:
    """The latest coverage of the whole land, None before the first count."""
    answer = await world.union.portal.get(f"/campaigns/{world.campaign_id}/coverage", unit_id=world.land.root_id)
    own: dict[str, Any] | None = answer["unit"]
    return own


async def close(world: World) -> None:
    """Everybody has a final state; both parties sign the digest."""
    with world.display.stage("closing", "Mọi người có trạng thái cuối, hai bên ký số liệu"):
        for system in world.clinics:
            await days.until(lambda system=system: _is_done(world, system), "the last conclusions")  # type: ignore[misc]
        day = world.today
        campaign = await world.authority.get(f"/campaigns/{world.campaign_id}")
        while campaign["state"] == "frozen":
            day += timedelta(days=1)
            await days.start(world, day)
            campaign = await world.authority.get(f"/campaigns/{world.campaign_id}")
        await agreement.sign_closing(world, campaign["digest"])
        await days.until(lambda: _is_closed(world), "the closed campaign")
    if world.scenario.incidents is not None:
        await _show_ceilings(world)


async def _show_ceilings(world: World) -> None:
    """Lines may not stand still: how near each came to its ceiling, counted from the visits that took place."""
    await ceilings.learn_lines(world)
    found = ceilings.fullest(world)
    if found is None:
        return
    world.figures["lines"] = ceilings.told(found)
    world.display.say(
        f"    {found.lines} dây chuyền không dừng: {found.at_ceiling} dây chuyền chạm trần vắng mặt,"
        f" {found.beyond} vượt; nhiều nhất {found.most}/{found.line.ceiling} người của {found.line.name}"
        f" ({found.line.headcount} người) vắng cùng lúc"
    )


async def _is_done(world: World, system: Any) -> bool:
    await system.read_feed()
    receipts = await system.conclude(world.today)
    await system.caller.answered(receipts)
    return not system.laboratory and system.attended <= system.signed


async def _is_closed(world: World) -> bool:
    campaign = await world.authority.get(f"/campaigns/{world.campaign_id}")
    world.figures["campaign"] = campaign
    return bool(campaign["state"] == "closed")
