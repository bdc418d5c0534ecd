"""The overall class: worst of thirteen after annex 2, or none with the reason."""

from datetime import date

import pytest

from results.classification import rule_sets
from results.classification.model import INDICES, Examination, Finding


def test_a_healthy_person_is_class_one_in_all_thirteen_indices(propose):
    proposed = propose()
    assert proposed.overall == 1
    assert [one.health_class for one in proposed.indices] == [1] * 13
    assert proposed.rule_set_version == "qd1613-1997.1"


def test_a_25_year_old_with_only_138_92_keeps_circulatory_class_two(propose):
    proposed = propose(age=25, systolic_mmhg=138, diastolic_mmhg=92)
    [circulatory] = [one for one in proposed.indices if one.index == "circulatory"]
    assert [(one.code, one.health_class) for one in circulatory.criteria] == [("45.1", 3)]
    assert (circulatory.health_class, circulatory.tolerance, proposed.overall) == (2, "45.1", 2)


@pytest.mark.parametrize("index", sorted(INDICES))
def test_the_worst_index_decides(propose, index):
    specialty = INDICES[index][0]
    assert propose("female", stated={specialty: 4}).overall == 4


@pytest.mark.parametrize(
    ("index", "criterion"),
    [
        ("eye", "3.2"), ("ent", "19.2"), ("ent", "20.2"), ("dental", "24.2"), ("dental", "27.2"),
        ("neuro_psychiatric", "35.2"), ("neuro_psychiatric", "37.2"), ("neuro_psychiatric", "38.2"),
        ("digestive", "58.3"), ("digestive", "59.2"), ("locomotor", "69.2"), ("locomotor", "71.2"),
        ("surgical_dermatological", "82.2"),
    ],
)  # fmt: skip
def test_a_listed_class_two_criterion_alone_leaves_the_index_at_one(index_of, index, criterion):
    found = index_of(index, criteria=(criterion,))
    assert (found.health_class, found.tolerance) == (1, criterion)


@pytest.mark.parametrize(
    ("index", "criterion"),
    [("ent", "20.3"), ("dental", "23.3"), ("dental", "29.3"), ("locomotor", "67.2"), ("locomotor", "71.4")],
)
def test_a_listed_class_three_criterion_alone_leaves_the_index_at_two(index_of, index, criterion):
    found = index_of(index, criteria=(criterion,))
    assert (found.health_class, found.tolerance) == (2, criterion)


def test_one_specialtys_finding_does_not_stand_in_for_the_other_of_its_index(propose):
    proposed = propose(criteria=("35.2",), stated={"psychiatric": None})
    [found] = [one for one in proposed.indices if one.index == "neuro_psychiatric"]
    assert (found.health_class, found.missing) == (None, "not_examined:psychiatric")


def test_two_listed_criteria_are_not_only_one(index_of):
    assert index_of("dental", criteria=("24.2", "27.2")).health_class == 2


def test_the_same_criterion_noted_twice_is_still_only_one(index_of):
    assert index_of("dental", criteria=("24.2", "24.2")).health_class == 1


def test_a_listed_class_three_criterion_is_tolerated_beside_one_of_class_two(index_of):
    assert index_of("dental", criteria=("23.3", "24.2")).health_class == 2


def test_lone_caries_get_no_tolerance(index_of):
    assert index_of("dental", caries_count=2).health_class == 2


def test_a_tolerance_never_lifts_what_the_doctor_stated(propose):
    proposed = propose(criteria=("24.2",), stated={"dental": 2})
    assert proposed.overall == 2
    assert [one.code for one in proposed.warnings] == ["stated_worse_than_annex_2"]


def test_blood_pressure_from_thirty_on_has_no_tolerance(index_of):
    assert index_of("circulatory", age=30, systolic_mmhg=138, diastolic_mmhg=92).health_class == 3


def test_an_unlisted_criterion_counts_with_the_class_the_doctor_gives(index_of):
    assert index_of("eye", criteria=(Finding("12.4", "eye", 3),)).health_class == 3


def test_an_unlisted_criterion_without_class_is_left_out_and_named(propose):
    proposed = propose(criteria=("12.4",))
    assert proposed.overall == 1
    assert [one.code for one in proposed.warnings] == ["criterion_without_class"]


