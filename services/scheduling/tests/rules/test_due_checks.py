"""When a check is due, by which rule, and how urgent it is."""

from datetime import date

import pytest

from scheduling.rules import rule_sets
from scheduling.rules.due import due_check
from scheduling.rules.months import add_months

SIX_MONTH_GROUPS = [
    {"heavy_class": "NNDHNH"},
    {"heavy_class": "DBNNDHNH"},
    {"disabled": True},
    {"born": "2010-05"},
    {"born": "1960-01"},
]


@pytest.mark.parametrize(
    ("last", "soft", "deadline"),
    [
        (date(2026, 5, 10), date(2027, 5, 10), date(2027, 12, 31)),
        (date(2025, 12, 20), date(2026, 12, 20), date(2026, 12, 31)),
        (date(2025, 12, 31), date(2026, 12, 31), date(2026, 12, 31)),
        (date(2026, 1, 1), date(2027, 1, 1), date(2027, 12, 31)),
        (date(2024, 2, 29), date(2025, 2, 28), date(2025, 12, 31)),
    ],
)
def test_an_annual_check_is_due_after_twelve_months_and_by_law_in_that_calendar_year(due, last, soft, deadline):
    found = due(last_check=last)
    assert (found.interval_months, found.soft_due, found.legal_deadline) == (12, soft, deadline)


@pytest.mark.parametrize("facts", SIX_MONTH_GROUPS)
@pytest.mark.parametrize(
    ("last", "deadline"), [(date(2026, 5, 10), date(2026, 11, 10)), (date(2026, 8, 31), date(2027, 2, 28))]
)
def test_a_six_monthly_check_rolls_from_the_last_one(due, facts, last, deadline):
    found = due(last_check=last, **facts)
    assert (found.interval_months, found.soft_due, found.legal_deadline) == (6, deadline, deadline)


def test_ordinary_work_marked_as_normal_is_annual(due):
    assert due(heavy_class="NORMAL", last_check=date(2026, 5, 10)).interval_months == 12


@pytest.mark.parametrize(("birthday", "interval"), [("2008-11-10", 12), ("2008-11-11", 6)])
def test_who_turns_18_by_the_due_date_is_no_minor_any_more(due, birthday, interval):
    assert due(birthday, last_check=date(2026, 5, 10)).interval_months == interval


def test_a_birth_known_to_the_month_takes_the_stricter_day(due):
    assert due("2008-11", last_check=date(2026, 5, 10)).interval_months == 6


def test_a_birth_known_to_the_year_takes_the_earliest_retirement(due):
    exact = due("1965-12-31", last_check=date(2026, 9, 1))
    doubtful = due("1965", last_check=date(2026, 9, 1))
    assert (exact.interval_months, doubtful.interval_months) == (6, 6)
    assert (exact.legal_deadline, doubtful.legal_deadline) == (date(2027, 10, 1), date(2027, 3, 1))


def test_who_turns_elderly_before_the_annual_check_is_due_from_the_day_it_happens(due):
    found = due("1965-09-15", last_check=date(2026, 7, 1))
    assert (found.interval_months, found.legal_deadline) == (6, date(2027, 7, 1))


def test_who_turns_elderly_between_the_wish_and_the_law_must_come_by_then(due):
    found = due("1965-09-15", last_check=date(2026, 3, 1))
    assert (found.interval_months, found.soft_due, found.legal_deadline) == (6, date(2027, 3, 1), date(2027, 7, 1))


def test_who_turns_elderly_after_the_calendar_year_of_the_check_stays_annual(due):
    assert due("1966-04-15", last_check=date(2026, 3, 1)).interval_months == 12


def test_who_turned_elderly_while_overdue_is_in_the_six_month_group_now(due):
    found = due("1965-02-01", last_check=date(2024, 3, 1), as_of=date(2026, 11, 22))
    assert (found.interval_months, found.legal_deadline, found.priority) == (6, date(2025, 12, 31), 4)


def test_a_never_checked_worker_counts_from_the_start_of_employment(due):
    found = due(employed_since=date(2026, 2, 1))
    assert (found.soft_due, found.legal_deadline) == (date(2027, 2, 1), date(2027, 12, 31))


def test_a_worker_of_whom_nothing_is_known_is_due_at_once(due):
    found = due()
    assert (found.soft_due, found.legal_deadline, found.priority) == (date(2026, 11, 22), date(2026, 12, 31), 3)


def test_a_heavy_worker_of_whom_nothing_is_known_must_come_at_once(due):
    found = due(heavy_class="NNDHNH")
    assert (found.legal_deadline, found.priority) == (date(2026, 11, 22), 4)


def test_nothing_is_due_before_the_employment_starts(a_worker):
    worker = a_worker(employed_since=date(2026, 12, 1))
    assert due_check(worker, as_of=date(2026, 11, 22), rules=rule_sets.in_force(date(2026, 11, 22))) is None


