"""A synthetic mountain province: communes, grassroots unions with their lines, and the roads between them."""

from dataclasses import dataclass
from math import hypot
from random import Random
from uuid import UUID, uuid5

from vietnam_provinces import Province, Ward

from demo.people import Person, make
from demo.rosters import SAMPLE_ROWS, samples_for
from demo.scenario import Scenario

NAMESPACE = UUID("6b1f0f4e-8a52-4f0e-9d3b-2f1c7f0a0826")
OLD_HA_GIANG = 1300
"""Commune codes below belonged to Hà Giang before 2025-07-01."""

REACH_MINUTES = 30
KINDS = ("Trường Tiểu học", "Ủy ban nhân dân", "Công ty TNHH", "Hợp tác xã", "Trạm Y tế", "Công ty CP Khoáng sản")


def made_id(kind: str, name: object) -> UUID:
    """The same id in every run, so that a demo can be started again on what it left."""
    return uuid5(NAMESPACE, f"{kind}/{name}")


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune with its union, on a map whose unit is ten minutes of road."""

    code: str
    name: str
    union_id: UUID
    place: tuple[float, float]

    def minutes_to(self, other: "Commune") -> int:
        """Minutes one way, a multiple of five; five inside the commune."""
        if other is self:
            return 5
        (x, y), (u, v) = self.place, other.place
        return 5 * round(2 * hypot(x - u, y - v)) + 10


@dataclass(frozen=True, slots=True)
class Unit:
    """A grassroots union (CĐCS) with one line, and the people on its first roster, or the file it sends instead."""

    unit_id: UUID
    line_id: UUID
    employer_id: UUID
    name: str
    code: str
    commune: Commune
    people: tuple[Person, ...]
    file: str | None = None

    @property
    def members(self) -> int:
        """How many rows its roster has."""
        return SAMPLE_ROWS[self.file] if self.file else len(self.people)


@dataclass(frozen=True, slots=True)
class WholeProvince:
    """Everything the union side declares; `root_id` is the provincial federation."""

    root_id: UUID
    communes: tuple[Commune, ...]
    units: tuple[Unit, ...]

    def reaches(self, commune: Commune) -> list[tuple[Commune, int]]:
        """The communes that people of one can travel to for a check."""
        far = [(other, commune.minutes_to(other)) for other in self.communes]
        return [(other, minutes) for other, minutes in far if minutes <= REACH_MINUTES]


def build(scenario: Scenario) -> WholeProvince:
    """The province of a scenario; some units send a sample file and have no generated people."""
    random = Random(scenario.seed)
    communes = _communes(scenario, random)
    files = samples_for(scenario.members)
    generated_units = scenario.units - len(files)
    sizes = _sizes(random, generated_units, scenario.members - sum(SAMPLE_ROWS[name] for name in files))
    units, serial = [], 0
    for number, size in enumerate(sizes):
        people = tuple(make(random, serial + n, serial + n) for n in range(size))
        serial += size
        units.append(_unit(number, communes[number % len(communes)], people))
    for number, file in enumerate(files, generated_units):
        units.append(_unit(number, communes[number % len(communes)], (), file))
    return WholeProvince(made_id("union", "ldld"), tuple(communes), tuple(units))


def _communes(scenario: Scenario, random: Random) -> list[Commune]:
    province = next(p for p in Province.iter_all() if int(p.code.value) == int(scenario.province_code))
    wards = [ward for ward in Ward.iter_by_province(province.code) if int(ward.code.value) < OLD_HA_GIANG]
    side = scenario.communes**0.5 * 1.6
    return [
        Commune(
            code=f"{int(ward.code.value):05d}",
            name=ward.name,
            union_id=made_id("union", ward.code.value),
            place=(random.uniform(0, side), random.uniform(0, side)),
        )
        for ward in sorted(wards, key=lambda ward: int(ward.code.value))[: scenario.communes]
    ]


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


def _unit(number: int, commune: Commune, people: tuple[Person, ...], file: str | None = None) -> Unit:
    return Unit(
        unit_id=made_id("cdcs", number),
        line_id=made_id("line", number),
        employer_id=made_id("employer", number),
        name=f"CĐCS {KINDS[number % len(KINDS)]} số {number + 1}, {commune.name}",
        code=f"08.{number + 1:04d}",
        commune=commune,
        people=people,
        file=file,
    )
