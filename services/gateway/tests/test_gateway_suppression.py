"""No subtraction of what unions may read reveals a cell of fewer than ten people."""

from itertools import chain, combinations
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from gateway_builders import DAY, Clients, an_organisation, fit
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import coordination, results
from contracts.base import Event
from gateway import class_mixes, suppression
from gateway.consumers import make_consumer
from gateway.suppression import K
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()
GROUPS = 3


AROUND_TEN = st.integers(0, 2 * K) | st.integers(K - 2, K + 2)


@st.composite
def forests(
    draw: st.DrawFn, cell: st.SearchStrategy[int] = AROUND_TEN
) -> tuple[dict[UUID, UUID | None], dict[UUID, tuple[int, ...]]]:
    """A small tree of units whose sizes lie around the threshold, where mistakes would show."""
    size = draw(st.integers(1, 6))
    units = [UUID(int=number + 1) for number in range(size)]
    parents: dict[UUID, UUID | None] = {units[0]: None}
    for number in range(1, size):
        parents[units[number]] = units[draw(st.integers(0, number - 1))]
    with_people = draw(st.lists(st.sampled_from(units), unique=True, min_size=1, max_size=5))
    own = {unit: tuple(draw(st.tuples(*[cell] * GROUPS))) for unit in with_people}
    return parents, own


def _below(parents: dict[UUID, UUID | None], unit: UUID) -> set[UUID]:
    return {unit}.union(*(_below(parents, child) for child, parent in parents.items() if parent == unit))


def _subsets(items: list[Any]) -> list[tuple[Any, ...]]:
    return list(chain.from_iterable(combinations(items, size) for size in range(1, len(items) + 1)))


@settings(max_examples=150, deadline=None)
@given(forest=forests())
def test_no_subtraction_reveals_fewer_than_ten_people_of_a_class(forest: Any) -> None:
    """Every number that follows from the released rows by addition and subtraction, and from the head counts of all
    units (which are no secret), is checked: the people of some units in some, not all, of the groups.
    """
    parents, own = forest
    leaves = sorted(own, key=str)
    released = suppression.releasable(parents, own)
    unknowns = [(leaf, group) for leaf in leaves for group in range(GROUPS)]
    known = [[float(leaf == other) for leaf, _ in unknowns] for other in leaves]
    for unit in released:
        covered = _below(parents, unit)
        for group in range(GROUPS):
            known.append([float(leaf in covered and group == g) for leaf, g in unknowns])
    matrix = np.array(known)
    # The projector on all that cannot be derived: what it maps to zero is derivable.
    hidden = np.eye(len(unknowns)) - np.linalg.pinv(matrix) @ matrix

    for units in _subsets(leaves):
        for groups in _subsets(list(range(GROUPS)))[:-1]:
            people = sum(own[unit][group] for unit in units for group in groups)
            wanted = np.array([float(leaf in units and group in groups) for leaf, group in unknowns])
            if people < K:
                assert np.abs(wanted @ hidden).max() > 1e-6, (units, groups, people, released)


@settings(max_examples=60, deadline=None)
@given(forest=forests(st.integers(K, 2 * K)))
def test_what_is_large_enough_everywhere_is_shown(forest: Any) -> None:
    parents, own = forest
    released = suppression.releasable(parents, own)

    assert {unit for unit, cells in suppression.totals(parents, own).items() if any(cells)} == released


def test_a_small_unit_hides_a_large_sibling_and_not_their_parent() -> None:
    root, small, large, larger = (UUID(int=number) for number in range(4))
    parents = {root: None, small: root, large: root, larger: root}
    own = {small: (1, 2, 3), large: (20, 20, 20), larger: (50, 50, 50)}

    assert suppression.releasable(parents, own) == {root, larger}


def _closing(campaign: UUID, examined: int) -> coordination.CampaignClosed:
    return coordination.CampaignClosed.model_validate(
        {
            "campaign_id": campaign, "on_day": DAY, "figures": {"in_scope": examined, "examined": examined},
            "digest": "d", "signature": "s", "public_key": "k",
        }
    )  # fmt: skip


