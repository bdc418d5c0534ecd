"""What the clinics offer: team-days spread over the communes and the half year, half of them at weekends."""

from collections import Counter
from datetime import date, timedelta
from math import ceil
from random import Random
from uuid import UUID

from contracts import clinics, health
from contracts.fields import Window
from demo.province import WholeProvince, made_id
from demo.scenario import Scenario

DUE_SHARE = 0.62
FILL = 0.8
STARTS = (390, 420, 450, 480, 510, 540, 570, 600, 630, 780, 810, 840, 870, 900, 990, 1020)
SCARCE = {"GYN": 8, "AUD": 5, "SPI": 4, "ECG": 4}
OPEN_COST = 6000
FREE_DAYS = {date(2026, 9, 1), date(2026, 9, 2)}
ALL_STATIONS = ["REC", "MEA", "BLD", "URI", "XRY", "EYE", "ENT", "DEN", "INT", "SUR", "GYN", "ECG", "AUD", "SPI"]


def clinic_ids(scenario: Scenario) -> list[str]:
    """Mã CSKCB of the clinics that take part."""
    return [f"08{100 + number}" for number in range(scenario.clinics)]


def offer(scenario: Scenario, province: WholeProvince, campaign_id: UUID) -> dict[str, list[clinics.SessionOffered]]:
    """Sessions by clinic; every commune gets what its members need and two more, each clinic has one a day.

    A sample file tells no former checks, so that all of its people are due.
    """
    due = Counter[str]()
    for unit in province.units:
        due[unit.commune.code] += unit.members if unit.file else round(unit.members * DUE_SHARE)
    offered: dict[str, list[clinics.SessionOffered]] = {clinic: [] for clinic in clinic_ids(scenario)}
    sites = [
        code
        for code, number in sorted(due.items())
        for _ in range(ceil(number / (scenario.seats_per_session * FILL)) + 2)
    ]
    Random(scenario.seed).shuffle(sites)
    for number, (clinic, sessions) in enumerate(offered.items()):
        mine = sites[number :: len(offered)]
        days = _days(scenario, number)
        for nth, site in enumerate(mine[: len(days)]):
            day = days[nth * len(days) // max(len(mine), 1)]
            sessions.append(_session(scenario, campaign_id, clinic, site, day))
    return offered


def _days(scenario: Scenario, number: int) -> list[date]:
    """A clinic's exam days: Saturday, Sunday and two weekdays of its own, week after week, until mid-December."""
    weekdays = {5, 6, number % 5, (number + 2) % 5}
    first, last = scenario.period_from + timedelta(days=2), scenario.period_to - timedelta(days=14)
    order = [first + timedelta(days=n) for n in range((last - first).days)]
    return [day for day in order if day.weekday() in weekdays and day not in FREE_DAYS]


def _session(scenario: Scenario, campaign_id: UUID, clinic: str, site: str, day: date) -> clinics.SessionOffered:
    seats = scenario.seats_per_session // len(STARTS)
    capacity = {station: SCARCE.get(station, seats) for station in ALL_STATIONS}
    return clinics.SessionOffered(
        session_id=made_id("session", f"{clinic} {day}"),
        clinic_id=clinic,
        campaign_id=campaign_id,
        site=site,
        day=day,
        bnn=True,
        open_cost=OPEN_COST,
        windows=[Window.model_validate({"start": start, "total": seats, "capacity": capacity}) for start in STARTS],
    )


def permit(scenario: Scenario, clinic: str, sites: list[str]) -> health.PermitGranted:
    """The authority's permit for a clinic's mobile sessions of the half year."""
    return health.PermitGranted(
        permit_id=made_id("permit", clinic),
        clinic_id=clinic,
        sites=sites,
        valid_from=scenario.period_from,
        valid_to=scenario.period_to,
        licensed_stations=ALL_STATIONS,
        bnn=True,
    )
