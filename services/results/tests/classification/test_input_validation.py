"""Limits, unit traps, pairs and soft consistency of what a desk sent."""

from dataclasses import replace

import pytest

from results.classification import validation
from results.classification.fields import FIELDS, SECTIONS


def found(section: str, **values: object) -> set[tuple[str, str, str]]:
    return {(one.code, one.severity, one.field) for one in validation.check(section, values)}


def test_a_clean_section_has_no_problem():
    assert (
        validation.check("MEA", {"height_cm": 165, "weight_kg": 58.5, "systolic_mmhg": 118, "diastolic_mmhg": 76}) == []
    )


@pytest.mark.parametrize(
    "field", [one for one in FIELDS if one.kind == "number" and one.reject_low is not None], ids=lambda one: one.name
)
def test_the_bounds_of_a_field_are_inside_and_one_step_beyond_is_rejected(field):
    step = (field.reject_high - field.reject_low) / 1000
    inside = {field.reject_low, field.reject_high}
    beyond = {field.reject_low - step, field.reject_high + step}
    refused = {
        value: bool(validation.names_rejected(validation.check(field.section, {field.name: value})))
        for value in inside | beyond
    }
    assert refused == dict.fromkeys(inside, False) | dict.fromkeys(beyond, True)


@pytest.mark.parametrize(
    ("section", "name", "usual", "unusual"),
    [
        ("MEA", "height_cm", 120, 119), ("MEA", "pulse_per_minute", 110, 111), ("MEA", "weight_kg", 200, 201),
        ("BLD", "haemoglobin_g_l", 100, 99), ("BLD", "alt_u_l", 40, 41), ("AUD", "hearing_loss_db", 25, 30),
        ("BLD", "blood_lead_ug_dl", 9, 10), ("EYE", "vision_right", 10, 11), ("ENT", "whisper_right_m", 0.5, 0.6),
    ],
)  # fmt: skip
def test_an_unusual_value_warns_and_stands(section, name, usual, unusual):
    assert ("unusual", "warn", name) not in found(section, **{name: usual})
    assert ("unusual", "warn", name) in found(section, **{name: unusual})


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("MEA", "height_cm", 1.65), ("MEA", "systolic_mmhg", 12), ("MEA", "diastolic_mmhg", 8),
        ("BLD", "glucose_mmol_l", 95), ("BLD", "creatinine_umol_l", 0.9), ("BLD", "haemoglobin_g_l", 13.5),
        ("BLD", "haematocrit_l_l", 42), ("BLD", "white_cells_g_l", 7000), ("SPI", "fev1_l", 3200),
    ],
)  # fmt: skip
def test_a_value_in_another_unit_is_refused_with_the_unit_it_probably_is(section, name, value):
    assert ("unit_suspected", "reject", name) in found(section, **{name: value})


@pytest.mark.parametrize("raw", ["62,5", "62.5", " 62,5\u00a0", 62.5])
def test_decimal_commas_and_invisible_spaces_are_read(raw):
    assert found("MEA", height_cm=165, weight_kg=raw) == set()


@pytest.mark.parametrize("raw", [True, "sáu mươi", "", "nan", float("inf"), [60], {"kg": 60}])
def test_what_is_no_number_is_refused(raw):
    assert ("not_readable", "reject", "weight_kg") in found("MEA", weight_kg=raw)


@pytest.mark.parametrize(("systolic", "rejected"), [(91, False), (90, True), (80, True), (79, True)])
def test_systolic_exceeds_diastolic_by_more_than_ten(systolic, rejected):
    problems = validation.check("MEA", {"systolic_mmhg": systolic, "diastolic_mmhg": 80})
    assert (validation.names_rejected(problems) == {"systolic_mmhg", "diastolic_mmhg"}) == rejected


@pytest.mark.parametrize(
    ("height", "weight", "expected"),
    [
        (200, 39, {("out_of_range", "reject", "bmi")}),
        (160, 40, {("unusual", "warn", "bmi")}),
        (170, 60, set()),
        (160, 100, {("unusual", "warn", "bmi")}),
    ],
)
def test_bmi_is_derived_and_checked(height, weight, expected):
    assert found("MEA", height_cm=height, weight_kg=weight) == expected


def test_fev1_cannot_exceed_fvc_and_a_low_ratio_warns():
    assert ("fev1_above_fvc", "reject", "fev1_l") in found("SPI", fev1_l=4, fvc_l=3.9)
    assert ("obstruction", "warn", "fev1_l") in found("SPI", fev1_l=2.79, fvc_l=4)
    assert found("SPI", fev1_l=2.8, fvc_l=4) == set()


