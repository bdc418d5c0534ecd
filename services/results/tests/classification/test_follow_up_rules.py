"""What a conclusion asks for next, what cannot wait until then, and what gathers on a line."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from results.classification import escalations as urgent
from results.classification import follow_ups, occupational_diseases

RULES = follow_ups.in_force(date(2026, 8, 7))
URGENT = urgent.in_force(date(2026, 8, 7))


def escalations_of(sections):
    """What is urgent; each desk that brings something of it is one that may press."""
    found = urgent.escalations(URGENT, sections)
    assert bool(found) <= any(urgent.may_press(URGENT, station, values) for station, values in sections.items())
    return found


def reasons(
    final_class: int | None = 1, hazards: tuple[str, ...] = (), heavy: bool = False, **values: object
) -> list[str]:
    return [one.reason for one in follow_ups.derive(RULES, final_class, values, hazards=hazards, heavy=heavy)]


def test_a_healthy_worker_needs_nothing():
    assert (
        reasons(1, systolic_mmhg=120, diastolic_mmhg=80, glucose_mmol_l=Decimal("5.2"), hazards=("PHYS_NOISE",)) == []
    )


@pytest.mark.parametrize(
    ("systolic", "diastolic", "expected"),
    [
        (139, 89, []), (140, 80, ["hypertension_retest"]), (120, 90, ["hypertension_retest"]),
        (160, 90, ["hypertension_treatment"]), (150, 100, ["hypertension_treatment"]),
        (180, 90, ["hypertensive_crisis"]), (150, 110, ["hypertensive_crisis"]),
    ],
)  # fmt: skip
def test_blood_pressure_asks_for_one_thing_only_the_most_urgent(systolic, diastolic, expected):
    assert reasons(systolic_mmhg=systolic, diastolic_mmhg=diastolic) == expected


@pytest.mark.parametrize(("final_class", "heavy", "expected"), [
    (1, True, []), (2, True, []), (3, False, []), (3, True, ["heavy_work"]),
    (4, False, ["weak_health"]), (5, True, ["weak_health"]), (None, True, []),
])  # fmt: skip
def test_the_class_asks_for_a_job_review_by_qd_1613(final_class, heavy, expected):
    assert reasons(final_class, heavy=heavy) == expected


def test_suspected_tuberculosis_is_referred_the_same_day():
    [referral] = follow_ups.derive(RULES, 2, {"xray_findings": ("suspected_tb",)})
    assert (referral.kind, referral.due_days) == ("referral", 0)


@pytest.mark.parametrize(("loss", "hazards", "expected"), [
    (26, ("PHYS_NOISE",), ["noise_induced_hearing_loss"]), (25, ("PHYS_NOISE",), []), (60, ("PHYS_HEAT",), []),
])  # fmt: skip
def test_hearing_loss_is_suspected_occupational_only_with_noise(loss, hazards, expected):
    assert reasons(hearing_loss_db=loss, hazards=hazards) == expected


def test_a_suspected_occupational_disease_names_its_number_and_the_law_gives_twenty_days():
    [suspected] = follow_ups.derive(RULES, 2, {"hearing_loss_db": 45}, hazards=["PHYS_NOISE"])
    assert (suspected.kind, suspected.disease, suspected.due_days) == ("occupational_disease_suspected", 18, 20)
    assert suspected.legal_source.startswith("TT 56/2025")


def test_obstruction_is_byssinosis_for_cotton_and_asthma_for_sensitisers():
    values = {"fev1_l": Decimal("2.0"), "fvc_l": Decimal("3.5")}
    found = follow_ups.derive(RULES, 2, values, hazards=["DUST_COT", "SENS"])
    assert [one.disease for one in found] == [3, 7]


def test_every_rule_for_an_occupational_disease_names_a_listed_one_and_a_hazard():
    rows = [row for row in RULES.rows if row.follow_up.kind == "occupational_disease_suspected"]
    assert all(row.hazards and row.follow_up.disease in occupational_diseases.BY_NUMBER for row in rows)
    assert {row.follow_up.due_days for row in rows} == {20}


@pytest.mark.parametrize(("ended", "confirmed", "expected"), [
    ("silicosis", True, ("referral", "silicosis_assessment", 0)),
    ("lead_poisoning", True, ("treatment", "lead_poisoning_treatment", 90)),
    ("lead_poisoning_treatment", False, ("referral", "lead_poisoning_assessment", 20)),
    ("lead_poisoning", False, None), ("hypertension_treatment", False, None), ("hypertension_retest", True, None),
])  # fmt: skip
def test_a_diagnosed_disease_is_treated_and_assessed_within_the_laws_days(ended, confirmed, expected):
    found = follow_ups.after(RULES, ended, confirmed=confirmed)

    assert (found and (found.kind, found.reason, found.due_days)) == expected


def test_the_rules_of_a_day_are_the_last_that_began_by_it(monkeypatch):
    later = replace(RULES, version="follow-ups-2027.1", valid_from=date(2027, 1, 1))
    monkeypatch.setattr(follow_ups, "RULE_SETS", (RULES, later))

    versions = [follow_ups.in_force(day).version for day in (date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))]

    assert versions == [RULES.version, RULES.version, later.version]


@pytest.mark.parametrize(
    ("section", "values", "expected"),
    [
        ("MEA", {"systolic_mmhg": 180}, ["hypertensive_crisis"]), ("MEA", {"systolic_mmhg": 179}, []),
        ("MEA", {"diastolic_mmhg": 110}, ["hypertensive_crisis"]),
        ("MEA", {"pulse_per_minute": 131}, ["critical_pulse"]),
        ("MEA", {"pulse_per_minute": 130}, []), ("MEA", {"pulse_per_minute": 39}, ["critical_pulse"]),
        ("BLD", {"glucose_mmol_l": 16.7}, ["critical_glucose"]), ("BLD", {"glucose_mmol_l": 2.9}, ["critical_glucose"]),
        ("BLD", {"glucose_mmol_l": 3.0}, []), ("BLD", {"haemoglobin_g_l": 69}, ["severe_anaemia"]),
        ("BLD", {"platelets_g_l": 49}, ["low_platelets"]), ("BLD", {"white_cells_g_l": 31}, ["high_white_cells"]),
        ("BLD", {"alt_u_l": 401}, ["liver_injury"]), ("BLD", {"creatinine_umol_l": 301}, ["kidney_injury"]),
        ("XRY", {"xray_findings": ["pneumothorax"]}, ["urgent_xray"]), ("XRY", {"xray_findings": ["other"]}, []),
    ],
)  # fmt: skip
def test_what_cannot_wait_is_escalated_the_same_day(section, values, expected):
    assert [one.code for one in escalations_of({section: values})] == expected


def test_chest_pain_is_escalated_only_with_an_abnormal_ecg():
    assert escalations_of({"INT": {"chest_pain": True}}) == []
    both = escalations_of({"INT": {"chest_pain": True}, "ECG": {"ecg_abnormal": True}})
    assert [one.code for one in both] == ["chest_pain_with_abnormal_ecg"]


def test_a_rejected_value_escalates_nothing():
    assert escalations_of({"BLD": {"glucose_mmol_l": 95}}) == []


def test_the_list_has_35_diseases_and_nine_go_to_assessment_at_once():
    listed = occupational_diseases.BY_NUMBER
    assert list(listed) == list(range(1, 36))
    assert {number for number, one in listed.items() if one.assess_at_once} == {1, 2, 4, 5, 11, 18, 20, 21, 34}
    assert listed[18].icd10 == "H83.3"
