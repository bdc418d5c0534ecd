"""The invariants that compare state with what was said of it: I3 and I5 to I8, as pure functions over the books."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from json import loads
from typing import Any
from uuid import UUID

from ledger_books import Books, Rec
from ledger_rules import CLASSES, PARTIES, first_appearances

from contracts.base import Sensitivity, sensitivity_of
from contracts.topics import load

STEP = 5
DAY = 1440
RESTRICTED = {topic.name for topic in load() if topic.restricted}


def _fields(*levels: Sensitivity) -> set[str]:
    return {
        name for event_class in CLASSES.values() for name, member in event_class.model_fields.items()
        if sensitivity_of(member) in levels
    }  # fmt: skip


# Names that only findings bear: a class or a reason may also be what anybody concerned may read.
FINDINGS = _fields(Sensitivity.HEALTH) - _fields(Sensitivity.PUBLIC, Sensitivity.PSEUDONYMOUS)
BOOKED = {"made": "booked", "moved": "booked", "kept": "kept", "missed": "missed", "cancelled": "cancelled"}


def _verb(rec: Rec) -> str:
    return rec.type.split(".")[-2]


def _noun(rec: Rec) -> str:
    return ".".join(rec.type.split(".")[2:-1])


def _told(books: Books, topic: str) -> Iterator[tuple[Rec, dict[str, Any]]]:
    """Every event of a topic once, in the order of its aggregates, with its data."""
    said = [rec for rec in first_appearances(books) if rec.topic == topic]
    return ((rec, loads(rec.value)) for rec in sorted(said, key=lambda rec: rec.sequence))


def _differences(what: str, said: Mapping[Any, Any], kept: Mapping[Any, Any]) -> Iterator[str]:
    for key in sorted({*said, *kept}, key=str):
        if said.get(key) != kept.get(key):
            yield f"{what} {key}: the topic says {said.get(key)}, the database {kept.get(key)}"


def appointments(books: Books) -> Iterator[str]:
    """I3, I7: scheduling's appointments and the gateway's are what the topic says last of each."""
    said: dict[UUID, tuple[str, UUID, int]] = {}
    for rec, data in _told(books, "scheduling.appointments"):
        key = UUID(data["appointment_id"])
        seat = (UUID(data["session_id"]), data["window"]) if "window" in data else said[key][1:]
        said[key] = (_verb(rec), *seat)
    kept = _seats(books.rows("scheduling", "appointments"), "window_index")
    shown = _seats(books.rows("gateway", "appointments"), "window")
    yield from _differences("appointment", {key: (BOOKED[v], *seat) for key, (v, *seat) in said.items()}, kept)
    yield from _differences("appointment at the edge", said, shown)


def _seats(rows: Iterable[Any], window: str) -> dict[UUID, tuple[str, UUID, int]]:
    return {row["appointment_id"]: (row["state"], row["session_id"], row[window]) for row in rows}


def checks(books: Books) -> Iterator[str]:
    """I3: due checks, their ends, and where people stand in the campaign are what the topics say."""
    due: dict[UUID, UUID] = {}
    ended: dict[UUID, str] = {}
    for rec, data in _told(books, "scheduling.health-checks"):
        if _verb(rec) == "became-due":
            due[UUID(data["health_check_id"])] = UUID(data["worker_id"])
            ended.pop(UUID(data["health_check_id"]), None)  # whoever left and is listed again is due again
        elif _verb(rec) == "withdrawn":
            ended[UUID(data["health_check_id"])] = data["reason"]
    rows = books.rows("scheduling", "checks")
    yield from _differences("due check", due, {row["health_check_id"]: row["worker_id"] for row in rows})
    states = {row["health_check_id"]: row["state"] for row in rows if row["state"] in ("left", "refused")}
    yield from _differences("end of a check", ended, states)
    people = {row["health_check_id"]: row["ended"] for row in books.rows("coordination", "people") if row["ended"]}
    yield from _differences("end of a person", ended, people)


def people(books: Books) -> Iterator[str]:
    """I2, I3: visits, misses, conclusions and days are counted once for everybody."""
    said: dict[UUID, Counter[str]] = defaultdict(Counter)
    for rec, data in _told(books, "scheduling.appointments"):
        if _verb(rec) in ("kept", "missed"):
            said[UUID(data["worker_id"])][_verb(rec)] += 1
    concluded = {UUID(data["worker_id"]) for _, data in _told(books, "results.visits")}
    booked = [row for row in books.rows("scheduling", "appointments") if row["state"] == "booked"]
    planned = {row["worker_id"]: row["day"] for row in booked}
    for row in books.rows("coordination", "people"):
        worker = row["worker_id"]
        if (row["visits"], row["missed"]) != (said[worker]["kept"], said[worker]["missed"]):
            yield f"{worker} has {row['visits']} visits and {row['missed']} misses counted, of {dict(said[worker])}"
        if (row["examined_on"] is not None) != (worker in concluded):
            yield f"{worker} is examined on {row['examined_on']}, and concluded is {worker in concluded}"
        if worker in planned and row["planned_on"] != planned[worker]:
            yield f"{worker} is planned for {row['planned_on']} and booked for {planned[worker]}"


def examinations(books: Books) -> Iterator[str]:
    """I3: conclusions and records are what was said and not refused, each once."""
    signed = Counter(
        (UUID(data["visit_id"]), data["version"])
        for rec, data in _told(books, "results.examinations") if _noun(rec).startswith("results.examination.")
    )  # fmt: skip
    kept = Counter((row["visit_id"], row["version"]) for row in books.rows("results", "conclusions"))
    yield from _differences("conclusion", signed, kept)
    facts = Counter((UUID(data["visit_id"]), data["version"]) for _, data in _told(books, "results.visits"))
    yield from _differences("fact of a conclusion", facts, kept)
    refused = {cause for rec, _ in _told(books, "results.refusals") for cause in rec.causes}
    posted = Counter(
        rec.ref for rec, _ in _told(books, "clinics.examinations")
        if _verb(rec) in ("recorded", "reported") and rec.ref not in refused
    )  # fmt: skip
    yield from _differences("record", posted, Counter(row["source"] for row in books.rows("results", "records")))


def registers(books: Books) -> Iterator[str]:
    """I3, I7: workers, lines, organisations and programmes are those that were said, here and at the edge."""
    workers: dict[UUID, bool] = {}
    for rec, data in _told(books, "registry.workers"):
        if _verb(rec) in ("registered", "changed", "left"):
            workers[UUID(data["worker_id"])] = _verb(rec) == "left"
    for service in ("registry", "gateway"):
        kept = {row["worker_id"]: row["left_on"] is not None for row in books.rows(service, "workers")}
        yield from _differences(f"worker in {service}", workers, kept)
    for topic, table, column in (("registry.lines", "lines", "line_id"),
                                 ("registry.organisations", "organisations", "organisation_id")):  # fmt: skip
        said = {UUID(data[column]): True for _, data in _told(books, topic)}
        yield from _differences(column, said, {row[column]: True for row in books.rows("registry", table)})
    signed = {UUID(data["programme_id"]): True for _, data in _told(books, "coordination.programmes")}
    kept = {row["programme_id"]: True for row in books.rows("coordination", "programmes") if row["signed_at"]}
    yield from _differences("signed programme", signed, kept)


def receipts(books: Books) -> Iterator[str]:
    """I3: every event of a party has its receipt, and every receipt its event."""
    said = {
        rec.ref: True for rec in first_appearances(books)
        if rec.ref.partition("/")[0] in PARTIES and "roster-chunk" not in rec.type
    }  # fmt: skip
    yield from _differences("receipt", said, {row["ref"]: True for row in books.rows("gateway", "receipts")})


def capacity(books: Books) -> Iterator[str]:
    """I5: windows and stations hold no more than they can, checks have one live appointment."""
    windows = {row["session_id"]: loads(row["windows"]) for row in books.rows("scheduling", "sessions")}
    arrivals: Counter[tuple[UUID, int, str]] = Counter()
    live: Counter[UUID] = Counter()
    for row in books.rows("scheduling", "appointments"):
        if row["state"] in ("booked", "kept"):
            live[row["health_check_id"]] += 1
            arrivals.update((row["session_id"], row["window_index"], station) for station in ("", *row["stations"]))
    for check, number in live.items():
        if number > 1:
            yield f"check {check} has {number} live appointments"
    for (session, index, station), number in arrivals.items():
        _, total, at_station = windows[session][index]
        ceiling = at_station.get(station, 0) if station else total
        if number > ceiling:
            yield f"window {index} of session {session} has {number} arrivals at {station or 'the door'}, of {ceiling}"


def ceilings(books: Books) -> Iterator[str]:
    """I5: no more of a line are away at any minute of its shifts than agreed; walk-ins stand at the door anyway."""
    lines = {row["line_id"]: row for row in books.rows("scheduling", "lines")}
    crews = {row["health_check_id"]: row for row in books.rows("scheduling", "checks")}
    walked_in = {UUID(d["appointment_id"]) for _, d in _told(books, "scheduling.appointments") if d.get("walk_in")}
    away: Counter[tuple[UUID, int]] = Counter()
    for row in books.rows("scheduling", "appointments"):
        check = crews[row["health_check_id"]]
        line = lines.get(check["crew_id"])
        if row["state"] in ("booked", "kept") and row["appointment_id"] not in walked_in and line is not None:
            travel = loads(line["reaches"]).get(row["site"], 0)
            start = row["day"].toordinal() * DAY + row["start_minute"] - travel
            end = start + check["cycle_minutes"] + 2 * travel
            away.update((line["line_id"], step) for step in range(start // STEP, -(-end // STEP)) if _works(line, step))
    for (line_id, step), number in away.items():
        ceiling = max(1, lines[line_id]["headcount"] * lines[line_id]["max_absent_pct"] // 100)
        if number > ceiling:
            yield f"{number} of line {line_id} are away at step {step}, of {ceiling}"
            return


def _works(line: Any, step: int) -> bool:
    day, minute = divmod(step * STEP, DAY)
    pattern = loads(line["shifts"])
    shift = pattern[(day - line["shifts_from"].toordinal()) % len(pattern)]
    return shift is not None and shift[0] <= minute < shift[1]


def poison(books: Books) -> Iterator[str]:
    """I6: every broken record is parked where it was read, is seen at the edge, and nothing else is parked."""
    seen = {row["dead_letter_id"] for row in books.rows("gateway", "deliveries") if row["state"] == "parked"}
    for service in books.tables:
        parked = {(r["topic"], r["partition"], r["offset"]): r for r in books.rows(service, "dead_letters")}
        expected = {place for place, readers in books.poison.items() if service in readers}
        for place in expected - parked.keys():
            yield f"{service} read a broken record at {place} and has not parked it"
        for place in parked.keys() - expected:
            yield f"{service} parked {place}: {parked[place]['reason']}"
        for place in expected & parked.keys():
            if parked[place]["id"] not in seen:
                yield f"the edge does not show what {service} parked at {place}"


def nothing_waits(books: Books) -> Iterator[str]:
    """I7: nobody waits for anything any more, and nothing is left to be published."""
    for service in books.tables:
        for row in books.rows(service, "waiting"):
            yield f"in {service} a message of {row['topic']} waits for {row['kind']} {row['id']}"
        for row in books.rows(service, "outbox"):
            yield f"{service} has not published version {row['sequence']} of {row['topic']} {row['key']}"


def entitled(books: Books) -> Iterator[str]:
    """I8: findings stand in restricted topics only; no feed and no receipt has any of them."""
    open_to_many = (rec for rec in first_appearances(books) if rec.topic not in RESTRICTED)
    yield from _clean("an open topic's", ((rec.ref, rec.value) for rec in open_to_many))
    yield from _clean("the feed of", ((row["party"], row["data"]) for row in books.rows("gateway", "feeds")))
    yield from _clean("the answer", ((row["ref"], row["body"]) for row in books.rows("gateway", "answers")))
    clinic_of = {row["party"].partition("/")[2]: row["party"] for row in books.rows("gateway", "feeds")}
    for row in books.rows("gateway", "feeds"):
        owner = loads(row["data"]).get("clinic_id")
        if owner in clinic_of and clinic_of[owner] != row["party"] and "from_clinic_id" not in loads(row["data"]):
            yield f"{row['party']} was told {row['source']}#{row['id']}, which is {owner}'s"


def _clean(where: str, told: Iterable[tuple[str, str | bytes]]) -> Iterator[str]:
    for name, text in told:
        found = FINDINGS & loads(text).keys()
        if found:
            yield f"{where} {name} tells {sorted(found)}"


STATE_RULES: list[tuple[str, Callable[[Books], Iterator[str]]]] = [
    ("I3", appointments), ("I3", checks), ("I2", people), ("I3", examinations), ("I3", registers), ("I3", receipts),
    ("I5", capacity), ("I5", ceilings), ("I6", poison), ("I7", nothing_waits), ("I8", entitled),
]  # fmt: skip
