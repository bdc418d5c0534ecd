"""A person is counted once, whoever of their workers things were told of; an undone merge restores the figures."""

from datetime import date
from itertools import permutations
from uuid import uuid5

import pytest
from coordination_builders import (
    CAMPAIGN,
    CONSUMER,
    a_conclusion,
    a_due_check,
    a_visit,
    an_appointment,
    an_end,
    day_asked,
    day_started,
    demand,
    open_campaign,
    unit,
    worker,
)

from contracts import coordination as said
from contracts import registry
from contracts.base import Event
from coordination import model
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack


def merged(record: int, person: int, version: int = 1) -> registry.WorkerMerged:
    return registry.WorkerMerged(worker_id=worker(record), person_id=worker(person), version=version)


def undone(record: int, person: int, version: int = 2) -> registry.WorkerMergeUndone:
    return registry.WorkerMergeUndone(worker_id=worker(record), person_id=worker(person), version=version)


class Office:
    """Coordination with a frozen campaign: workers 0 and 1 in unit 1, worker 2 in unit 2."""

    def __init__(self, database: Database, deliver: Deliver) -> None:
        self.database, self._deliver = database, deliver
        self.day = date(2026, 7, 1)

    async def open(self) -> "Office":
        await open_campaign(self.database, self._deliver)
        await self.hear(a_due_check(0), a_due_check(1), a_due_check(2, in_unit=2), demand(1, 2), demand(2, 1))
        return self

    async def hear(self, *events: Event) -> list[Event]:
        return list(await self._deliver(CONSUMER, self.database, list(events)))

    async def figures(self) -> dict[int, said.Figures]:
        """What the units' coverage says by number, after one more day."""
        self.day = date.fromordinal(self.day.toordinal() + 1)
        await self.hear(day_started(self.day))
        rows = await self.database.pool.fetch("SELECT unit_id, figures FROM coverage")
        found = {row["unit_id"]: said.Figures.model_validate_json(row["figures"]) for row in rows}
        return {number: found[unit(number)] for number in (1, 2)}


@pytest.fixture
async def office(database: Database, deliver: Deliver) -> Office:
    return await Office(database, deliver).open()


async def test_a_person_counts_once_and_an_undo_restores_the_figures(office: Office) -> None:
    before = await office.figures()

    await office.hear(merged(1, 0))
    during = await office.figures()
    await office.hear(undone(1, 0))

    assert (before[1].in_scope, during[1].in_scope, during[1].pending) == (2, 1, 1)
    assert await office.figures() == before


async def test_a_visit_of_any_worker_is_the_persons_and_stays_where_it_was_recorded(office: Office) -> None:
    await office.hear(merged(2, 0))
    await office.hear(an_appointment(2, in_unit=2), a_visit(2, in_unit=2), a_conclusion(2, in_unit=2))
    during = await office.figures()
    await office.hear(undone(2, 0))
    after = await office.figures()

    assert (during[1].in_scope, during[1].examined, during[1].visits) == (2, 1, 0)
    assert (during[2].in_scope, during[2].examined, during[2].visits) == (0, 0, 1)
    assert (after[1].examined, after[2].in_scope, after[2].examined, after[2].visits) == (0, 1, 1, 1)


async def test_who_left_one_unit_of_two_has_not_left_and_a_refusal_is_the_persons(office: Office) -> None:
    await office.hear(merged(2, 0), an_end(2, "left", in_unit=2))
    left = (await office.figures())[1]
    await office.hear(an_end(0, "refused"))
    refused = (await office.figures())[1]

    assert (left.left, left.pending) == (0, 2)
    assert (refused.refused, refused.pending) == (1, 1)


async def test_a_late_record_of_somebody_in_scope_is_no_late_joiner(office: Office) -> None:
    await office.hear(a_due_check(3, late_joiner=True))
    before = (await office.figures())[1].late_joiners

    await office.hear(merged(3, 0))

    assert (before, (await office.figures())[1].late_joiners) == (1, 0)


async def test_two_late_records_of_one_person_are_one_late_joiner(office: Office) -> None:
    await office.hear(a_due_check(3, late_joiner=True), a_due_check(4, late_joiner=True))
    before = (await office.figures())[1].late_joiners

    await office.hear(merged(4, 3))

    assert (before, (await office.figures())[1].late_joiners) == (2, 1)


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_turns_in_any_order_count_as_the_last_one_says(office: Office, order: tuple[int, ...]) -> None:
    turns: list[Event] = [merged(1, 0, 1), undone(1, 0, 2), merged(1, 0, 3)]

    for place in order:
        await office.hear(turns[place])

    assert (await office.figures())[1].in_scope == 1


async def test_the_closing_names_one_check_of_each_person_and_later_merges_change_nothing_signed(
    office: Office,
) -> None:
    await office.hear(merged(1, 0), a_visit(1), a_conclusion(1))
    office.day = date(2027, 1, 14)
    await office.hear(day_asked(date(2027, 1, 15)))
    proposed = next(e for e in await office.hear(day_started(date(2027, 1, 15))) if isinstance(e, said.ClosingProposed))
    office.day = date(2027, 1, 15)
    await office.hear(undone(1, 0), merged(2, 0))
    after = await office.figures()

    lines = [(uuid5(CAMPAIGN, str(worker(0))), "examined"), (uuid5(CAMPAIGN, str(worker(2))), "deferred")]
    assert proposed.digest == model.digest(CAMPAIGN, [(unit(1), 7, 2), (unit(2), 6, 1)], lines)
    assert (proposed.figures.in_scope, proposed.figures.examined, proposed.figures.deferred) == (2, 1, 1)
    checks = [uuid5(CAMPAIGN, str(worker(number))) for number in (1, 0)]
    assert proposed.joined == [said.JoinedCheck(health_check_id=checks[0], joined_to=checks[1])]
    assert (after[1].in_scope, after[1].examined, after[2].in_scope, after[2].deferred) == (1, 1, 1, 1)
