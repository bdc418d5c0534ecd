"""The demo's invented lands: sizes as told, shifts that turn, ceilings counted from visits."""

from collections import Counter
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

import pytest

from demo import ceilings, park, sessions
from demo.land import Line, made_id
from demo.ledger import Ledger
from demo.scenario import HAGIANG, PARK, SCENARIOS, Scenario
from demo.world import BUILDERS

SMALL = 0.02
SUNDAY = date(2026, 9, 6)


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_a_land_has_as_many_units_and_members_as_its_scenario_says(scenario: Scenario) -> None:
    small = scenario.scaled(SMALL)

    land = BUILDERS[scenario.name](small)

    assert (len(land.units), sum(unit.members for unit in land.units)) == (small.units, small.members)
    assert len({line.line_id for _, line in land.lines}) == len(land.lines)


def test_the_whole_park_works_in_three_shifts_that_turn() -> None:
    land = park.build(PARK)

    monday = SUNDAY + timedelta(days=1)
    rotating = [line for _, line in land.lines if len(line.shifts) == len(park.ROTATING)]
    at_work = Counter(line.shifts[(monday - line.shifts_from).days % len(line.shifts)] for line in rotating)
    assert (len(land.units), sum(unit.members for unit in land.units)) == (25, 12_000)
    assert at_work.keys() == {park.MORNING, park.AFTERNOON, park.NIGHT}
    assert min(at_work.values()) > len(rotating) / 5
    assert len(rotating) > 0.85 * len(land.lines)


def test_the_park_is_offered_more_team_days_than_it_needs_and_a_village_enough_for_both_incidents() -> None:
    offered = [
        sum(map(len, sessions.offer(scenario, park.build(scenario), made_id("campaign", "x")).values()))
        for scenario in (PARK, PARK.scaled(SMALL))
    ]

    assert 30 <= offered[0] <= 40
    assert offered[1] >= 6


def test_a_province_offers_what_it_always_did() -> None:
    small = HAGIANG.scaled(SMALL)
    offered = sessions.offer(small, BUILDERS["hagiang"](small), made_id("campaign", "x"))

    one = next(iter(offered.values()))[0]
    assert (len(one.windows), one.windows[0].total) == (16, 12)
    assert {station: one.windows[0].capacity[station] for station in ("GYN", "AUD", "SPI")} == {
        "GYN": 8, "AUD": 5, "SPI": 4,
    }  # fmt: skip


def a_line(name: str, members: int, per_cent: int) -> Line:
    return Line(made_id("line", name), name, date(2026, 8, 3), park.OFFICE, per_cent, (None,) * members)  # type: ignore[arg-type]


def a_world(line: Line, visits: list[tuple[int, date, int]]) -> Any:
    workers = [uuid5(line.line_id, str(n)) for n in range(len(line.people))]
    ledger = Ledger(away=[(workers[n], day, start) for n, day, start in visits])
    known: dict[UUID, Line] = dict.fromkeys(workers, line)
    place = SimpleNamespace(reaches={"KCN": 5})
    return SimpleNamespace(ledger=ledger, line_of=known, land=SimpleNamespace(places=[place]))


def test_visits_at_once_are_held_against_the_lines_ceiling() -> None:
    line, monday = a_line("A", 20, 10), date(2026, 9, 7)
    within = a_world(line, [(0, monday, 540), (1, monday, 570), (2, monday, 720)])
    beyond = a_world(line, [(0, monday, 540), (1, monday, 570), (2, monday, 600)])
    on_sunday = a_world(line, [(n, SUNDAY, 540) for n in range(9)])

    found = [ceilings.fullest(world) for world in (within, beyond, on_sunday)]

    assert [(one.most, one.at_ceiling, one.beyond) for one in found if one] == [(2, 1, 0), (3, 0, 1), (0, 0, 0)]
