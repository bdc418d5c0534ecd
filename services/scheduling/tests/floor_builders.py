"""People, sessions and rooms of the pure rules, with defaults: office hours from Monday 1 March 2027."""

from datetime import date
from typing import Any
from uuid import UUID, uuid5

from scheduling.model import Crew, Need, Person, Room, Session, Window
from scheduling.shifts import Shifts
from scheduling.terms import TERMS

CAMPAIGN = UUID("c0000000-0000-4000-8000-000000000001")
TODAY = date(2027, 3, 8)
MONDAY = date(2027, 3, 15)
OFFICE = Shifts(date(2027, 3, 1).toordinal(), ((450, 990),) * 5 + (None,) * 2)
NIGHTS = Shifts(date(2027, 3, 1).toordinal(), ((1320, 1800),) * 5 + (None,) * 2)
STATIONS = ("REC", "INT")


def a_crew(name: str = "crew", **fields: Any) -> Crew:
    defaults: dict[str, Any] = {"site": "A", "shifts": OFFICE, "ceiling": 100, "reaches": {"A": 10, "B": 30, "C": 50}}
    return Crew(uuid5(CAMPAIGN, name), **{**defaults, **fields})


def a_need(**fields: Any) -> Need:
    return Need(**{"package": "BASE", "stations": STATIONS, **fields})


def a_person(name: str = "person", **fields: Any) -> Person:
    defaults: dict[str, Any] = {"state": "open", "crew": a_crew(), "need": a_need(), "priority": 2, "due_on": TODAY}
    ids = {"worker_id": uuid5(CAMPAIGN, f"worker {name}"), "unit_id": CAMPAIGN, "campaign_id": CAMPAIGN}
    return Person(uuid5(CAMPAIGN, name), **{**ids, **defaults, **fields})


def a_session(name: str = "session", **fields: Any) -> Session:
    windows = (Window(480, 10, dict.fromkeys(STATIONS, 10)),)
    defaults: dict[str, Any] = {"clinic_id": "08123", "site": "A", "day": MONDAY, "windows": windows}
    return Session(uuid5(CAMPAIGN, name), campaign_id=CAMPAIGN, **{**defaults, **fields})


def a_room(*sessions: Session) -> Room:
    return Room(sessions, TERMS[0], TODAY)
