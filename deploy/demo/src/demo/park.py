"""An invented industrial park: some 25 employers whose lines run in three shifts and may not stand still."""

from datetime import date, timedelta
from random import Random

from demo.land import Land, Line, Place, Shift, Unit, made_id
from demo.people import OF_THE_PARK, Person, make
from demo.scenario import Scenario

SITE = "KCN-PHUVAN"
COMMUNE = "09319"
MONDAY = date(2026, 8, 3)
MORNING, AFTERNOON, NIGHT = (360, 840), (840, 1320), (1320, 1800)
OFFICE: tuple[Shift, ...] = ((480, 1020),) * 6 + (None,)
# Three weeks, each followed by a free Sunday; the crews of a workshop stand a week apart.
ROTATING: tuple[Shift, ...] = (
    (MORNING,) * 6 + (None,) + (AFTERNOON,) * 6 + (None,) + (NIGHT,) * 6 + (None,)
)  # fmt: skip
CREWS = 3
MEMBERS_OF_LINE = 46
OFFICE_EVERY = 10
CEILINGS = (10, 12, 15)
TRADES = ("Điện tử", "May mặc", "Linh kiện", "Nhựa", "Cơ khí", "Bao bì", "Dây dẫn", "Giày da")
NAMES = ("Phù Vân", "Sao Mai", "Hồng Lạc", "Tân Cương", "Đông Giang", "Thiên Hà", "Bình Nguyên")


def build(scenario: Scenario) -> Land:
    """The park of a scenario: employers' lines, every tenth in office hours, the others in crews of three shifts."""
    random = Random(scenario.seed)
    place = Place(
        code=COMMUNE,
        site=SITE,
        union_id=made_id("union", SITE),
        union_kind="CD_KCN",
        union_name="Công đoàn Khu công nghiệp Phù Vân",
        reaches={SITE: 5},
    )
    units, serial = [], 0
    for number, size in enumerate(_shares(random, scenario.members, scenario.units)):
        lines = []
        for nth, members in enumerate(_shares(random, size, max(1, round(size / MEMBERS_OF_LINE)))):
            people = tuple(make(random, serial + n, serial + n, OF_THE_PARK) for n in range(members))
            serial += members
            lines.append(_line(number, nth, people))
        employer = f"Công ty TNHH {TRADES[number % len(TRADES)]} {NAMES[number % len(NAMES)]} {number + 1}"
        units.append(
            Unit(
                unit_id=made_id("park-cdcs", number),
                employer_id=made_id("park-employer", number),
                name=f"CĐCS {employer}",
                code=f"KCN.{number + 1:02d}",
                employer=employer,
                place=place,
                lines=tuple(lines),
            )
        )
    root = made_id("union", "ldld-park")
    return Land(root, "Liên đoàn Lao động tỉnh Bắc Ninh (mô phỏng)", (place,), tuple(units), OF_THE_PARK)


def _line(number: int, nth: int, people: tuple[Person, ...]) -> Line:
    in_office = nth % OFFICE_EVERY == OFFICE_EVERY - 1
    crew = nth % CREWS
    return Line(
        line_id=made_id("park-line", f"{number}/{nth}"),
        name="Văn phòng" if in_office else f"Xưởng {nth // CREWS + 1}, kíp {'ABC'[crew]}",
        shifts_from=MONDAY - timedelta(days=0 if in_office else 7 * crew),
        shifts=OFFICE if in_office else ROTATING,
        max_absent_pct=CEILINGS[(number + nth) % len(CEILINGS)],
        people=people,
    )


def _shares(random: Random, total: int, parts: int) -> list[int]:
    """A total in unequal parts, each at least one."""
    weights = [random.uniform(0.6, 1.4) for _ in range(parts)]
    sizes = [max(1, int(total * weight / sum(weights))) for weight in weights]
    sizes[0] += total - sum(sizes)
    return sizes
