"""What holds for every examination, searched at random."""

from hypothesis import given
from hypothesis import strategies as st

from results.classification.model import INDICES, SPECIALTIES, Finding

SEXES = st.sampled_from(["female", "male"])
AGES = st.integers(15, 70)
STATED = st.dictionaries(st.sampled_from(sorted(SPECIALTIES)), st.integers(1, 5))
LISTED = ["3.2", "19.2", "20.2", "20.3", "24.2", "27.2", "23.3", "29.3", "35.2", "58.3", "67.2", "69.2", "71.4", "82.2"]
LISTED_FINDINGS = st.sampled_from(LISTED).map(Finding)
STATED_FINDINGS = st.builds(Finding, st.just("99.9"), st.sampled_from(sorted(INDICES)), st.integers(1, 5))
FINDINGS = st.lists(LISTED_FINDINGS | STATED_FINDINGS, max_size=6).map(tuple)
MEASURES = st.fixed_dictionaries(
    {},
    optional={
        "height_cm": st.integers(100, 230),
        "weight_kg": st.integers(25, 250),
        "chest_cm": st.integers(50, 160),
        "pulse_per_minute": st.integers(25, 220),
        "vision_right": st.integers(0, 20),
        "vision_left": st.sampled_from(["DNT", "ST+", "ST-"]) | st.decimals(0, 20, places=1),
        "hearing_loss_db": st.decimals(-10, 120, places=1),
        "caries_count": st.integers(0, 32),
        "chewing_power_pct": st.decimals(0, 100, places=1),
    },
)
PRESSURES = st.tuples(st.integers(60, 280), st.integers(30, 180))


@given(SEXES, AGES, STATED, FINDINGS, MEASURES)
def test_the_overall_class_is_the_worst_index_or_open_with_a_reason(propose, sex, age, stated, findings, measures):
    proposed = propose(sex, age, stated=stated, criteria=findings, **measures)
    classes = [one.health_class for one in proposed.indices]
    if None in classes:
        assert proposed.overall is None
        assert proposed.why_not is not None
    else:
        assert proposed.overall == max(classes)


@given(SEXES, AGES, STATED, FINDINGS, FINDINGS)
def test_one_more_finding_never_improves_any_index(propose, sex, age, stated, findings, more):
    fewer = propose(sex, age, stated=stated, criteria=findings).indices
    beyond = propose(sex, age, stated=stated, criteria=findings + more).indices
    assert all(a.health_class <= b.health_class for a, b in zip(fewer, beyond, strict=True))


@given(SEXES, AGES, STATED, st.sampled_from(sorted(SPECIALTIES - {"gynaecological"})), FINDINGS)
def test_a_worse_stated_class_never_improves_the_overall(propose, sex, age, stated, specialty, findings):
    before = propose(sex, age, stated={**stated, specialty: 2}, criteria=findings).overall
    after = propose(sex, age, stated={**stated, specialty: 3}, criteria=findings).overall
    assert after >= before


@given(STATED, FINDINGS)
def test_no_index_is_better_than_what_a_doctor_stated_for_it(propose, stated, findings):
    for index in propose("female", stated=stated, criteria=findings).indices:
        assert index.health_class >= max(index.stated.values(), default=1)


@given(STATED, FINDINGS)
def test_a_tolerance_is_worth_exactly_one_class_and_names_a_listed_criterion(propose, stated, findings):
    for index in propose("male", stated=stated, criteria=findings).indices:
        if index.tolerance:
            assert index.tolerance in LISTED
            assert index.health_class >= max(one.health_class for one in index.criteria) - 1


@given(SEXES, AGES, PRESSURES)
def test_every_blood_pressure_is_classified_or_rejected(index_of, sex, age, pressure):
    systolic, diastolic = pressure
    index = index_of("circulatory", sex, age, systolic_mmhg=systolic, diastolic_mmhg=diastolic)
    if systolic > diastolic + 10:
        assert index.health_class in {1, 2, 3, 4}
    else:
        assert index.missing == "value_rejected"


@given(SEXES, AGES, MEASURES)
def test_every_accepted_measure_finds_its_class(propose, sex, age, measures):
    for index in propose(sex, age, **measures).indices:
        assert index.health_class or index.missing in {"value_rejected", "half_measured"}
