"""Every numeric bound of QĐ 1613, on it and one step beyond."""

from decimal import Decimal

import pytest

MEN_HEIGHT = [(163, 1), (162.5, 1), (162.4, 2), (158, 2), (157, 3), (154, 3), (153, 4), (150, 4), (149.4, 5)]
WOMEN_HEIGHT = [(155, 1), (154, 2), (151, 2), (150, 3), (147, 3), (146, 4), (143, 4), (142, 5)]
MEN_WEIGHT = [(50, 1), (49.5, 1), (49, 2), (47, 2), (46, 3), (45, 3), (44, 4), (41, 4), (40.4, 5), (40, 5), (39, 5)]
WOMEN_WEIGHT = [(45, 1), (44, 2), (43, 2), (42, 3), (40, 3), (39, 4), (38, 4), (37.4, 5)]
MEN_CHEST = [(82, 1), (78, 2), (76, 2), (75, 4), (74, 4), (73, 5)]
WOMEN_CHEST = [(76, 1), (73, 2), (72, 2), (71, 4), (70, 4), (69, 5)]


@pytest.mark.parametrize(("height", "expected"), MEN_HEIGHT)
def test_a_mans_height_gives_the_physique_class(index_of, height, expected):
    assert index_of("physique", height_cm=height).health_class == expected


@pytest.mark.parametrize(("height", "expected"), WOMEN_HEIGHT)
def test_a_womans_height_gives_the_physique_class(index_of, height, expected):
    assert index_of("physique", "female", height_cm=height).health_class == expected


@pytest.mark.parametrize(("weight", "expected"), MEN_WEIGHT)
def test_a_mans_weight_gives_the_physique_class(index_of, weight, expected):
    assert index_of("physique", height_cm=165, weight_kg=weight).health_class == expected


@pytest.mark.parametrize(("weight", "expected"), WOMEN_WEIGHT)
def test_a_womans_weight_gives_the_physique_class(index_of, weight, expected):
    assert index_of("physique", "female", weight_kg=weight).health_class == expected


@pytest.mark.parametrize(("chest", "expected"), [*MEN_CHEST, (81, 1), (79, 1)])
def test_a_mans_chest_alone_is_tolerated_one_class(index_of, chest, expected):
    assert index_of("physique", chest_cm=chest).health_class == expected


@pytest.mark.parametrize(("chest", "expected"), [*WOMEN_CHEST, (75, 1), (74, 1)])
def test_a_womans_chest_alone_is_tolerated_one_class(index_of, chest, expected):
    assert index_of("physique", "female", chest_cm=chest).health_class == expected


@pytest.mark.parametrize(
    ("bmi", "expected"), [("24.4", 1), ("24.5", 2), ("25.4", 2), ("25.5", 3), ("27.4", 3), ("27.5", 4), ("40", 4)]
)
def test_obesity_is_read_from_the_rounded_bmi(index_of, bmi, expected):
    index = index_of("endocrine_metabolic", height_cm=200, weight_kg=Decimal(bmi) * 4)
    assert index.health_class == expected


@pytest.mark.parametrize(
    ("right", "left", "expected"),
    [
        (10, 10, 1), (10, 9, 1), (12, 9, 1), (9, 9, 2), (10, 8.5, 1), (10, 8.4, 2), (8, 8, 2), (8, 7, 3), (7, 7, 3),
        (7, 6, 4), (6, 5, 4), (5, 5, 5), (10, 0.4, 4), (10, "DNT", 4), ("ST-", 10, 4), (9, "ST+", 5), ("ST-", "ST-", 5),
    ],
)  # fmt: skip
def test_the_sum_of_both_eyes_decides_and_one_blind_eye_weighs_more(index_of, right, left, expected):
    assert index_of("eye", vision_right=right, vision_left=left).health_class == expected


@pytest.mark.parametrize(("corrected", "expected"), [(10, 2), (8, 3), (7, 4), (6, 5), (5, 5)])
def test_corrected_vision_counts_one_class_lower(index_of, corrected, expected):
    measures = {"vision_right": 1, "vision_left": 1}
    measures |= {"corrected_vision_right": corrected, "corrected_vision_left": corrected}
    assert index_of("eye", **measures).health_class == expected


def test_good_vision_is_not_lowered_because_glasses_were_tried(index_of):
    assert index_of("eye", corrected_vision_right=10, corrected_vision_left=10).health_class == 1


def test_a_colour_vision_defect_is_class_iii(index_of):
    assert index_of("eye", colour_vision_defect=True).health_class == 3


