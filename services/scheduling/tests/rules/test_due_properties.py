"""What holds for every worker, searched at random."""

from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from scheduling.rules import rule_sets
from scheduling.rules.due import due_check
from scheduling.rules.months import add_months
from scheduling.rules.rule_sets import PACKAGES
from scheduling.rules.workers import WorkerFacts

AS_OF = st.dates(date(2026, 2, 15), date(2030, 12, 31))
PAST = st.dates(date(2019, 1, 1), date(2026, 2, 14))
HAZARDS = st.lists(st.tuples(st.sampled_from(sorted(PACKAGES.hazards)), st.none() | PAST), max_size=4).map(tuple)


@st.composite
def workers(draw: st.DrawFn, **fixed: object) -> WorkerFacts:
    born = draw(st.dates(date(1955, 1, 1), date(2013, 12, 31)))
    facts: dict[str, object] = {
        "sex": draw(st.sampled_from(["female", "male", "other"])),
        "born_earliest": born,
        "born_latest": born + timedelta(days=draw(st.sampled_from([0, 29, 364]))),
        "disabled": draw(st.booleans()),
        "heavy_class": draw(st.sampled_from([None, "NORMAL", "NNDHNH", "DBNNDHNH"])),
        "hazards": draw(HAZARDS),
        "employed_since": draw(st.none() | PAST),
        "last_check": draw(st.none() | PAST),
    }
    return WorkerFacts(**{**facts, **fixed})  # type: ignore[arg-type]


def found(worker: WorkerFacts, as_of: date):
    check = due_check(worker, as_of=as_of, rules=rule_sets.in_force(as_of))
    assert check is not None
    return check


@given(workers(), AS_OF)
def test_a_check_is_wished_no_later_than_it_is_due_by_law(worker, as_of):
    check = found(worker, as_of)
    assert check.soft_due <= check.legal_deadline
    assert check.reasons


ELDERLY_LATER_DETECTED_NOW = WorkerFacts(
    sex="female", born_earliest=date(1969, 5, 1), born_latest=date(1969, 5, 1), disabled=False, heavy_class=None,
    hazards=(("BIO_BLOOD", None),), employed_since=None, last_check=None,
)  # fmt: skip


@given(workers(), AS_OF)
@example(ELDERLY_LATER_DETECTED_NOW, date(2026, 2, 15))
def test_a_six_month_group_never_gets_twelve_months(worker, as_of):
    check = found(worker, as_of)
    exam = max(as_of, check.legal_deadline)
    six = worker.heavy or worker.disabled or exam >= worker.elderly_from
    start = worker.last_check or worker.employed_since
    rolling = add_months(start, 6) if start else as_of
    if six or rolling < worker.minor_until:
        assert check.interval_months == 6
        assert check.legal_deadline <= max(rolling, worker.elderly_from if not worker.heavy else rolling)
    else:
        assert check.interval_months == 12


@given(workers(), AS_OF)
def test_gynaecology_is_in_every_womans_package_and_in_no_mans(worker, as_of):
    check = found(worker, as_of)
    assert ("GYN" in check.package.stations) == (worker.sex == "female")
    assert ("O3" in [one.rule for one in check.reasons]) == (worker.sex == "female")


@given(workers(), AS_OF)
def test_every_exposure_finds_its_stations_and_licence(worker, as_of):
    package = found(worker, as_of).package
    for code, _ in worker.hazards:
        hazard = PACKAGES.hazards[code]
        assert set(hazard.stations) <= set(package.stations)
        assert package.bnn or not hazard.diseases


@given(workers(), AS_OF)
def test_no_package_asks_for_timing_that_excludes_itself(worker, as_of):
    timing = set(found(worker, as_of).package.timing)
    assert "end_of_shift" not in timing or timing == {"end_of_shift"}


@given(workers(), AS_OF)
def test_only_what_is_overdue_or_heavy_has_priority_four(worker, as_of):
    check = found(worker, as_of)
    if check.legal_deadline < as_of:
        assert check.priority == 4
    elif check.priority == 4:
        assert worker.heavy


@given(workers(), AS_OF)
def test_a_worker_checked_today_is_never_overdue_tomorrow(worker, as_of):
    seen = WorkerFacts(worker.sex, worker.born_earliest, worker.born_latest, worker.disabled, worker.heavy_class,
                       worker.hazards, worker.employed_since, last_check=as_of)  # fmt: skip
    assert found(seen, as_of + timedelta(days=1)).legal_deadline > as_of


@given(workers(disabled=False), AS_OF)
def test_a_stricter_fact_never_makes_the_deadline_later(worker, as_of):
    stricter = WorkerFacts(worker.sex, worker.born_earliest, worker.born_latest, True, worker.heavy_class,
                           worker.hazards, worker.employed_since, worker.last_check)  # fmt: skip
    assert found(stricter, as_of).legal_deadline <= found(worker, as_of).legal_deadline
