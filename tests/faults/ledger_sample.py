"""Books that agree, small enough to be changed by hand: two people are booked, one comes and is examined."""

import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from ledger_books import Books, Rec
from ledger_entries import Entry

from khamdoan.services import NAMES

CLINIC, OTHER_CLINIC, UNION = "08001", "08002", "unions/u"
SITE, DAY = "00691", date(2026, 7, 1)


def an_id(name: str) -> UUID:
    """The same id for the same name, always."""
    return uuid5(NAMESPACE_URL, name)


CAMPAIGN, SESSION, LINE, UNIT = an_id("campaign"), an_id("session"), an_id("line"), an_id("unit")
STATIONS = ["MEA"]
SHIFTS = [[0, 1440]]


@dataclass
class Writer:
    """Says events as services do: numbered per aggregate, with state to match."""

    books: Books = field(default_factory=Books)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    offsets: dict[str, int] = field(default_factory=dict)

    def say(self, source: str, kind: str, topic: str, key: UUID, data: dict[str, Any], cause: str = "") -> str:
        """An event; returns its ref."""
        number = self.versions[topic, str(key)] = self.versions.get((topic, str(key)), 0) + 1
        offset = self.offsets[topic] = self.offsets.get(topic, -1) + 1
        identity = str(an_id(f"{kind} of {key} {number}"))
        headers = {
            "ce_type": f"vn.khamdoan.{kind}.v1", "ce_source": source, "ce_id": identity, "ce_sequence": str(number),
            "ce_subject": str(key), **({"ce_causationid": cause} if cause else {}),
        }  # fmt: skip
        value = json.dumps(data, default=str).encode()
        self.books.records.append(Rec(topic, 0, offset, str(key), headers, value))
        return f"{source}#{identity}"

    def post(self, worker: str, number: int, party: str, kind: str, topic: str, key: UUID, data: dict[str, Any]) -> str:
        """Something that a portal said and had acknowledged."""
        ref = self.say(party, kind, topic, key, data)
        entry = Entry(
            worker, number, party, UUID(ref.partition("#")[2]), f"vn.khamdoan.{kind}.v1", topic, str(key), "/events",
            b"", "", reply="ok", times=1,
        )  # fmt: skip
        self.books.ledger.append(entry)
        return ref


def agreed() -> Books:
    """Books without a fault."""
    writer = Writer()
    roster = writer.say(UNION, "unions.roster.submitted", "unions.rosters", an_id("roster"), {})
    for name in ("an", "binh"):
        _due(writer, name, roster)
    booked = {name: _booked(writer, name) for name in ("an", "binh")}
    _examined(writer, "an", booked["an"])
    return _with_tables(writer)


def _due(writer: Writer, name: str, roster: str) -> None:
    worker, check = {"worker_id": an_id(name)}, an_id(f"check of {name}")
    writer.say("registry", "registry.worker.registered", "registry.workers", an_id(name), worker, roster)
    due = {"health_check_id": check, **worker}
    writer.say("scheduling", "scheduling.health-check.became-due", "scheduling.health-checks", check, due, roster)


def _appointment(name: str) -> dict[str, Any]:
    return {
        "appointment_id": an_id(f"visit of {name}"), "health_check_id": an_id(f"check of {name}"),
        "worker_id": an_id(name), "session_id": SESSION, "clinic_id": CLINIC, "window": 0,
    }  # fmt: skip


def _booked(writer: Writer, name: str) -> str:
    asked = writer.post(
        f"booker of {name}", 1, UNION, "unions.booking.requested", "unions.requests", an_id(name),
        {"worker_id": an_id(name), "request_id": an_id(f"request of {name}")},
    )  # fmt: skip
    writer.say("scheduling", "scheduling.request.answered", "scheduling.requests", an_id(name), {}, asked)
    return writer.say("scheduling", "scheduling.appointment.made", "scheduling.appointments",
                      an_id(f"visit of {name}"), _appointment(name), asked)  # fmt: skip


def _examined(writer: Writer, name: str, _made: str) -> None:
    visit, clinic = an_id(f"visit of {name}"), f"clinics/{CLINIC}"
    came = writer.post("desk", 1, clinic, "clinics.attendance.recorded", "clinics.attendances", visit, {})
    writer.say("scheduling", "scheduling.appointment.kept", "scheduling.appointments", visit, _appointment(name), came)
    found = writer.post("doctor", 1, clinic, "clinics.section.recorded", "clinics.examinations", visit, {})
    writer.say("results", "results.class.proposed", "results.examinations", visit, {"visit_id": visit}, found)
    signed = writer.post("doctor", 2, clinic, "clinics.examination.concluded", "clinics.examinations", visit, {})
    told = {"visit_id": visit, "worker_id": an_id(name), "version": 1}
    writer.say("results", "results.examination.concluded", "results.examinations", visit, told, signed)
    writer.say("results", "results.visit.concluded", "results.visits", visit, told, signed)


