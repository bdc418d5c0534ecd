"""What an exam consists of, by sex and exposure, in the terms of the planning format."""

from datetime import date

import pytest

from scheduling.rules.packages import STATIONS, TIMINGS
from scheduling.rules.rule_sets import PACKAGES

LONG_AGO = date(2020, 1, 1)
BASE = ("REC", "MEA", "BLD", "URI", "XRY", "EYE", "ENT", "DEN", "INT", "SUR")


def test_a_man_in_ordinary_work_gets_the_base_package(due):
    package = due(last_check=date(2026, 5, 10)).package
    assert (package.id, package.stations, package.timing) == ("BASE", BASE, ())
    assert (package.bnn, package.cycle_minutes) == (False, 75)


def test_a_woman_exposed_to_noise_gets_gynaecology_and_rested_audiometry(due):
    package = due(sex="female", hazards=(("PHYS_NOISE", LONG_AGO),), last_check=date(2026, 5, 10)).package
    assert (package.id, package.stations) == ("BASE+F+NOISE", (*BASE, "GYN", "AUD"))
    assert (package.timing, package.bnn, package.cycle_minutes) == (("quiet_rest",), True, 90)


def test_several_hazards_are_a_set_union_whatever_their_order(due):
    hazards = (("PHYS_NOISE", LONG_AGO), ("DUST_SI", LONG_AGO), ("PHYS_HEAT", LONG_AGO))
    one, other = due(hazards=hazards).package, due(hazards=hazards[::-1]).package
    assert one == other
    assert one.id == "BASE+SI+HEAT+NOISE"
    assert one.stations == (*BASE, "ECG", "AUD", "SPI")
    assert (one.timing, one.cycle_minutes) == (("fasting", "quiet_rest"), 100)


def test_one_visit_is_never_both_rested_and_just_off_shift(due):
    package = due(hazards=(("PHYS_NOISE", LONG_AGO), ("CHEM_BTX", LONG_AGO)))
    assert package.package.timing == ("quiet_rest",)
    assert package.package.apart == ("CHEM_BTX",)
    assert "lấy riêng tại nơi làm việc" in package.reasons[-1].vi


def test_fasting_gives_way_to_the_end_of_a_shift(due):
    package = due(hazards=(("PHYS_HEAT", LONG_AGO), ("CHEM_CO", LONG_AGO))).package
    assert (package.timing, package.apart) == (("end_of_shift",), ())


def test_an_exposure_that_starts_after_the_exam_is_not_examined(due):
    found = due(hazards=(("PHYS_NOISE", date(2026, 12, 1)),), as_of=date(2026, 11, 22))
    assert found.package.id == "BASE"


def test_a_hazard_that_no_table_knows_is_an_error_and_not_an_omission(due):
    with pytest.raises(KeyError, match="PHYS_GHOST"):
        due(hazards=(("PHYS_GHOST", LONG_AGO),))


def test_the_hazard_table_has_every_code_of_the_domain_with_its_diseases():
    assert len(PACKAGES.hazards) == 33
    diseases = [number for hazard in PACKAGES.hazards.values() for number in hazard.diseases]
    assert sorted(diseases) == list(range(1, 36))


def test_short_names_of_hazards_are_unique_so_package_ids_are_too():
    shorts = [hazard.short for hazard in PACKAGES.hazards.values()]
    assert len(set(shorts)) == len(shorts)


def test_stations_and_timings_are_those_of_the_planning_format():
    for hazard in PACKAGES.hazards.values():
        assert set(hazard.stations) <= set(STATIONS)
        assert set(hazard.timing) <= set(TIMINGS)
    assert {minutes % 5 for minutes in (PACKAGES.base_minutes, *PACKAGES.extra_minutes.values())} == {0}


def test_hiv_is_in_no_default_package():
    assert not [test for hazard in PACKAGES.hazards.values() for test in hazard.tests if "hiv" in test]


def test_an_exposure_that_starts_before_the_exam_is_due_is_in_its_package(due):
    found = due(hazards=(("PHYS_HEAT", date(2027, 1, 1)),), last_check=date(2026, 5, 10), as_of=date(2026, 11, 22))
    assert found.package.id == "BASE+HEAT"
