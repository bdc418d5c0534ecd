"""Registrars decide who is one person; workers are merged and separated, and nothing that was known is lost."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from registry_builders import (
    PROVINCE,
    UNIT,
    Register,
    a_federation,
    a_person,
    a_roster,
    a_sheet,
    an_organisation,
    said_by,
    says,
)

from contracts.base import Event
from contracts.registry import (
    DeclarationRefused,
    IdentityReviewSettled,
    WorkerMerged,
    WorkerMergeUndone,
)
from contracts.unions import IdentityReviewDecided

pytestmark = pytest.mark.stack

OTHER_UNIT = UUID(int=3)
NAMED = {"name": "Nguyễn Thị Hường", "code": None}


def word(review_id: UUID, decision: str = "same") -> IdentityReviewDecided:
    return IdentityReviewDecided.model_validate(
        {"review_id": review_id, "decision": decision, "ground": "documents-seen"}
    )


def registrar_says(event: Event, union: UUID = PROVINCE) -> Any:
    return said_by(event, f"unions/{union}")


async def reviews(register: Register) -> list[Any]:
    return list(await register.database.pool.fetch("SELECT * FROM reviews ORDER BY found_at, review_id"))


async def persons(register: Register) -> dict[UUID, UUID]:
    rows = await register.database.pool.fetch("SELECT worker_id, person_id FROM merges WHERE worker_id <> person_id")
    return {row["worker_id"]: row["person_id"] for row in rows}


def of(kind: type[Event], said: Sequence[Event]) -> list[Any]:
    return [event for event in said if isinstance(event, kind)]


async def two_spellings(register: Register) -> tuple[UUID, UUID, UUID]:
    """A worker, one who may be the same under another spelling, and the doubt about them."""
    await register.with_units(UNIT, OTHER_UNIT)
    first = (await register.take(a_person(1, **NAMED, cccd=None))).worker_ids[0]
    second = (await register.take(a_person(1, **NAMED | {"name": "Nguyễn Thị Hươngg"}, cccd=None))).worker_ids[0]
    (review,) = await reviews(register)
    return first, second, review["review_id"]


async def test_a_word_merges_under_who_was_registered_first_and_says_so(register: Register) -> None:
    first, second, review_id = await two_spellings(register)

    said = await register.hear(registrar_says(word(review_id)))

    assert of(WorkerMerged, said) == [WorkerMerged(worker_id=second, person_id=first, version=1)]
    assert of(IdentityReviewSettled, said) == [
        IdentityReviewSettled(review_id=review_id, decision="same", person_id=first)
    ]
    assert await persons(register) == {second: first}


async def test_an_undo_restores_what_was_and_puts_the_doubt_back_into_the_queue(register: Register) -> None:
    first, second, review_id = await two_spellings(register)
    await register.hear(registrar_says(word(review_id)))

    said = await register.hear(registrar_says(word(review_id, "undo")))

    assert of(WorkerMergeUndone, said) == [WorkerMergeUndone(worker_id=second, person_id=first, version=2)]
    assert await persons(register) == {}
    assert [review["state"] for review in await reviews(register)] == ["open"]


async def test_the_same_word_twice_changes_nothing_more(register: Register) -> None:
    _, _, review_id = await two_spellings(register)
    await register.hear(registrar_says(word(review_id)))

    again = await register.hear(registrar_says(word(review_id)))

    assert [type(event) for event in again] == [IdentityReviewSettled]


@pytest.mark.parametrize("union", [UNIT, OTHER_UNIT, UUID(int=404)])
async def test_the_grassroots_and_strangers_may_not_decide(register: Register, union: UUID) -> None:
    _, _, review_id = await two_spellings(register)

    said = await register.hear(registrar_says(word(review_id), union))

    assert [event.problems[0].code for event in of(DeclarationRefused, said)] == ["identity_review.not_a_registrar"]
    assert await persons(register) == {}


async def test_a_federation_above_one_unit_alone_may_not_decide_about_two(register: Register) -> None:
    other = UUID(int=50)
    await register.with_units(UNIT)
    await register.hear(
        says(a_federation(organisation_id=other, code="LDLD-2"), other),
        says(an_organisation(organisation_id=OTHER_UNIT, code="CDCS-3", parent_id=other), other),
    )
    await register.take(a_person(1, cccd=None, code=None))
    elsewhere = a_roster(register.key, a_sheet(a_person(1, cccd=None, code=None)), unit_id=OTHER_UNIT)
    await register.hear(*(says(event, other) for event in elsewhere.events))
    (review,) = await reviews(register)

    said = await register.hear(registrar_says(word(review["review_id"]), other))

    assert [event.problems[0].code for event in of(DeclarationRefused, said)] == ["identity_review.not_a_registrar"]


@pytest.mark.parametrize("decision", ["same", "different", "undo"])
async def test_a_word_on_nothing_is_refused(register: Register, decision: str) -> None:
    await register.with_units()

    said = await register.hear(registrar_says(word(uuid4(), decision)))

    assert [event.problems[0].code for event in of(DeclarationRefused, said)] == ["identity_review.unknown"]


async def test_nothing_can_be_undone_before_it_was_decided(register: Register) -> None:
    _, _, review_id = await two_spellings(register)

    said = await register.hear(registrar_says(word(review_id, "undo")))

    assert [event.problems[0].code for event in of(DeclarationRefused, said)] == ["identity_review.not_decided"]


async def three_spellings(register: Register) -> dict[tuple[UUID, UUID], UUID]:
    """Three workers who may all be one person, and the doubt about each pair."""
    await register.with_units()
    for name in ("Nguyễn Thị Hường", "Nguyễn Thị Hườngg", "Nguyễn Thị Hườnggg"):
        await register.take(a_person(1, name=name, cccd=None, code=None))
    return {(row["worker_id"], row["other_id"]): row["review_id"] for row in await reviews(register)}


async def test_a_word_that_contradicts_others_is_refused(register: Register) -> None:
    doubts = await three_spellings(register)
    first, second, third = sorted({worker for pair in doubts for worker in pair})
    await register.hear(registrar_says(word(doubts[second, first])))
    await register.hear(registrar_says(word(doubts[third, second], "different")))

    said = await register.hear(registrar_says(word(doubts[third, first])))

    assert [event.problems[0].code for event in of(DeclarationRefused, said)] == ["identity_review.contradicted"]
    assert await persons(register) == {second: first}


async def test_a_chain_that_is_cut_leaves_the_rest_together(register: Register) -> None:
    doubts = await three_spellings(register)
    first, second, third = sorted({worker for pair in doubts for worker in pair})
    await register.hear(registrar_says(word(doubts[second, first])), registrar_says(word(doubts[third, second])))

    said = await register.hear(registrar_says(word(doubts[second, first], "undo")))

    assert [(e.worker_id, e.person_id) for e in of(WorkerMergeUndone, said)] == [(second, first)]
    assert [(e.worker_id, e.person_id) for e in of(WorkerMerged, said)] == [(third, second)]
    assert await persons(register) == {third: second}


async def test_a_doubt_that_was_decided_is_not_asked_again(register: Register) -> None:
    _, second, review_id = await two_spellings(register)
    await register.hear(registrar_says(word(review_id, "different")))

    again = await register.take(a_person(1, **NAMED | {"name": "Nguyễn Thị Hươngg"}, cccd=None))

    assert (again.effects, again.worker_ids) == (["unchanged"], [second])
    assert [review["state"] for review in await reviews(register)] == ["different"]


async def test_the_same_files_after_a_merge_are_no_news_and_nobody_is_missing(register: Register) -> None:
    first, second, review_id = await two_spellings(register)
    await register.hear(registrar_says(word(review_id)))

    again = await register.take(a_person(1, **NAMED, cccd=None), complete=True)

    assert (again.effects, again.worker_events, again.worker_ids) == (["unchanged"], [], [first])
    assert (again.assessed.leaving, again.assessed.members_after) == ([], 1)
    assert await persons(register) == {second: first}


async def test_two_rows_with_one_number_wait_for_a_registrar(register: Register) -> None:
    await register.with_units()

    taken = await register.take(a_person(1), a_person(2, cccd=a_person(1)[3]))

    assert taken.effects == ["registered", "registered"]
    assert [row["reasons"] for row in await reviews(register)] == [["identity.shared_national_id"]]


async def test_a_number_of_somebody_else_on_a_known_person_waits_for_a_registrar(register: Register) -> None:
    await register.with_units()
    await register.take(a_person(1), a_person(2))

    taken = await register.take(a_person(2, cccd=a_person(1)[3]))

    assert taken.effects == ["changed"]
    assert [row["reasons"] for row in await reviews(register)] == [["identity.number_of_another"]]