def _with_tables(writer: Writer) -> Books:
    books = writer.books
    books.tables = {name: {table: [] for table in ("outbox", "waiting", "dead_letters")} for name in NAMES}
    for name in NAMES:
        books.tables[name]["versions"] = [
            {"topic": topic, "key": key, "version": version}
            for (topic, key), version in writer.versions.items() if _owner(topic) == name
        ]  # fmt: skip
    _scheduling(books)
    _results(books)
    _gateway(books)
    books.tables["registry"] |= {"workers": _workers(), "lines": [], "organisations": []}
    books.tables["coordination"] |= {"programmes": [], "people": [
        _person("an", visits=1, examined_on=DAY), _person("binh", visits=0, examined_on=None),
    ]}  # fmt: skip
    return books


def _owner(topic: str) -> str:
    owner = topic.partition(".")[0]
    return owner if owner in NAMES else "gateway"


def _workers() -> list[dict[str, Any]]:
    return [{"worker_id": an_id(name), "left_on": None} for name in ("an", "binh")]


def _person(name: str, *, visits: int, examined_on: date | None) -> dict[str, Any]:
    return {
        "worker_id": an_id(name), "health_check_id": an_id(f"check of {name}"), "visits": visits, "missed": 0,
        "examined_on": examined_on, "planned_on": DAY, "ended": None,
    }  # fmt: skip


def _scheduling(books: Books) -> None:
    books.tables["scheduling"] |= {
        "appointments": [_seat("an", "kept"), _seat("binh", "booked")],
        "sessions": [{"session_id": SESSION, "windows": json.dumps([[450, 2, {"MEA": 2}]])}],
        "checks": [
            {"health_check_id": an_id(f"check of {name}"), "worker_id": an_id(name), "state": state, "crew_id": LINE,
             "cycle_minutes": 60}
            for name, state in (("an", "fulfilled"), ("binh", "booked"))
        ],
        "lines": [{
            "line_id": LINE, "headcount": 10, "max_absent_pct": 20, "shifts": json.dumps(SHIFTS), "shifts_from": DAY,
            "reaches": json.dumps({SITE: 5}),
        }],
    }  # fmt: skip


def _seat(name: str, state: str) -> dict[str, Any]:
    return {
        "appointment_id": an_id(f"visit of {name}"), "health_check_id": an_id(f"check of {name}"),
        "worker_id": an_id(name), "session_id": SESSION, "window_index": 0, "window": 0, "state": state, "day": DAY,
        "site": SITE, "start_minute": 450, "stations": STATIONS,
    }  # fmt: skip


def _results(books: Books) -> None:
    visit = an_id("visit of an")
    section = next(rec for rec in books.records if "section" in rec.type)
    books.tables["results"] |= {
        "visits": [{"visit_id": visit, "clinic_id": CLINIC, "stations": STATIONS, "received": STATIONS}],
        "records": [{"source": section.ref, "visit_id": visit, "station": "MEA", "answered": True}],
        "conclusions": [{"visit_id": visit, "version": 1, "final_class": 2}],
    }  # fmt: skip


def _gateway(books: Books) -> None:
    said = [rec for rec in books.records if rec.topic == "scheduling.appointments"]
    party = f"clinics/{CLINIC}"
    feed = [
        {"party": party, "sequence": n, "source": rec.headers["ce_source"], "id": rec.headers["ce_id"],
         "type": rec.type, "data": rec.value.decode()}
        for n, rec in enumerate(said, 1)
    ]  # fmt: skip
    books.readers = {party: [{"sequence": row["sequence"], "source": row["source"], "id": row["id"]} for row in feed]}
    refs = [rec.ref for rec in books.records if rec.ref.partition("/")[0] in ("unions", "clinics")]
    books.tables["gateway"] |= {
        "receipts": [{"ref": ref, "state": "answered"} for ref in refs],
        "answers": [{"ref": said[0].ref, "body": "{}"}],
        "causation": [{"event_key": uuid5(NAMESPACE_URL, rec.ref)} for rec in books.records],
        "feeds": feed,
        "appointments": [_seat("an", "kept"), _seat("binh", "made")],
        "workers": _workers(),
        "deliveries": [],
    }
