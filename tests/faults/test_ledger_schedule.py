"""Schedules are drawn from their seed alone, and together they have everything in them."""

from collections import Counter

from ledger_faults import DOING
from ledger_schedule import GROUPS, KINDS, LOAD_SECONDS, PLACES_IN_ORDER, READERS, SERVICES, draw, row

from shared.failpoints import PLACES

MANY = [draw(seed) for seed in range(1, 201)]


def test_the_same_seed_draws_the_same_schedule() -> None:
    assert [draw(seed) for seed in range(50)] == [draw(seed) for seed in range(50)]


def test_other_seeds_draw_other_schedules() -> None:
    assert len({schedule.faults for schedule in MANY}) == len(MANY)


def test_a_schedule_has_one_to_four_faults_in_the_order_of_time_within_the_load() -> None:
    for schedule in MANY:
        times = [fault.at for fault in schedule.faults]
        assert 1 <= len(times) <= 4
        assert times == sorted(times)
        assert all(0 < time < LOAD_SECONDS for time in times)


def test_no_process_is_struck_twice_in_a_schedule() -> None:
    for schedule in MANY:
        struck = Counter(fault.target for fault in schedule.faults)
        assert max(struck.values()) == 1
        assert "every service" not in struck or not struck.keys() & set(SERVICES)


def test_two_hundred_schedules_strike_every_kind_at_every_target() -> None:
    drawn = {fault.kind for schedule in MANY for fault in schedule.faults}
    assert drawn == {kind for kind, *_ in KINDS} == DOING.keys()
    for kind in ("kill", "term", "failpoint"):
        assert {fault.target for s in MANY for fault in s.faults if fault.kind == kind} == set(SERVICES)
    places = {fault.detail.partition(":")[0] for s in MANY for fault in s.faults if fault.kind == "failpoint"}
    assert places == PLACES
    assert {manner for schedule in MANY for manner in schedule.readers} == set(READERS)


def test_the_rows_of_the_matrix_arm_every_service_with_every_place() -> None:
    rows = [row(place, harm, group) for place in PLACES_IN_ORDER for harm in ("kill", "freeze") for group in GROUPS]

    armed = Counter((fault.kind, fault.target, fault.detail) for schedule in rows for fault in schedule.faults)
    assert len(armed) == 2 * len(SERVICES) * len(PLACES)
    assert set(armed.values()) == {1}