def test_audiogram_thresholds_come_in_steps_of_five():
    assert found("AUD", thresholds_right_db={"500": 10, "4000": 25}) == set()
    assert found("AUD", thresholds_right_db={"4000": 40}) == {("unusual", "warn", "thresholds_right_db")}
    assert ("not_in_steps_of_5", "reject", "thresholds_right_db") in found("AUD", thresholds_right_db={"500": 12})
    assert ("out_of_range", "reject", "thresholds_right_db") in found("AUD", thresholds_right_db={"500": 125})


def test_a_whisper_beyond_half_a_metre_is_usual_by_the_five_metre_method():
    assert found("ENT", whisper_right_m=5, whisper_left_m=4, whisper_method_m=5) == set()


@pytest.mark.parametrize("sign", ["ĐNT", "đnt", "DNT", "ST (+)", "ST(−)", "ST-", "8/10", 8, "0"])
def test_vision_is_read_in_tenths_or_as_a_sign_of_blindness(sign):
    assert found("EYE", vision_right=sign, vision_left=10) == set()


@pytest.mark.parametrize("raw", [0, 6, "VI", "I-II", 2.5, True])
def test_a_class_is_one_to_five(raw):
    assert found("EYE", eye_class=raw) == {("not_readable", "reject", "eye_class")}


@pytest.mark.parametrize("raw", ["II", 2, "2"])
def test_a_class_is_also_read_in_roman(raw):
    assert found("EYE", eye_class=raw) == set()


def test_half_of_a_pair_warns_which_half_is_missing():
    assert found("EYE", vision_right=10) == {("pair_incomplete", "warn", "vision_left")}


def test_codes_outside_the_list_are_refused():
    assert found("XRY", xray_findings=["suspected_tb"]) == set()
    assert found("XRY", xray_findings=["ghost"]) == {("not_readable", "reject", "xray_findings")}


def test_unknown_fields_warn_and_unknown_desks_are_refused():
    assert found("MEA", vision_right=10) == {("unknown_field", "warn", "vision_right")}
    assert found("ZZZ") == {("unknown_section", "reject", "station")}


def test_unreadable_lists_of_criteria_and_codes_are_refused():
    assert found("EYE", criteria="3.2") == {("not_readable", "reject", "criteria")}
    assert found("EYE", icd=["H52"]) == {("not_readable", "reject", "icd")}
    assert found("EYE", no_abnormality=["eyes"]) == {("not_readable", "reject", "no_abnormality")}
    assert found("EYE", criteria=["3.2", {"criterion": "5.1", "class": "III", "index": "eye"}]) == set()


def test_every_message_is_there_in_both_languages():
    problems = validation.check("MEA", {"height_cm": 1.65, "weight_kg": 1000, "colour": 1, "systolic_mmhg": 150})
    assert len(problems) == 5
    assert all(one.vi and one.en and "{" not in one.vi + one.en for one in problems)


def test_messages_never_repeat_the_value():
    problems = validation.check("MEA", {"weight_kg": 987.65})
    assert all("987" not in one.vi + one.en for one in problems)


def test_every_field_belongs_to_a_desk_and_has_one_name():
    assert {one.section for one in FIELDS} == set(SECTIONS)
    assert len({one.name for one in FIELDS}) == len(FIELDS)


def test_any_icd_means_class_two_or_worse(an_examination):
    examination = replace(an_examination(), icd={"ent": ("J34.2",)})
    assert [one.code for one in validation.consistency(examination)] == ["icd_with_class_1"]


def test_no_abnormality_means_class_one(an_examination):
    examination = replace(an_examination(stated={"ent": 2}), no_abnormality=frozenset({"ent"}))
    assert [one.code for one in validation.consistency(examination)] == ["class_without_abnormality"]


@pytest.mark.parametrize(("pressure", "warned"), [((139, 89), False), ((140, 80), True), ((120, 90), True)])
def test_high_blood_pressure_does_not_fit_circulatory_class_one(an_examination, pressure, warned):
    examination = an_examination(systolic_mmhg=pressure[0], diastolic_mmhg=pressure[1])
    codes = [one.code for one in validation.consistency(examination)]
    assert codes == (["high_blood_pressure_with_class_1"] if warned else [])


@pytest.mark.parametrize(("stated", "warned"), [(2, True), (3, False), (4, False)])
def test_type_2_diabetes_is_class_three_at_best(an_examination, stated, warned):
    examination = replace(an_examination(stated={"endocrine": stated}), icd={"endocrine": ("E11.9",)})
    assert [one.code for one in validation.consistency(examination)] == ["class_too_good_for_disease"] * warned