async def test_a_class_mix_is_released_once_when_the_closed_campaigns_last_conclusion_is_here(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    root, large, small, campaign = uuid4(), uuid4(), uuid4(), uuid4()
    classes = [2] * 12 + [3] * 11 + [4] * 10
    stated: list[Event] = [fit(uuid4(), large, campaign, final) for final in classes]
    stated += [fit(uuid4(), root, campaign, final) for final in classes]
    stated += [fit(uuid4(), small, campaign, 5) for _ in range(3)]
    tree = [an_organisation(root), an_organisation(large, root), an_organisation(small, root)]
    province = await as_.union(root)

    async def read(unit: UUID) -> dict[str, Any]:
        answer = await province.get(f"/units/{unit}/class-mix", params={"campaign_id": str(campaign)})
        mix: dict[str, Any] = answer.json()
        return mix

    await deliver(CONSUMER, database, [*tree, *stated[:-1]])
    before = await read(root)
    await deliver(CONSUMER, database, [_closing(campaign, len(stated))])
    incomplete = await read(root)
    await deliver(CONSUMER, database, stated[-1:])
    after = {unit: await read(unit) for unit in (root, large, small)}
    late = fit(uuid4(), large, campaign, 5)
    await deliver(CONSUMER, database, [late])

    assert [before["released"], incomplete["released"]] == [False, False]
    assert after[root]["groups"] == {"I-II": 24, "III": 22, "IV-V": 23}
    assert after[large]["groups"] == {"I-II": 12, "III": 11, "IV-V": 10}
    assert (after[small]["people"], after[small]["groups"]) == (3, None)
    assert await read(large) == after[large]


async def test_a_person_counts_once_with_the_latest_class(database: Database, deliver: Deliver) -> None:
    unit, worker, campaign, visit = uuid4(), uuid4(), uuid4(), uuid4()
    visited = results.VisitConcluded(
        visit_id=visit,
        worker_id=worker,
        unit_id=unit,
        campaign_id=campaign,
        concluded_on=DAY,
        valid_until=DAY,
        version=1,
    )
    first = fit(worker, unit, campaign, 2, visit_id=visit)

    await deliver(CONSUMER, database, [visited, first])
    await deliver(CONSUMER, database, [fit(worker, unit, campaign, 4, visit_id=visit, version=2)])
    await deliver(CONSUMER, database, [fit(worker, unit, campaign, 2, visit_id=visit, version=1)])

    cells = await database.pool.fetch(class_mixes.CELLS, campaign)
    assert [tuple(row) for row in cells] == [(unit, 0, 0, 1)]


async def test_the_share_of_closed_loops_needs_ten_on_either_side(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    unit, campaign = uuid4(), uuid4()

    def opened(worker: UUID) -> results.FollowUpOpened:
        return results.FollowUpOpened(
            follow_up_id=worker, visit_id=uuid4(), worker_id=worker, unit_id=unit, campaign_id=campaign,
            clinic_id="02123", kind="retest", reason="x", due_on=DAY,
        )  # fmt: skip

    def closed(worker: UUID) -> results.FollowUpClosed:
        return results.FollowUpClosed(
            follow_up_id=worker, visit_id=uuid4(), worker_id=worker, unit_id=unit, campaign_id=campaign,
            closed_on=DAY, outcome="x",
        )  # fmt: skip

    workers = [uuid4() for _ in range(24)]
    union = await as_.union(unit)
    shares = []
    for events in (
        [an_organisation(unit)],
        map(opened, workers),
        map(closed, workers[:9]),
        [closed(workers[9])],
        map(closed, workers[10:15]),
    ):
        await deliver(CONSUMER, database, list(events))
        answer = await union.get(f"/units/{unit}/closed-loops", params={"campaign_id": str(campaign)})
        shares.append(answer.json()["closed_pct"])

    assert shares == [None, None, None, 40, None]
    assert K == 10
