"""A synthetic mountain province: communes, grassroots unions with a line each, and the roads between them."""

from datetime import date
from math import hypot
from random import Random

from vietnam_provinces import Province, Ward

from demo.land import Land, Line, Place, Shift, Unit, made_id
from demo.people import OF_HAGIANG, Person, make
from demo.rosters import SAMPLE_ROWS, samples_for
from demo.scenario import Scenario

OLD_HA_GIANG = 1300
"""Commune codes below belonged to Hà Giang before 2025-07-01."""

REACH_MINUTES = 30
MONDAY = date(2026, 1, 5)
OFFICE_WEEK: tuple[Shift, ...] = ((450, 990),) * 5 + (None, None)
SIX_DAYS: tuple[Shift, ...] = ((420, 960),) * 6 + (None,)
KINDS = ("Trường Tiểu học", "Ủy ban nhân dân", "Công ty TNHH", "Hợp tác xã", "Trạm Y tế", "Công ty CP Khoáng sản")


def build(scenario: Scenario) -> Land:
    """The province of a scenario; some units send a sample file and have no generated people."""
    random = Random(scenario.seed)
    places = _communes(scenario, random)
    files = samples_for(scenario.members)
    generated_units = scenario.units - len(files)
    sizes = _sizes(random, generated_units, scenario.members - sum(SAMPLE_ROWS[name] for name in files))
    units, serial = [], 0
    for number, size in enumerate(sizes):
        people = tuple(make(random, serial + n, serial + n, OF_HAGIANG) for n in range(size))
        serial += size
        units.append(_unit(number, places[number % len(places)], people))
    for number, file in enumerate(files, generated_units):
        units.append(_unit(number, places[number % len(places)], (), file))
    root = made_id("union", "ldld")
    return Land(root, "Liên đoàn Lao động tỉnh Tuyên Quang", tuple(places), tuple(units), OF_HAGIANG)


def _communes(scenario: Scenario, random: Random) -> list[Place]:
    """Communes on a map whose unit is ten minutes of road."""
    province = next(p for p in Province.iter_all() if int(p.code.value) == int(scenario.province_code))
    wards = [ward for ward in Ward.iter_by_province(province.code) if int(ward.code.value) < OLD_HA_GIANG]
    chosen = sorted(wards, key=lambda ward: int(ward.code.value))[: scenario.communes]
    side = scenario.communes**0.5 * 1.6
    where = {ward: (random.uniform(0, side), random.uniform(0, side)) for ward in chosen}
    return [
        Place(
            code=_code(ward),
            site=_code(ward),
            union_id=made_id("union", ward.code.value),
            union_kind="CD_XA",
            union_name=f"Công đoàn {ward.name}",
            reaches={
                _code(other): minutes
                for other in chosen
                if (minutes := 5 if other is ward else _minutes(where[ward], where[other])) <= REACH_MINUTES
            },
        )
        for ward in chosen
    ]


def _code(ward: Ward) -> str:
    return f"{int(ward.code.value):05d}"


def _minutes(one: tuple[float, float], other: tuple[float, float]) -> int:
    """Minutes one way between two communes, a multiple of five."""
    return 5 * round(2 * hypot(one[0] - other[0], one[1] - other[1])) + 10


def _sizes(random: Random, units: int, members: int) -> list[int]:
    """Log-normal with median 18 and a long tail (domain figures), brought to the exact sum."""
    raw = [min(random.lognormvariate(2.89, 1.0), 1500) for _ in range(units)]
    factor = members / sum(raw)
    sizes = [max(1, int(size * factor)) for size in raw]
    surplus = members - sum(sizes)
    while surplus:
        at = random.randrange(units)
        step = 1 if surplus > 0 else -1
        if sizes[at] + step >= 1:
            sizes[at] += step
            surplus -= step
    return sizes


def _unit(number: int, place: Place, people: tuple[Person, ...], file: str | None = None) -> Unit:
    kind = KINDS[number % len(KINDS)]
    line = Line(
        line_id=made_id("line", number),
        name="Toàn đơn vị",
        shifts_from=MONDAY,
        shifts=SIX_DAYS if "Khoáng sản" in kind else OFFICE_WEEK,
        max_absent_pct=15,
        people=people,
        file=file,
    )
    return Unit(
        unit_id=made_id("cdcs", number),
        employer_id=made_id("employer", number),
        name=f"CĐCS {kind} số {number + 1}, {place.union_name.removeprefix('Công đoàn ')}",
        code=f"08.{number + 1:04d}",
        employer=f"{kind} số {number + 1}",
        place=place,
        lines=(line,),
    )
