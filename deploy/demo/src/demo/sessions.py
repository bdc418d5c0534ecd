"""What the clinics offer: team-days spread over the communes and the half year, half of them at weekends."""

from collections import Counter
from datetime import date, timedelta
from math import ceil
from random import Random
from uuid import UUID

from contracts import clinics, health
from contracts.fields import Window
from demo.land import Land, made_id
from demo.scenario import Scenario

DUE_SHARE = 0.62
FILL = 0.8
FREE_DAYS = {date(2026, 9, 1), date(2026, 9, 2)}
ALL_STATIONS = ["REC", "MEA", "BLD", "URI", "XRY", "EYE", "ENT", "DEN", "INT", "SUR", "GYN", "ECG", "AUD", "SPI"]


def clinic_ids(scenario: Scenario) -> list[str]:
    """Mã CSKCB of the clinics that take part."""
    return [f"{scenario.clinic_codes + number:05d}" for number in range(scenario.clinics)]


def offer(scenario: Scenario, land: Land, campaign_id: UUID) -> dict[str, list[clinics.SessionOffered]]:
    """Sessions by clinic; every site gets what its members need and a few more, each clinic has one a day.

    A sample file tells no former checks, so that all of its people are due; in a park everybody is.
    """
    due = Counter[str]()
    for unit, line in land.lines:
        everybody = line.file is not None or scenario.incidents is not None
        due[unit.place.site] += line.members if everybody else round(line.members * DUE_SHARE)
    offered: dict[str, list[clinics.SessionOffered]] = {clinic: [] for clinic in clinic_ids(scenario)}
    sites = [code for code, number in sorted(due.items()) for _ in range(ceil(number / (_seats(scenario) * FILL)) + 2)]
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
    seats = _seats(scenario) // len(scenario.starts)
    capacity = {station: ceil(seats * scenario.scarce.get(station, 1)) for station in ALL_STATIONS}
    return clinics.SessionOffered(
        session_id=made_id("session", f"{clinic} {day}"),
        clinic_id=clinic,
        campaign_id=campaign_id,
        site=site,
        day=day,
        bnn=True,
        open_cost=scenario.open_cost,
        windows=[
            Window.model_validate({"start": start, "total": seats, "capacity": capacity}) for start in scenario.starts
        ],
    )


def _seats(scenario: Scenario) -> int:
    """A session's seats in whole windows."""
    return scenario.seats_per_session // len(scenario.starts) * len(scenario.starts)


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
