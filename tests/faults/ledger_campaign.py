"""A campaign brought to where a ledger can begin: frozen, planned, its first seats taken."""

from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from e2e_campaign import SITE, Campaign, people

from contracts import unions
from contracts.organisations import Reach


async def prepare(campaign: Campaign, members: int) -> list[str]:
    """Take a campaign that has begun to its first published plan; returns its two clinics."""
    await campaign.organise(members)
    await campaign.agree(length=200)
    await campaign.send_roster(people(members))
    await _declare_narrow_line(campaign)
    await campaign.send_roster(people(members))
    await campaign.close_rosters()
    first = campaign.clinic
    other = await _second_clinic(campaign)
    free = sorted(await campaign.workers())
    for in_days in range(2, 8):
        campaign.clinic = first if in_days % 2 else other
        session_id = await campaign.offer(12, in_days=in_days, windows=2)
        seats, free = free[:8], free[8:]
        wanted = [
            unions.BookingRequested(request_id=uuid4(), worker_id=worker_id, session_id=session_id)
            for worker_id in seats
        ]
        await campaign.portal.answered(await campaign.portal.say(wanted))
    await campaign.start(campaign.today + timedelta(days=1))
    return [first.clinic_id, other.clinic_id]


async def _declare_narrow_line(campaign: Campaign) -> None:
    """A second line of the unit, of which only three may be away at the same time."""
    campaign.line_id = uuid4()
    line = unions.LineDeclared(
        line_id=campaign.line_id, unit_id=campaign.unit_id, employer_id=campaign.employer_id, name="Tổ hẹp", site=SITE,
        shifts_from=date(2026, 1, 5), shifts=[(450, 990)] * 5 + [None, None], headcount=12, max_absent_pct=25,
        reaches=[Reach(site=SITE, minutes=5)],
    )  # fmt: skip
    await campaign.portal.answered(await campaign.portal.say([line]))


async def _second_clinic(campaign: Campaign) -> Any:
    clinic_id = f"{uuid4().int % 10**5:05d}"
    caller = await campaign.edge.party("clinics", clinic_id, f"system of {clinic_id}")
    return type(campaign.clinic)(clinic_id, caller, campaign.clinic.ledger, Random(8))