def test_a_detection_exam_falls_due_six_months_after_exposure_starts(due):
    found = due(hazards=(("PHYS_NOISE", date(2026, 8, 1)),), last_check=date(2026, 5, 10))
    assert (found.soft_due, found.legal_deadline, found.interval_months) == (date(2027, 2, 1), date(2027, 2, 1), 12)
    assert [one.rule for one in found.reasons] == ["O1", "O4"]


def test_a_detection_exam_waits_for_no_one_when_the_six_month_check_comes_first(due):
    exposure = (("PHYS_NOISE", date(2026, 11, 1)),)
    found = due(hazards=exposure, heavy_class="NNDHNH", last_check=date(2026, 7, 1))
    assert found.legal_deadline == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("last", "covered"), [(date(2026, 6, 30), False), (date(2026, 7, 2), True), (date(2026, 9, 1), True)]
)
def test_a_check_from_thirty_days_before_the_detection_day_covers_it(due, last, covered):
    found = due(hazards=(("PHYS_NOISE", date(2026, 2, 1)),), last_check=last)
    assert ("O4" not in [one.rule for one in found.reasons]) == covered


def test_an_exposure_of_unknown_start_counts_from_the_employment(due):
    found = due(hazards=(("DUST_SI", None),), employed_since=date(2026, 7, 1))
    assert found.legal_deadline == date(2027, 1, 1)


def test_an_exposure_of_unknown_start_of_a_checked_worker_rides_on_the_next_check(due):
    found = due(hazards=(("DUST_SI", None),), last_check=date(2026, 7, 1))
    assert found.legal_deadline == date(2027, 12, 31)
    assert found.package.bnn


def test_a_hazard_without_listed_disease_asks_for_no_detection_exam(due):
    found = due(hazards=(("PHYS_HEAT", date(2026, 1, 1)),), last_check=date(2026, 1, 1))
    assert [one.rule for one in found.reasons] == ["O1"]
    assert not found.package.bnn


@pytest.mark.parametrize(
    ("facts", "priority"),
    [
        ({"last_check": date(2024, 12, 1)}, 4),
        ({"last_check": date(2026, 6, 1), "heavy_class": "NNDHNH"}, 4),
        ({"last_check": date(2026, 6, 1), "disabled": True}, 3),
        ({"last_check": date(2025, 12, 1)}, 3),
        ({"last_check": date(2026, 11, 1)}, 1),
        ({"last_check": date(2026, 11, 1), "heavy_class": "NNDHNH"}, 1),
    ],
)
def test_the_priority_puts_overdue_and_heavy_work_first(due, facts, priority):
    assert due(**facts).priority == priority


def test_an_annual_check_due_this_spring_has_priority_two(due):
    assert due(as_of=date(2027, 4, 1), last_check=date(2026, 5, 10)).priority == 2


@pytest.mark.parametrize(("last", "priority"), [(date(2026, 6, 30), 2), (date(2026, 7, 1), 1)])
def test_what_is_due_within_ninety_days_is_due(due, last, priority):
    assert due(as_of=date(2027, 4, 1), last_check=last).priority == priority


@pytest.mark.parametrize(("as_of", "priority"), [(date(2027, 10, 31), 2), (date(2027, 11, 1), 3)])
def test_a_deadline_within_sixty_days_is_near(due, as_of, priority):
    assert due(as_of=as_of, last_check=date(2026, 10, 1)).priority == priority


@pytest.mark.parametrize(("as_of", "priority"), [(date(2026, 12, 31), 3), (date(2027, 1, 1), 4)])
def test_the_last_day_of_the_deadline_is_not_overdue(due, as_of, priority):
    assert due(as_of=as_of, last_check=date(2025, 3, 1)).priority == priority


def test_the_reasons_name_rule_version_source_and_dates_in_both_languages(due):
    reasons = {one.rule: one for one in due(sex="female", heavy_class="NNDHNH", last_check=date(2026, 5, 10)).reasons}
    assert set(reasons) == {"O2-heavy", "O3"}
    heavy = reasons["O2-heavy"]
    assert (heavy.version, "TT 11/2020" in heavy.legal_source) == ("2021.1", True)
    assert "Tính từ 10/05/2026, đến hạn 10/11/2026" in heavy.vi
    assert "Counted from 10/05/2026, due 10/11/2026" in heavy.en


def test_the_circular_that_applied_on_the_day_is_the_one_named():
    before, after = rule_sets.in_force(date(2026, 2, 14)), rule_sets.in_force(date(2026, 2, 15))
    assert "TT 28/2016" in before.rules["O4"].legal_source
    assert "TT 56/2025" in after.rules["O4"].legal_source
    assert before.version != after.version


def test_no_two_versions_of_a_rule_are_in_force_on_one_day():
    for rule in rule_sets.RULES:
        same = [one for one in rule_sets.RULES if one.id == rule.id and one.in_force(rule.valid_from)]
        assert same == [rule]


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_end_on_the_last_day_of_shorter_months(day, months, expected):
    assert add_months(day, months) == expected
