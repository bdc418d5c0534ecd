"""The checker finds every kind of fault that is planted in books that agreed: one that never fails proves nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from ledger_books import Books, Rec
from ledger_checker import check
from ledger_sample import CLINIC, OTHER_CLINIC, UNION, agreed, an_id

Plant = Callable[[Books], Any]


def find(books: Books, kind: str) -> Rec:
    return next(rec for rec in books.records if kind in rec.type)


def change(books: Books, kind: str, **values: Any) -> None:
    changed = find(books, kind)
    books.records[books.records.index(changed)] = replace(changed, **values)


def again(books: Books, kind: str, **headers: str) -> None:
    """One more record like an earlier one, at the end of its partition."""
    first = find(books, kind)
    offset = max(rec.offset for rec in books.records if rec.topic == first.topic) + 1
    books.records.append(replace(first, offset=offset, headers={**first.headers, **headers}))


def entry(books: Books, kind: str) -> Any:
    return next(entry for entry in books.ledger if kind in entry.type)


def row(books: Books, service: str, table: str, n: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = books.tables[service][table][n]
    return found


def swap(books: Books) -> None:
    made, kept = find(books, "appointment.made"), find(books, "appointment.kept")
    change(books, "appointment.made", offset=kept.offset)
    change(books, "appointment.kept", offset=made.offset)


def swap_feed(books: Books) -> None:
    first, last = row(books, "gateway", "feeds", 0), row(books, "gateway", "feeds", 2)
    for name in ("source", "id", "type", "data"):
        first[name], last[name] = last[name], first[name]


def swap_words(books: Books) -> None:
    entry(books, "section").number, entry(books, "examination.concluded").number = 2, 1


def overbook(books: Books) -> None:
    row(books, "scheduling", "sessions")["windows"] = '[[450, 1, {"MEA": 2}]]'


def overbook_a_desk(books: Books) -> None:
    row(books, "scheduling", "sessions")["windows"] = '[[450, 2, {"MEA": 1}]]'


def seat_twice(books: Books) -> None:
    row(books, "scheduling", "appointments", 1)["health_check_id"] = an_id("check of an")


def narrow_the_line(books: Books) -> None:
    row(books, "scheduling", "lines")["max_absent_pct"] = 10


def poison(books: Books) -> None:
    broken = Rec("unions.requests", 0, 99, "poison", {"ce_source": "unions/nobody", "ce_id": "1"}, b"{")
    books.records.append(broken)
    books.poison["unions.requests", 0, 99] = ["scheduling"]


def park(books: Books) -> None:
    books.tables["scheduling"]["dead_letters"].append(
        {"id": uuid4(), "topic": "unions.requests", "partition": 0, "offset": 99, "reason": "broken"}
    )


def poison_unseen(books: Books) -> None:
    poison(books)
    park(books)


def tell_the_other_clinic(books: Books) -> None:
    told = row(books, "gateway", "feeds", 0)
    other = f"clinics/{OTHER_CLINIC}"
    books.tables["gateway"]["feeds"] += [
        {**told, "party": other}, {**told, "party": other, "sequence": 2, "data": f'{{"clinic_id": "{OTHER_CLINIC}"}}'}
    ]  # fmt: skip


def lose_cause(books: Books) -> None:
    headers = {**find(books, "appointment.made").headers, "ce_causationid": "registry#nobody"}
    change(books, "appointment.made", headers=headers)


def forget_cause(books: Books) -> None:
    headers = {**find(books, "visit.concluded").headers}
    del headers["ce_causationid"]
    change(books, "visit.concluded", headers=headers)


PLANTED: list[tuple[str, str, Plant]] = [
    ("I1", "an acknowledged event lost", lambda books: books.records.remove(find(books, "booking.requested"))),
    ("I1", "a receipt lost", lambda books: books.tables["gateway"]["receipts"].pop(1)),
    ("I1", "a receipt never answered", lambda books: row(books, "gateway", "receipts", 1).update(state="stored")),
    ("I1", "a receipt parked", lambda books: row(books, "gateway", "receipts", 1).update(state="parked")),
    ("I2", "an effect said twice", lambda books: again(books, "appointment.kept", ce_id="2", ce_sequence="3")),
    ("I2", "a copy with another content", lambda books: again(books, "appointment.kept", ce_sequence="1")),
    ("I2", "a refused event that went on", lambda books: setattr(entry(books, "booking"), "reply", "failed")),
    ("I2", "two receipts for one word", lambda books: entry(books, "booking").receipts.update({"1", "2"})),
    ("I2", "a visit counted twice", lambda books: row(books, "coordination", "people").update(visits=2)),
    ("I2", "a conclusion that counted for nobody", lambda b: row(b, "coordination", "people").update(examined_on=None)),
    ("I2", "somebody planned for another day",
     lambda books: row(books, "coordination", "people", 1).update(planned_on=date(2026, 7, 2))),
    ("I3", "a version committed and never said", lambda books: row(books, "scheduling", "versions").update(version=2)),
    ("I3", "a version said and never committed", lambda books: books.tables["results"]["versions"].pop()),
    ("I3", "an appointment said and not kept", lambda books: books.tables["scheduling"]["appointments"].pop()),
    ("I3", "an appointment in another state",
     lambda books: row(books, "scheduling", "appointments").update(state="missed")),
    ("I3", "a conclusion nobody said",
     lambda books: books.tables["results"]["conclusions"].append({"visit_id": an_id("x"), "version": 1})),
    ("I3", "a conclusion kept twice",
     lambda books: books.tables["results"]["conclusions"].append(row(books, "results", "conclusions"))),
    ("I3", "a desk's record lost", lambda books: books.tables["results"]["records"].pop()),
    ("I3", "a worker nobody registered",
     lambda books: books.tables["registry"]["workers"].append({"worker_id": an_id("x"), "left_on": None})),
    ("I3", "a check nobody derived", lambda books: books.tables["scheduling"]["checks"].append(
        {"health_check_id": an_id("x"), "worker_id": an_id("x"), "state": "open"})),
    ("I3", "a receipt without its event",
     lambda books: books.tables["gateway"]["receipts"].append({"ref": f"{UNION}#x", "state": "stored"})),
    ("I4", "two versions swapped", swap),
    ("I4", "two words swapped", swap_words),
    ("I4", "a feed with a gap", lambda books: books.tables["gateway"]["feeds"].pop(1)),
    ("I4", "a feed that tells twice", lambda books: books.tables["gateway"]["feeds"].append(
        {**row(books, "gateway", "feeds", 0), "sequence": 4})),
    ("I4", "a feed out of order", swap_feed),
    ("I4", "a feed without an appointment", lambda books: books.tables["gateway"]["feeds"].pop()),
    ("I4", "a reader who was told something else",
     lambda books: books.readers[f"clinics/{CLINIC}"][0].update(id=str(uuid4()))),
    ("I4", "a reader who missed something", lambda books: books.readers[f"clinics/{CLINIC}"].pop()),
    ("I5", "an overbooked window", overbook),
    ("I5", "an overbooked desk", overbook_a_desk),
    ("I5", "two seats for one check", seat_twice),
    ("I5", "too many of a line away", narrow_the_line),
    ("I6", "poison that vanished", poison),
    ("I6", "poison that nobody sees", poison_unseen),
    ("I6", "a good message parked", park),
    ("I7", "a message that waits", lambda books: books.tables["results"]["waiting"].append(
        {"topic": "clinics.examinations", "kind": "visit", "id": "1"})),
    ("I7", "an event not published", lambda books: books.tables["results"]["outbox"].append(
        {"topic": "results.visits", "key": "1", "sequence": 1})),
    ("I3", "the edge behind", lambda books: row(books, "gateway", "appointments").update(state="made")),
    ("I8", "findings in a feed", lambda books: row(books, "gateway", "feeds").update(data='{"final_class": 5}')),
    ("I8", "findings in a receipt", lambda books: row(books, "gateway", "answers").update(body='{"diseases": []}')),
    ("I8", "findings on an open topic", lambda books: change(books, "request.answered", value=b'{"final_class": 5}')),
    ("I8", "another clinic told", tell_the_other_clinic),
    ("I9", "an effect of nothing", forget_cause),
    ("I9", "an effect of something unknown", lose_cause),
    ("I9", "an event that the chain lacks", lambda books: books.tables["gateway"]["causation"].pop()),
]  # fmt: skip


def test_books_that_agree_have_no_violation() -> None:
    assert check(agreed()) == []


@pytest.mark.parametrize(("invariant", "plant"), [(i, p) for i, _, p in PLANTED], ids=[text for _, text, _ in PLANTED])
def test_a_planted_violation_is_found(invariant: str, plant: Plant) -> None:
    books = agreed()

    plant(books)

    assert invariant in {violation.invariant for violation in check(books)}


def test_copies_of_a_record_are_no_violation() -> None:
    books = agreed()

    again(books, "appointment.made")
    again(books, "booking.requested")

    assert check(books) == []


def test_what_was_left_unknown_may_have_happened_or_not() -> None:
    happened, lost = agreed(), agreed()
    entry(happened, "booking").reply = "unknown"
    never = replace(entry(lost, "booking"), id=uuid4(), reply="unknown")

    lost.ledger.append(never)

    assert check(happened) == []
    assert check(lost) == []


def test_parked_poison_that_the_edge_shows_is_no_violation() -> None:
    books = agreed()
    poison_unseen(books)
    letter = row(books, "scheduling", "dead_letters")["id"]

    books.tables["gateway"]["deliveries"].append({"dead_letter_id": letter, "state": "parked"})

    assert check(books) == []
