"""Findings of one person count once, whoever they were recorded for, and stay with the visit they were made at."""

from typing import Any

import pytest
from results_builders import HEALTHY, a_conclusion, a_section, a_worker, all_sections, an_appointment, worker

from contracts import registry
from contracts import results as said
from results.consumers import consumer
from shared.database import Database
from shared.testing import Deliver

pytestmark = pytest.mark.stack


def merged(record: int, person: int, version: int = 1) -> registry.WorkerMerged:
    return registry.WorkerMerged(worker_id=worker(record), person_id=worker(person), version=version)


def undone(record: int, person: int, version: int = 2) -> registry.WorkerMergeUndone:
    return registry.WorkerMergeUndone(worker_id=worker(record), person_id=worker(person), version=version)


async def found_deaf(database: Database, deliver: Deliver, *numbers: int) -> list[Any]:
    """These workers are examined and hear badly at a noisy workplace; returns all that is said."""
    noisy, events = [{"hazard": "PHYS_NOISE"}], []
    for number in numbers:
        await deliver(
            consumer,
            database,
            [a_worker(number, exposures=noisy), an_appointment(number, stations=["REC", *HEALTHY, "AUD"])],
        )
        await deliver(consumer, database, [*all_sections(number), a_section("AUD", number, hearing_loss_db=50)])
        conclusion = a_conclusion(number, final_class=4, override_reason="thính lực")
        events += await deliver(consumer, database, [conclusion])
    return events


def clusters(events: list[Any]) -> int:
    return sum(isinstance(event, said.ClusterDetected) for event in events)


async def test_ten_findings_of_nine_people_are_no_cluster(database: Database, deliver: Deliver) -> None:
    await deliver(consumer, database, [merged(9, 0)])

    ten_findings = await found_deaf(database, deliver, *range(10))
    tenth_person = await found_deaf(database, deliver, 10)

    assert (clusters(ten_findings), clusters(tenth_person)) == (0, 1)


async def test_an_undone_merge_counts_them_apart_again_in_whatever_order_it_is_told(
    database: Database, deliver: Deliver
) -> None:
    await deliver(consumer, database, [undone(9, 0, version=2)])
    await deliver(consumer, database, [merged(9, 0, version=1)])

    assert clusters(await found_deaf(database, deliver, *range(10))) == 1


async def test_a_conclusion_after_a_merge_is_of_the_worker_whose_visit_it_was(
    database: Database, deliver: Deliver
) -> None:
    await deliver(consumer, database, [merged(1, 0)])

    events = await found_deaf(database, deliver, 1)

    concluded = next(event for event in events if isinstance(event, said.VisitConcluded))
    assert concluded.worker_id == worker(1)