@pytest.mark.parametrize("specialty", ["respiratory", "psychiatric", "dermatological", "ent", "circulatory"])
def test_a_specialty_not_examined_leaves_the_overall_class_open_and_says_so(propose, specialty):
    proposed = propose(stated={specialty: None})
    assert proposed.overall is None
    assert [one.missing for one in proposed.indices if one.missing] == [f"not_examined:{specialty}"]
    assert "chưa khám" in proposed.why_not.vi
    assert "was not examined" in proposed.why_not.en


def test_blood_pressure_alone_does_not_examine_the_heart(index_of):
    index = index_of("circulatory", systolic_mmhg=120, diastolic_mmhg=75, stated={"circulatory": None})
    assert index.missing == "not_examined:circulatory"


def test_the_tumour_index_is_open_until_the_concluding_doctor_speaks(propose):
    assert propose(stated={"tumour": None}).overall is None
    assert propose(stated={"tumour": 1}).overall == 1


@pytest.mark.parametrize(
    ("index", "measures"),
    [
        ("physique", {"weight_kg": None}),
        ("eye", {"vision_left": None}),
        ("ent", {"whisper_right_m": 5}),
        ("circulatory", {"systolic_mmhg": 120}),
    ],
)
def test_a_half_measured_index_is_open_whatever_the_doctor_stated(index_of, index, measures):
    found = index_of(index, stated={index: 1}, **measures)
    assert (found.health_class, found.missing) == (None, "half_measured")


@pytest.mark.parametrize(
    ("index", "names"), [("physique", ("height_cm", "weight_kg")), ("eye", ("vision_right", "vision_left"))]
)
def test_a_doctors_class_is_enough_where_nothing_was_measured(index_of, index, names):
    assert index_of(index, stated={index: 2}, **dict.fromkeys(names)).health_class == 2


@pytest.mark.parametrize(
    ("index", "measures"),
    [
        ("physique", {"height_cm": 1.7}),
        ("circulatory", {"systolic_mmhg": 85, "diastolic_mmhg": 80}),
        ("endocrine_metabolic", {"height_cm": 200, "weight_kg": 30}),
        ("dental", {"caries_count": 40}),
    ],
)
def test_a_rejected_value_is_not_classified(index_of, index, measures):
    found = index_of(index, **measures)
    assert (found.health_class, found.missing) == (None, "value_rejected")


def test_a_woman_who_refuses_gynaecology_is_classified_from_the_rest_and_it_is_said(propose):
    proposed = propose("female", stated={"gynaecological": None, "renal_urogenital": 2}, refused=True)
    assert proposed.overall == 2
    assert [one.code for one in proposed.warnings] == ["gynaecology_refused"]


def test_a_woman_without_gynaecology_and_without_refusal_has_no_class(propose):
    proposed = propose("female", stated={"gynaecological": None})
    assert proposed.overall is None
    assert "sản phụ khoa" in proposed.why_not.vi


def test_a_gynaecological_class_of_a_man_is_ignored_and_warned_about(propose):
    proposed = propose("male", stated={"gynaecological": 4})
    assert proposed.overall == 1
    assert [one.code for one in proposed.warnings] == ["gynaecology_of_a_man"]


def test_who_is_neither_man_nor_woman_is_classified_by_the_doctors_word(index_of):
    assert index_of("physique", "other", stated={"physique": 2}).health_class == 2
    assert index_of("physique", "other").missing == "not_examined:physique"


def test_the_explanation_names_criterion_tolerance_and_doctor(propose):
    lines = propose(age=25, systolic_mmhg=138, diastolic_mmhg=92).explanation
    vi, en = "\n".join(one.vi for one in lines), "\n".join(one.en for one in lines)
    assert "Tuần hoàn: loại II (huyết áp (45.1) 138/92 loại III" in vi
    assert "châm chước một bậc theo phụ lục 2" in vi
    assert "Circulatory: class II (blood pressure (45.1) 138/92 class III" in en
    assert len(lines) == 14


def test_the_standard_is_looked_up_by_the_day_of_the_exam():
    assert rule_sets.in_force(date(2026, 1, 1)).legal_source.startswith("QĐ 1613/BYT-QĐ")
    with pytest.raises(LookupError):
        rule_sets.in_force(date(1997, 8, 14))


@pytest.mark.parametrize("wrong", [{"circulatory": 0}, {"circulatory": 6}, {"heart": 1}])
def test_a_class_that_does_not_exist_cannot_be_stated(wrong):
    with pytest.raises(ValueError, match=r"no specialty|a health class"):
        Examination("male", 30, stated=wrong)
