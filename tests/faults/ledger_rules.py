"""The invariants I1 to I5 and I9 as pure functions over the books; each returns what violates it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from json import loads
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ledger_books import Books, Rec

from contracts import catalogue
from contracts.topics import load

CLASSES = catalogue.BY_TYPE
WRITERS = {topic.name: topic.writers[0] for topic in load()}
PARTIES = ("unions", "health", "clinics", "operations")


@dataclass(frozen=True, slots=True)
class Violation:
    """Which invariant does not hold, and by what one sees it."""

    invariant: str
    text: str


def _events(books: Books) -> list[Rec]:
    """The records that services wrote, in the order of their partitions."""
    written = [rec for rec in books.records if (rec.topic, rec.partition, rec.offset) not in books.poison]
    return sorted(written, key=lambda rec: (rec.topic, rec.partition, rec.offset))


def first_appearances(books: Books) -> list[Rec]:
    """Each event once, where it stands first."""
    seen: dict[str, Rec] = {}
    for rec in _events(books):
        seen.setdefault(rec.ref, rec)
    return list(seen.values())


def copies(books: Books) -> int:
    """How many records repeat an event."""
    events = _events(books)
    return len(events) - len({rec.ref for rec in events})


def acknowledged(books: Books) -> Iterator[str]:
    """I1: what was replied ok stands in its topic, has its receipt, and the receipt is answered."""
    in_topics = {rec.ref for rec in _events(books)}
    receipts = {row["ref"]: row for row in books.rows("gateway", "receipts")}
    incomplete = _incomplete(books)
    for entry in books.ledger:
        receipt = receipts.get(entry.ref)
        if entry.reply != "ok":
            continue
        if entry.ref not in in_topics:
            yield f"{entry.type} {entry.ref} was acknowledged and stands in no topic"
        if receipt is None:
            yield f"{entry.type} {entry.ref} was acknowledged and has no receipt"
        elif receipt["state"] != "answered" and entry.ref not in incomplete and CLASSES[entry.type].entry.answered_by:
            yield f"{entry.type} {entry.ref} was acknowledged and its receipt is {receipt['state']}"


def _incomplete(books: Books) -> set[str]:
    """Records of visits whose other desks have not reported, which nobody answers yet."""
    visits = {row["visit_id"]: row for row in books.rows("results", "visits")}
    open_visits = {key for key, row in visits.items() if set(row["stations"]) - {"REC"} - set(row["received"])}
    return {row["source"] for row in books.rows("results", "records") if row["visit_id"] in open_visits}


def once(books: Books) -> Iterator[str]:
    """I2: copies are alike; nothing said leads twice to the same; failed says nothing; one receipt, one answer."""
    by_ref: dict[str, Rec] = {}
    effects: Counter[tuple[str, str, str, bytes]] = Counter()
    for rec in _events(books):
        first = by_ref.setdefault(rec.ref, rec)
        if (first.value, first.sequence, first.key, first.topic) != (rec.value, rec.sequence, rec.key, rec.topic):
            yield f"{rec.ref} stands in {rec.topic} with two contents"
        if first is rec:
            effects.update((cause, rec.type, rec.key, _timeless(rec)) for cause in rec.causes)
    for (cause, kind, key, _), number in effects.items():
        if number > 1:
            yield f"{cause} led {number} times to the same {kind} of {key}"
    for entry in books.ledger:
        if entry.reply == "failed" and entry.ref in by_ref:
            yield f"{entry.ref} was refused and stands in {entry.topic}"
        if len(entry.receipts) > 1:
            yield f"{entry.ref} has several receipts: {sorted(entry.receipts)}"
    yield from _answered_once(books, by_ref.values())


def _timeless(rec: Rec) -> bytes:
    """What an event says, without the id that is made anew each time it is said."""
    if ".delivery." not in rec.type:
        return rec.value
    return rec.key.encode()


def _answered_once(books: Books, events: Iterable[Rec]) -> Iterator[str]:
    answers: Counter[tuple[str, str]] = Counter()
    types = {entry.ref: entry.type for entry in books.ledger}
    for rec in events:
        for cause in rec.causes:
            if cause in types and rec.type in CLASSES[types[cause]].entry.answered_by and rec.type in SINGLE:
                answers[cause, rec.type] += 1
    for (cause, kind), number in answers.items():
        if number > 1:
            yield f"{cause} was answered {number} times by {kind}"


SINGLE = {
    f"vn.khamdoan.{name}.v1"
    for name in (
        "scheduling.appointment.kept", "scheduling.appointment.missed", "scheduling.attendance.refused",
        "results.examination.concluded", "results.examination.amended", "results.record.refused",
        "registry.roster.assessed", "registry.organisation.registered", "registry.line.registered",
        "coordination.approval.recorded", "coordination.approval.refused", "coordination.day.started",
        "scheduling.session.refused", "scheduling.permit.noted", "registry.leaving.recorded",
    )
}  # fmt: skip


def versions(books: Books) -> Iterator[str]:
    """I3: every version that a database committed stands in its topic, and no other does."""
    said: dict[tuple[str, str], set[int]] = defaultdict(set)
    for rec in _events(books):
        said[rec.topic, rec.key].add(rec.sequence)
    committed = {
        (row["topic"], row["key"]): row["version"]
        for service in books.tables for row in books.rows(service, "versions")
        if WRITERS.get(row["topic"]) == service
    }  # fmt: skip
    for aggregate, version in committed.items():
        missing = set(range(1, version + 1)) - said.get(aggregate, set())
        if missing:
            yield f"versions {sorted(missing)[:5]} of {aggregate} are committed and stand in no topic"
    for aggregate, numbers in said.items():
        if max(numbers, default=0) > committed.get(aggregate, 0):
            yield f"version {max(numbers)} of {aggregate} stands in the topic and is committed nowhere"


def order(books: Books) -> Iterator[str]:
    """I4: first appearances of an aggregate count up one by one, in topics, in feeds, and as portals said them."""
    last: Counter[tuple[str, str]] = Counter()
    firsts = first_appearances(books)
    for rec in firsts:
        if rec.sequence != last[rec.topic, rec.key] + 1:
            yield f"{rec.topic} {rec.key}: version {rec.sequence} first appears after {last[rec.topic, rec.key]}"
        last[rec.topic, rec.key] = max(rec.sequence, last[rec.topic, rec.key])
    by_ref = {rec.ref: rec for rec in firsts}
    yield from _feed_order(books, by_ref)
    spoken: dict[tuple[str, str, str], list[Any]] = defaultdict(list)
    for entry in sorted(books.ledger, key=lambda entry: entry.number):
        if entry.ref in by_ref and entry.reply == "ok":
            spoken[entry.worker, entry.topic, entry.key].append(entry)
    for (worker, _, key), entries in spoken.items():
        sequences = [by_ref[entry.ref].sequence for entry in entries]
        if sequences != sorted(sequences):
            yield f"{worker} was acknowledged about {key} one after the other; versions are {sequences}"


def _feed_order(books: Books, by_ref: dict[str, Rec]) -> Iterator[str]:
    logs: dict[str, list[Any]] = defaultdict(list)
    for row in books.rows("gateway", "feeds"):
        logs[row["party"]].append(row)
    for party, rows in logs.items():
        if [row["sequence"] for row in rows] != list(range(1, len(rows) + 1)):
            yield f"the feed of {party} has gaps"
        refs = [f"{row['source']}#{row['id']}" for row in rows]
        if len(set(refs)) != len(refs):
            yield f"the feed of {party} tells something twice"
        reached: Counter[tuple[str, str]] = Counter()
        for ref in refs:
            rec = by_ref.get(ref)
            if rec is None:
                yield f"the feed of {party} tells {ref}, which stands in no topic"
            elif rec.sequence < reached[rec.topic, rec.key]:
                yield f"the feed of {party} tells {ref} after a later version"
            else:
                reached[rec.topic, rec.key] = rec.sequence
    for party, received in books.readers.items():
        yield from _as_logged(party, received, logs.get(party, []))
    yield from _told(logs, by_ref.values())


def _as_logged(party: str, received: list[dict[str, Any]], log: list[Any]) -> Iterator[str]:
    """A reader's entries, whenever and however often it read them, are the log's; together they are all of it."""
    for entry in received:
        place = entry["sequence"] - 1
        if place >= len(log) or (log[place]["source"], log[place]["id"]) != (entry["source"], entry["id"]):
            yield f"a reader of {party} received number {entry['sequence']} as {entry['source']}#{entry['id']}"
    missing = {row["sequence"] for row in log} - {entry["sequence"] for entry in received}
    if missing:
        yield f"readers of {party} never received {sorted(missing)[:5]}"


def _told(logs: dict[str, list[Any]], events: Iterable[Rec]) -> Iterator[str]:
    """What a clinic is told of appointments is all that was said of them."""
    logged = {(party, f"{row['source']}#{row['id']}") for party, rows in logs.items() for row in rows}
    for rec in events:
        if rec.topic == "scheduling.appointments" and rec.type in CLASSES:
            party = f"clinics/{loads(rec.value)['clinic_id']}"
            if (party, rec.ref) not in logged:
                yield f"{rec.type} {rec.ref} is missing in the feed of {party}"


def causes(books: Books) -> Iterator[str]:
    """I9: every chain of causes ends at something that a party said, and the gateway's table has every event."""
    events = {rec.ref: rec for rec in first_appearances(books)}
    poisoned = {rec.ref for rec in books.records if (rec.topic, rec.partition, rec.offset) in books.poison}
    rooted: dict[str, bool] = {}

    def ends_well(ref: str, behind: tuple[str, ...] = ()) -> bool:
        if ref not in rooted:
            rec = events.get(ref)
            if ref in poisoned or (rec is not None and ref.partition("/")[0] in PARTIES):
                rooted[ref] = True
            elif rec is None or ref in behind:
                rooted[ref] = False
            elif not rec.causes:
                rooted[ref] = ".delivery." in rec.type
            else:
                rooted[ref] = all(ends_well(cause, (*behind, ref)) for cause in rec.causes)
        return rooted[ref]

    for ref, rec in events.items():
        if not ends_well(ref):
            yield f"{rec.type} {ref} does not come from anything that a party said ({rec.causes})"
    drawn = {row["event_key"]: row for row in books.rows("gateway", "causation")}
    for ref, rec in events.items():
        if rec.type in CLASSES and uuid5(NAMESPACE_URL, ref) not in drawn:
            yield f"{rec.type} {ref} is missing in the gateway's causation"


RULES = [("I1", acknowledged), ("I2", once), ("I3", versions), ("I4", order), ("I9", causes)]
