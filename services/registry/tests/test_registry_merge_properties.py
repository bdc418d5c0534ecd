"""However joins, merges and undoings are interleaved, the register ends as the last words say, and so does a reader."""

import asyncio
from itertools import combinations
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registry_builders import PROVINCE, Register, a_person, said_by

from contracts.registry import WorkerMerged, WorkerMergeUndone
from contracts.unions import IdentityReviewDecided
from registry import merging
from registry.master_keys import MasterKeys
from registry.vault import open_vault
from shared.database import Database
from shared.testing import Deliver, Templates

pytestmark = pytest.mark.stack

SPELLINGS = ("Hường", "Hườngg", "Hườnggg", "Hườngh", "Hườnghh")
SIZE = len(SPELLINGS)
PAIRS = list(combinations(range(SIZE), 2))
WORDS = st.tuples(st.sampled_from(PAIRS), st.sampled_from(["same", "same", "different", "undo"]))
ROWS = st.integers(0, SIZE - 1)
STORY = st.lists(st.one_of(WORDS, ROWS), min_size=1, max_size=14)


def row(place: int) -> list[object]:
    return a_person(1, name=f"Nguyễn Thị {SPELLINGS[place]}", cccd=None, code=None)  # type: ignore[return-value]


class Reader:
    """Any other service: of each worker's turns the highest version holds."""

    def __init__(self) -> None:
        self.turns: dict[UUID, tuple[int, UUID]] = {}

    def hear(self, event: WorkerMerged | WorkerMergeUndone) -> None:
        person = event.person_id if isinstance(event, WorkerMerged) else event.worker_id
        self.turns[event.worker_id] = max(self.turns.get(event.worker_id, (0, person)), (event.version, person))

    def persons(self, workers: list[UUID]) -> dict[UUID, UUID]:
        return {worker: self.turns.get(worker, (0, worker))[1] for worker in workers}


async def play(register: Register, story: list[object], order: st.DataObject) -> None:
    await register.with_units()
    workers = [(await register.take(row(place))).worker_ids[0] for place in range(SIZE)]  # type: ignore[arg-type]
    doubts = {
        frozenset((found["worker_id"], found["other_id"])): found["review_id"]
        for found in await register.database.pool.fetch("SELECT worker_id, other_id, review_id FROM reviews")
    }
    assert len(doubts) == len(PAIRS)
    told: list[WorkerMerged | WorkerMergeUndone] = []
    for step in story:
        if isinstance(step, int):
            again = await register.take(row(step))  # type: ignore[arg-type]
            assert (again.worker_ids, again.worker_events) == ([workers[step]], [])
            continue
        (one, other), decision = step  # type: ignore[misc]
        review_id = doubts[frozenset((workers[one], workers[other]))]
        word = IdentityReviewDecided(review_id=review_id, decision=decision, ground="documents-seen")
        said = await register.hear(said_by(word, f"unions/{PROVINCE}"))
        told += [event for event in said if isinstance(event, WorkerMerged | WorkerMergeUndone)]

    rows = await register.database.pool.fetch("SELECT worker_id, other_id, state FROM reviews")
    standing = [(r["worker_id"], r["other_id"]) for r in rows if r["state"] == "same"]
    apart = [(r["worker_id"], r["other_id"]) for r in rows if r["state"] == "different"]
    net = merging.persons(workers, standing)
    kept = await register.database.pool.fetch("SELECT worker_id, person_id FROM merges")
    known = {worker: worker for worker in workers} | {r["worker_id"]: r["person_id"] for r in kept}
    assert known == net
    assert merging.contradicted(net, apart) == []
    reader = Reader()
    for event in order.draw(st.permutations(told)):
        reader.hear(event)
    assert reader.persons(workers) == net


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(story=STORY, order=st.data())
def test_any_interleaving_ends_as_the_net_of_the_words(
    story: list[object], order: st.DataObject, database_templates: Templates, migrations: Path, deliver: Deliver
) -> None:
    async def run() -> None:
        database = Database(await database_templates.clone(migrations), max_connections=4)
        await database.open()
        vault = await open_vault(database.url, MasterKeys({"1": bytes(32)}))
        try:
            await play(await Register.open(database, vault, deliver), story, order)
        finally:
            await vault.database.close()
            await database.close()
            await database_templates.drop(database.url.rpartition("/")[2])

    asyncio.run(run())


IDS = [UUID(int=number) for number in range(1, 8)]
LINKS = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(IDS)), max_size=12)


@given(links=LINKS, seed=st.randoms(use_true_random=False))
def test_who_stands_for_whom_depends_on_the_links_alone(links: list[merging.Pair], seed: object) -> None:
    shuffled = list(links)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]

    persons = merging.persons(IDS, links)

    assert merging.persons(reversed(IDS), [(other, one) for one, other in shuffled]) == persons
    assert all(persons[one] == persons[other] for one, other in links)
    assert all(person <= worker and persons[person] == person for worker, person in persons.items())


@given(before=LINKS, after=LINKS)
def test_what_changes_leads_from_one_state_to_the_other(before: list[merging.Pair], after: list[merging.Pair]) -> None:
    old, new = merging.persons(IDS, before), merging.persons(IDS, after)

    changes = merging.changes(old, new)

    assert old | {worker: person for worker, (_, person) in changes.items()} == new
    assert all(old[worker] == former != person for worker, (former, person) in changes.items())
