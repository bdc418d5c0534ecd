"""Invented workers with the shares of the domain's simulation figures; any likeness to a person is chance."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

FAMILY = ("Nguyễn", "Trần", "Lê", "Hoàng", "Vàng", "Lý", "Giàng", "Sùng", "Đặng", "Phạm", "Bùi", "Hầu", "Ma", "Nông")
FAMILY_WEIGHTS = (34, 10, 8, 6, 7, 6, 6, 5, 4, 4, 3, 3, 2, 2)
MIDDLE = {"Nam": ("Văn", "Đức", "Minh", "Quang", "Xuân", "Mí"), "Nữ": ("Thị", "Thu", "Ngọc", "Thanh", "Thị Mai")}
GIVEN = {
    "Nam": ("Dũng", "Hùng", "Sơn", "Tuấn", "Páo", "Long", "Cường", "Thắng", "Nam", "Hải", "Chính", "Kiên", "Lành"),
    "Nữ": ("Hoa", "Lan", "Hương", "Mai", "Dính", "Thảo", "Hạnh", "Ngân", "Máy", "Yến", "Chúa", "Nhung", "Xuyến"),
}
JOBS = (("Nhân viên văn phòng", "Văn phòng"), ("Giáo viên", "Tổ chuyên môn"), ("Công nhân", "Xưởng 1"),
        ("Lái xe", "Đội xe"), ("Công nhân khai thác", "Phân xưởng mỏ"))  # fmt: skip
HAZARDS = ("Tiếng ồn", "Bụi than", "Tiếng ồn; bụi than", "Nóng", "Bụi silic")
Days = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Workforce:
    """Who works there: shares, jobs (the last is the heavy one), and between which days they were last checked.

    A `due` share was last checked long enough ago to be due in the period, as is everybody in heavy work.
    """

    prefix: str
    jobs: tuple[tuple[str, str], ...]
    hazards: tuple[str, ...]
    heavy: float
    due: float
    checked_long_ago: Days
    checked_of_late: Days
    checked_in_heavy_work: Days


OF_HAGIANG = Workforce(
    prefix="002", jobs=JOBS, hazards=HAZARDS, heavy=0.19, due=0.46,
    checked_long_ago=(date(2025, 7, 2), date(2025, 12, 20)), checked_of_late=(date(2026, 1, 5), date(2026, 6, 5)),
    checked_in_heavy_work=(date(2026, 1, 5), date(2026, 6, 5)),
)  # fmt: skip
OF_THE_PARK = Workforce(
    prefix="024",
    jobs=(("Công nhân lắp ráp", "Xưởng lắp ráp"), ("Công nhân may", "Xưởng may"), ("Kiểm tra chất lượng", "KCS"),
          ("Nhân viên kho", "Kho"), ("Công nhân dập", "Xưởng dập")),
    hazards=("Tiếng ồn", "Tiếng ồn", "Tiếng ồn; bụi silic", "Nóng", "Bụi silic"), heavy=0.16, due=1.0,
    checked_long_ago=(date(2025, 9, 1), date(2025, 10, 15)), checked_of_late=(date(2026, 1, 5), date(2026, 6, 5)),
    checked_in_heavy_work=(date(2026, 3, 15), date(2026, 4, 14)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """One roster row as the union knows it; texts as a personnel officer would type them."""

    name: str
    born: str
    sex: str
    cccd: str
    phone: str
    department: str
    job: str
    hazards: str
    conditions: str
    since: str
    last_check: str
    disabled: str


def make(random: Random, number: int, serial: int, workforce: Workforce) -> Person:
    """Person `number` of a workforce; about one in a hundred comes with a fault that a roster really has."""
    sex = "Nữ" if random.random() < 0.55 else "Nam"
    born = date(2026, 1, 1) - timedelta(days=int(min(max(random.gauss(35, 8.5), 17), 64) * 365.25))
    heavy = random.random() < workforce.heavy
    job, department = workforce.jobs[-1] if heavy else random.choice(workforce.jobs[:-1])
    due_in_period = random.random() < workforce.due
    first, last = workforce.checked_long_ago if due_in_period else workforce.checked_of_late
    if heavy:
        first, last = workforce.checked_in_heavy_work
    checked = first + timedelta(days=random.randrange((last - first).days))
    family = random.choices(FAMILY, FAMILY_WEIGHTS)[0]
    person = Person(
        name=f"{family} {random.choice(MIDDLE[sex])} {random.choice(GIVEN[sex])}",
        born=f"{born:%d/%m/%Y}",
        sex=sex,
        cccd="" if random.random() < 0.05 else _cccd(workforce.prefix, born, sex, serial),
        phone=f"03{2 + number % 8}{serial % 10_000_000:07d}",
        department=department,
        job=job,
        hazards=random.choice(workforce.hazards) if heavy else "",
        conditions="Nặng nhọc, độc hại, nguy hiểm" if heavy else "Bình thường",
        since=f"{date(2015, 1, 1) + timedelta(days=random.randrange(3800)):%d/%m/%Y}",
        last_check=f"{checked:%d/%m/%Y}",
        disabled="x" if random.random() < 0.004 else "",
    )
    return _with_fault(random, person) if random.random() < 0.01 else person


def _cccd(prefix: str, born: date, sex: str, serial: int) -> str:
    """Twelve digits of the right form: a former province's prefix, sex and century, year, a running number."""
    century = 2 if born.year >= 2000 else 0
    return f"{prefix}{century + (sex == 'Nữ')}{born:%y}{serial % 1_000_000:06d}"


def _with_fault(random: Random, person: Person) -> Person:
    faults = (
        {"born": "31/02/1990"},
        {"born": ""},
        {"cccd": "7,92E+10"},
        {"cccd": person.cccd[:-2] if person.cccd else "12345"},
        {"sex": "?"},
        {"name": f"{person.name} 2"},
    )
    changes = dict(zip(Person.__slots__, (getattr(person, slot) for slot in Person.__slots__), strict=True))
    return Person(**(changes | random.choice(faults)))