@pytest.mark.parametrize(
    ("right", "left", "expected"),
    [(5, 5, 1), (5, 4.9, 2), (4, 2, 2), (5, 1.9, 3), (3, 1, 3), (4, 0.9, 4), (2, 0.5, 4), (2, 0.4, 5), (1, 0.1, 5)],
)
def test_a_row_of_whispered_voice_needs_both_ears(index_of, right, left, expected):
    assert index_of("ent", whisper_right_m=right, whisper_left_m=left).health_class == expected


def test_the_half_metre_method_is_not_classified_by_distance(index_of):
    index = index_of("ent", whisper_right_m=0.5, whisper_left_m=0.5)
    assert (index.health_class, index.criteria) == (1, ())


def test_the_half_metre_method_alone_leaves_the_ears_to_the_doctor(index_of):
    index = index_of("ent", whisper_right_m=0.5, whisper_left_m=0.5, stated={"ent": None})
    assert (index.health_class, index.missing) == (None, "not_examined:ent")


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(14, 1), (14.9, 1), (15, 2), (35, 2), (35.4, 2), (35.5, 3), (45, 3), (46, 4), (65, 4), (65.1, 5), (66, 5)],
)
def test_hearing_loss_gives_the_ear_class(index_of, loss, expected):
    assert index_of("ent", hearing_loss_db=loss).health_class == expected


@pytest.mark.parametrize(("caries", "expected"), [(0, 1), (1, 2), (3, 2), (4, 3), (5, 3), (6, 4), (20, 4)])
def test_the_number_of_carious_teeth_gives_the_dental_class(index_of, caries, expected):
    assert index_of("dental", caries_count=caries).health_class == expected


@pytest.mark.parametrize(
    ("power", "expected"), [(100, 1), (99, 2), (90.5, 2), (90, 3), (81, 3), (80.5, 3), (80, 4), (61, 4), (60, 5)]
)
def test_chewing_power_gives_the_dental_class(index_of, power, expected):
    assert index_of("dental", chewing_power_pct=power).health_class == expected


@pytest.mark.parametrize(
    ("pulse", "expected"), [(54, 4), (55, 3), (59, 3), (60, 1), (75, 1), (76, 2), (85, 2), (86, 3), (95, 3), (96, 4)]
)
def test_the_pulse_gives_the_circulatory_class(index_of, pulse, expected):
    assert index_of("circulatory", pulse_per_minute=pulse).health_class == expected


@pytest.mark.parametrize(
    ("systolic", "diastolic", "criterion", "after_annex_2"),
    [
        (99, 70, 4, 4), (100, 70, 1, 1), (110, 70, 1, 1), (125, 85, 1, 1), (126, 70, 2, 1), (135, 70, 2, 1),
        (136, 70, 3, 2), (140, 70, 3, 2), (141, 70, 4, 4), (120, 59, 4, 4), (120, 60, 2, 1), (120, 64, 2, 1),
        (120, 65, 1, 1), (120, 86, 2, 1), (120, 89, 2, 1), (120, 90, 3, 2), (120, 95, 3, 2), (120, 96, 4, 4),
    ],
)  # fmt: skip
def test_blood_pressure_under_thirty(index_of, systolic, diastolic, criterion, after_annex_2):
    index = index_of("circulatory", age=29, systolic_mmhg=systolic, diastolic_mmhg=diastolic)
    assert ([one.health_class for one in index.criteria], index.health_class) == ([criterion], after_annex_2)


@pytest.mark.parametrize("age", [30, 50, 51, 64])
@pytest.mark.parametrize(
    ("systolic", "diastolic", "expected"),
    [
        (90, 55, 1), (139, 89, 1), (140, 80, 3), (145, 80, 3), (146, 80, 4), (150, 80, 4), (151, 80, 4),
        (130, 90, 3), (130, 95, 3), (130, 96, 4), (130, 100, 4), (130, 110, 4),
    ],
)  # fmt: skip
def test_blood_pressure_from_thirty_on(index_of, age, systolic, diastolic, expected):
    index = index_of("circulatory", age=age, systolic_mmhg=systolic, diastolic_mmhg=diastolic)
    assert index.health_class == expected


def test_corrected_vision_never_falls_below_class_v(index_of):
    blurred = {"vision_right": None, "vision_left": None, "corrected_vision_right": 5, "corrected_vision_left": 5}
    assert index_of("eye", **blurred).health_class == 5
