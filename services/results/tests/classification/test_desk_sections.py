"""Sections of the desks, in any order, become one examination."""

from itertools import permutations

from results.classification import proposal, rule_sets, sections
from results.classification.fields import FIELDS
from results.classification.model import Finding

INTERNAL = (
    "circulatory", "respiratory", "digestive", "renal_urogenital",
    "endocrine", "musculoskeletal", "neurological", "psychiatric",
)  # fmt: skip
VISIT = {
    "MEA": {"height_cm": 171, "weight_kg": "64,5", "systolic_mmhg": 118, "diastolic_mmhg": 76, "pulse_per_minute": 70},
    "EYE": {"vision_right": "10/10", "vision_left": 9},
    "ENT": {"whisper_right_m": 0.5, "whisper_left_m": 0.5, "ent_class": "I"},
    "DEN": {"dental_class": 1, "criteria": ["24.2"]},
    "INT": {f"{specialty}_class": 1 for specialty in INTERNAL},
    "SUR": {"surgical_class": 1, "dermatological_class": 2},
}
RULES = rule_sets.RULE_SETS[-1]


def test_a_whole_visit_is_classified_from_its_sections():
    examination = sections.merge(VISIT, "male", 41, tumour_class=1)
    assert proposal.propose(examination, RULES).overall == 2
    assert examination.findings == (Finding("24.2"),)
    assert examination.measures.vision_right == 10


def test_the_order_in_which_desks_report_does_not_matter():
    orders = ({code: VISIT[code] for code in order} for order in permutations(VISIT))
    merged = [sections.merge(order, "male", 41, tumour_class=1) for order in orders]
    assert all(one == merged[0] for one in merged)


def test_an_early_class_is_open_and_names_the_desks_still_out():
    proposed = proposal.propose(sections.merge({"EYE": VISIT["EYE"]}, "male", 41), RULES)
    assert proposed.overall is None
    assert [one.index for one in proposed.indices if not one.missing] == ["eye"]


def test_a_rejected_value_is_left_out_and_named():
    examination = sections.merge({"MEA": {"height_cm": 1.71, "weight_kg": 64}}, "male", 41)
    assert examination.measures.height_cm is None
    assert examination.rejected == {"height_cm"}


def test_a_rejected_value_is_not_replaced_by_the_doctors_class():
    visit = {**VISIT, "MEA": {"height_cm": 1.71, "weight_kg": 64, "physique_class": 1}}
    proposed = proposal.propose(sections.merge(visit, "male", 41, tumour_class=1), RULES)
    assert {one.index: one.missing for one in proposed.indices if one.missing}["physique"] == "value_rejected"


def test_a_field_of_another_desk_is_not_taken():
    examination = sections.merge({"MEA": {"vision_right": 10, "vision_left": 10}}, "male", 41)
    assert examination.measures.vision_right is None


def test_a_refusal_at_the_gynaecological_desk_travels_with_the_examination():
    assert sections.merge({"GYN": {"gynaecology_refused": True}}, "female", 30).gynaecology_refused


def test_icd_codes_and_normal_specialties_are_gathered_over_the_desks():
    visit = {"EYE": {"icd": {"eye": ["H52.1"]}}, "ENT": {"no_abnormality": ["ent"]}, "DEN": {"icd": "K02"}}
    examination = sections.merge(visit, "male", 30)
    assert (examination.icd, examination.no_abnormality) == ({"eye": ("H52.1",)}, {"ent"})


def test_the_package_says_which_sections_are_still_missing():
    stations = ("REC", "MEA", "BLD", "EYE", "GYN")
    assert sections.missing(stations, ["EYE"]) == ("MEA", "BLD", "GYN")
    assert sections.missing(stations, ["GYN", "BLD", "MEA", "EYE"]) == ()


def test_the_national_template_keys_of_the_adult_check_are_all_placed():
    keys = {one.template_key for one in FIELDS if one.template_key}
    assert {"CHIEU_CAO", "CAN_NANG", "MACH", "HUYET_AP", "KHAM_THE_LUC_PL", "KHAM_MAT_PL"} <= keys
    assert {"KHONG_KINH_MAT_PHAI", "CO_KINH_MAT_TRAI", "TAI_TRAI_NOI_THAM", "TAI_PHAI_NOI_THUONG"} <= keys
    assert sum(key.startswith("NOI_KHOA_") and key.endswith("_PL") for key in keys) == 8
