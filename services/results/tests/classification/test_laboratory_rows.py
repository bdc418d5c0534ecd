"""Laboratory rows find their fields and units."""

from datetime import date

import pytest

from results.classification import laboratory
from results.classification.escalations import escalations, in_force


@pytest.mark.parametrize("index", ["glucose_mmol_l", "14749-6", "14771-0"])
def test_a_row_is_placed_by_field_name_or_loinc(index):
    assert laboratory.sections([(index, "5,4", "mmol/L")]) == ({"BLD": {"glucose_mmol_l": "5,4"}}, [])


@pytest.mark.parametrize(
    ("index", "value", "unit", "field", "expected"),
    [
        ("glucose_mmol_l", "90", "mg/dL", "glucose_mmol_l", 5.0),
        ("creatinine_umol_l", "1,0", "mg/dl", "creatinine_umol_l", 88.4),
        ("haemoglobin_g_l", "13.5", "g/dL", "haemoglobin_g_l", 135),
    ],
)
def test_a_known_other_unit_is_converted(index, value, unit, field, expected):
    placed, refused = laboratory.sections([(index, value, unit)])
    assert float(placed["BLD"][field]) == pytest.approx(expected, rel=1e-4)
    assert refused == []


@pytest.mark.parametrize("unit", ["", "umol/L", "µmol/l", "μmol/L"])
def test_no_unit_or_another_spelling_is_the_fields_own(unit):
    assert laboratory.sections([("creatinine_umol_l", "80", unit)])[0] == {"BLD": {"creatinine_umol_l": "80"}}


def test_what_cannot_be_placed_is_named_and_the_rest_stands():
    rows = [("HIV", "âm tính", ""), ("alt_u_l", "500", "U/L"), ("urea_mmol_l", "5", "stone")]
    placed, refused = laboratory.sections(rows)
    assert [(one.code, one.field) for one in refused] == [("unknown_index", "HIV"), ("unknown_unit", "urea_mmol_l")]
    assert [one.code for one in escalations(in_force(date(2026, 8, 7)), placed)] == ["liver_injury"]


def test_qualitative_rows_are_taken_as_text():
    assert laboratory.sections([("20454-5", "âm tính", "")])[0] == {"URI": {"urine_protein": "âm tính"}}


def test_several_codes_come_divided_by_semicolons():
    rows = [("xray_findings", "mass; suspected_tb", "")]
    assert laboratory.sections(rows)[0] == {"XRY": {"xray_findings": ["mass", "suspected_tb"]}}
