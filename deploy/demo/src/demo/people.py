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
FIRST_HALF, SECOND_HALF = (date(2026, 1, 5), date(2026, 6, 5)), (date(2025, 7, 2), date(2025, 12, 20))


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


def make(random: Random, number: int, serial: int) -> Person:
    """Person `number` of the province; about one in a hundred comes with a fault that a roster really has."""
    sex = "Nữ" if random.random() < 0.55 else "Nam"
    born = date(2026, 1, 1) - timedelta(days=int(min(max(random.gauss(35, 8.5), 17), 64) * 365.25))
    heavy = random.random() < 0.19
    job, department = JOBS[4] if heavy else random.choice(JOBS[:4])
    due_in_period = random.random() < 0.46
    first, last = FIRST_HALF if heavy or not due_in_period else SECOND_HALF
    checked = first + timedelta(days=random.randrange((last - first).days))
    family = random.choices(FAMILY, FAMILY_WEIGHTS)[0]
    person = Person(
        name=f"{family} {random.choice(MIDDLE[sex])} {random.choice(GIVEN[sex])}",
        born=f"{born:%d/%m/%Y}",
        sex=sex,
        cccd="" if random.random() < 0.05 else _cccd(born, sex, serial),
        phone=f"03{2 + number % 8}{serial % 10_000_000:07d}",
        department=department,
        job=job,
        hazards=random.choice(HAZARDS) if heavy else "",
        conditions="Nặng nhọc, độc hại, nguy hiểm" if heavy else "Bình thường",
        since=f"{date(2015, 1, 1) + timedelta(days=random.randrange(3800)):%d/%m/%Y}",
        last_check=f"{checked:%d/%m/%Y}",
        disabled="x" if random.random() < 0.004 else "",
    )
    return _with_fault(random, person) if random.random() < 0.01 else person


def _cccd(born: date, sex: str, serial: int) -> str:
    """Twelve digits of the right form: Hà Giang's prefix, sex and century, year, then a running number."""
    century = 2 if born.year >= 2000 else 0
    return f"002{century + (sex == 'Nữ')}{born:%y}{serial % 1_000_000:06d}"


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
