"""Invented people, and the ways in which senders write what they know of them: each way with the reading it deserves.

A way of writing gives a cell, and what the samples' rules make of it: the value (None: nothing) and the codes.
"""

import unicodedata
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

import roster_files

from contracts import legacy_text

EXAMINED_ON = date(2026, 12, 1)
EPOCH = date(1899, 12, 30)

FAMILY = [
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
    "Lý", "Công", "Tống", "Nông", "Giàng", "Lò", "Ksor", "Y", "Điểu", "Thạch", "Ông",
]  # fmt: skip
MIDDLE = [
    "Văn", "Thị", "Hữu", "Đức", "Ngọc", "Minh", "Thanh", "Quang", "Thu", "Hồng", "Thùy", "A", "Mỹ", "Xuân", "Bảo",
    "H'Lan", "Sa Rây",
]  # fmt: skip
GIVEN = [
    "An", "Bình", "Chi", "Dũng", "Giang", "Hà", "Hùng", "Khánh", "Lan", "Linh", "Mai", "Nam", "Nga", "Phúc", "Quân",
    "Sơn", "Thảo", "Trang", "Tuấn", "Uyên", "Vy", "Yến", "Hoà", "Thuý",
]  # fmt: skip
PREFIXES = ("001", "002", "008", "025", "027", "031", "038", "040", "048", "074", "075", "079", "092")
MOBILE = ("032", "039", "052", "058", "070", "079", "081", "086", "090", "094", "096", "098")
DEPARTMENTS = ("Phân xưởng Cắt", "Xưởng May 1", "Phòng Kế toán", "Tổ Cơ điện", "Kho nguyên liệu", "P. Vật tư")
JOBS = ("Công nhân may", "Thợ cắt", "Là ủi", "Vận hành lò hơi", "Kế toán viên", "Lái xe nâng")
HAZARDS = (
    ("Tiếng ồn", ["PHYS_NOISE"], ()), ("ồn", ["PHYS_NOISE"], ()), ("Bụi bông", ["DUST_COT"], ()),
    ("Không", None, ()), ("-", None, ()), ("xyz lạ lùng", None, ("hazard.unrecognised",)),
    ("Bụi", None, ("hazard.unspecific",)),
)  # fmt: skip
CLASSES = (
    ("Bình thường", "NORMAL", ()), ("NNĐHNH", "NNDHNH", ()), ("Nặng nhọc, độc hại, nguy hiểm", "NNDHNH", ()),
    ("Đặc biệt nặng nhọc, độc hại", "DBNNDHNH", ()), ("Loại IV", "NNDHNH", ()), ("Loại V", "DBNNDHNH", ()),
    ("ĐBNNĐHNH", "DBNNDHNH", ()), ("Loại II", "NORMAL", ()), ("BT", "NORMAL", ()),
    ("gì đó", None, ("heavy_class.unrecognised",)),
)  # fmt: skip


class Written(NamedTuple):
    """A cell, the value it deserves, and the codes; `refuses` where the row cannot be taken."""

    cell: Any
    value: Any
    codes: tuple[str, ...] = ()
    refuses: bool = False


@dataclass
class Person:
    """Somebody invented, as they are."""

    family: str
    middle: str
    given: str
    born: date
    female: bool
    prefix: str
    serial: int
    phone: str
    code: str
    since: date
    department: str
    job: str
    hazards: tuple[Any, ...]
    work_class: tuple[Any, ...]
    written: dict[str, Written] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The whole name."""
        return f"{self.family} {self.middle} {self.given}"

    @property
    def sex(self) -> str:
        """The form's word for it, as the reading tells it."""
        return "female" if self.female else "male"

    @property
    def cccd(self) -> str:
        """A citizen's number that agrees with sex and year."""
        century = 2 * (self.born.year // 100 - 19) + self.female
        return f"{self.prefix}{century}{self.born.year % 100:02}{self.serial:06}"


def people(random: Random, number: int) -> list[Person]:
    """People of whom no two share a number, a name with a birth date, or an employee number; all between 22 and 54."""
    found = []
    for index in range(number):
        female = random.random() < 0.5
        found.append(
            Person(
                family=random.choice(FAMILY),
                middle=random.choice(MIDDLE),
                given=random.choice(GIVEN),
                born=date(1973, 1, 15) + timedelta(days=index * 7 + random.randrange(7) + 1_000 * random.randrange(12)),
                female=female,
                prefix=random.choice(PREFIXES),
                serial=100_001 + index * 17 + random.randrange(10),
                phone=f"{random.choice(MOBILE)}{random.randrange(10**7):07}",
                code=f"{random.choice(['NV', 'CN-', 'MS', 'A'])}{index:04}",
                since=date(2019, 1, 1) + timedelta(days=random.randrange(2_000)),
                department=random.choice(DEPARTMENTS),
                job=random.choice(JOBS),
                hazards=random.choice(HAZARDS),
                work_class=random.choice(CLASSES),
            )
        )
    return found


def name(random: Random, person: Person, *, plain: bool, in_unicode: bool) -> Written:
    """The name as it is typed; spaces around it say nothing."""
    ways = [Written(person.name, person.name)]
    if not plain:
        ways += [
            Written(person.name.upper(), person.name, ("name.case_normalized",)),
            Written(person.name.lower(), person.name, ("name.case_normalized",)),
            Written(f"  {person.family}  {person.middle} {person.given} ", person.name),
            Written(f"{person.name} (nghỉ thai sản)", person.name, ("name.annotation_removed",)),
            Written(person.name.replace(" ", "\u00a0", 1), person.name, ("name.invisible_characters_removed",)),
        ]
    if in_unicode:
        ways.append(Written(f"{person.name}\u200b", person.name, ("name.invisible_characters_removed",)))
        ways += _in_other_letters(person)
    return random.choice(ways)


def _in_other_letters(person: Person) -> list[Written]:
    """The name from a program that keeps marks apart, from one with another Đ, or in one of the old fonts."""
    apart = unicodedata.normalize("NFD", person.name)
    ways = [Written(apart, person.name, ("name.unicode_normalized",))] if apart != person.name else []
    if "Đ" in person.name:
        ways.append(Written(person.name.replace("Đ", "Ð"), person.name, ("name.lookalike_letters_replaced",)))
    for font in roster_files.OLD_FONTS:
        typed = roster_files.in_old_font(person.name, font)
        if legacy_text.detect(typed) == font:
            ways.append(Written(typed, person.name, ("name.legacy_encoding_converted",)))
    return ways


def birth(random: Random, person: Person, *, text: bool) -> Written:
    """The birth date, in whole or in part; `text` where a file knows no kinds of cells."""
    born = person.born
    d, m, y = born.day, born.month, born.year
    iso = born.isoformat()
    separator = random.choice(["/", "-", ".", " "])
    ways = [
        Written(f"{d:02}{separator}{m:02}{separator}{y}", iso),
        Written(f"{d}{separator}{m}{separator}{y}", iso),
        Written(f"{d} / {m} / {y}", iso),
        Written(iso, iso),
        Written(f"{iso} 00:00:00", iso),
        Written(f"{d:02}{m:02}{y}" if not _is_date(f"{d:02}{m:02}{y}") else iso, iso),
        Written(f"{y}{m:02}{d:02}", iso),
        Written(f"{y}{m:02}{d:02}0000", iso),
        Written(f"{m:02}/{y}", f"{y}-{m:02}", ("birth_date.year_month_only",)),
        Written(f"00/{m:02}/{y}", f"{y}-{m:02}", ("birth_date.year_month_only",)),
        Written(f"00/00/{y}", f"{y}", ("birth_date.year_only",)),
        Written(str(y), f"{y}", ("birth_date.year_only",)),
        Written(f"{d:02}/{m:02}/{y % 100:02}", iso, ("birth_date.two_digit_year",)),
        Written(f"31/02/{y}", None, ("birth_date.invalid",), refuses=True),
        Written("không rõ", None, ("birth_date.invalid",), refuses=True),
    ]
    if d > 12:
        ways.append(Written(f"{m:02}/{d:02}/{y}", iso, ("birth_date.month_day_swapped",)))
    if not text:
        ways += [
            Written(born, iso), Written(born, iso), Written((born - EPOCH).days, iso),
            Written(y, f"{y}", ("birth_date.year_only",)),
            Written(EPOCH + timedelta(days=y), f"{y}", ("birth_date.year_only",)),
        ]  # fmt: skip
    return random.choice(ways[:2] if random.random() < 0.5 else ways)


def _is_date(digits: str) -> bool:
    """Whether eight digits read as year, month and day."""
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def national_id(random: Random, person: Person, *, text: bool) -> Written:
    """The citizen's number or what stands in its place."""
    number = person.cccd
    spaced = f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"
    removed = ("national_id.separators_removed",)
    restored = ("national_id.leading_zero_restored",)
    old = f"{person.serial:06}123"
    ways = [
        Written(number, number), Written(f" {number} ", number), Written(spaced, number, removed),
        Written(spaced.replace(" ", "."), number, removed), Written(spaced.replace(" ", "-"), number, removed),
        Written(f"'{number}", number, removed), Written(f'="{number}"', number, removed),
        Written(number.lstrip("0"), number, restored), Written(f"{number.lstrip('0')}.0", number, restored),
        Written(f"{int(number):.2E}".replace(".", random.choice(".,")), None,
                ("national_id.unrecoverable_scientific",), refuses=True),
        Written(random.choice(["chưa có", "Không", "x", "-", "0", "111111111", "Chưa cấp", "Chưa", "mất"]), None,
                ("national_id.placeholder",)),
        Written(None, None, ("national_id.missing",)),
        Written(f"{number}7", None, ("national_id.bad_length",), refuses=True),
        Written(f"{number[:6]}O{number[7:]}", None, ("national_id.bad_characters",), refuses=True),
        Written(old, None, ("national_id.old_cmnd",)),
        Written(f"999{number[3:]}", f"999{number[3:]}", ("national_id.unknown_prefix",)),
    ]  # fmt: skip
    if not text:
        ways += [Written(int(number), number, restored), Written(float(number), number, restored)]
    return random.choice(ways[:1] if random.random() < 0.5 else ways)


def phone(random: Random, person: Person, *, text: bool) -> Written:
    """A telephone number as people write it."""
    number, full = person.phone, f"+84{person.phone[1:]}"
    ways = [
        Written(number, full), Written(f"{number[:4]} {number[4:7]} {number[7:]}", full),
        Written(f"{number[:4]}.{number[4:7]}.{number[7:]}", full), Written(f"+84 {number[1:]}", full),
        Written(f"84{number[1:]}", full), Written(number[1:], full, ("phone.leading_zero_restored",)),
        Written(f"{number} / 0912345678", full, ("phone.multiple_values",)),
        Written(f"0165{number[3:]}", f"+8435{number[3:]}", ("phone.old_prefix_converted",)),
        Written("12345", None, ("phone.invalid",)), Written("(024) 3825 1234", "+842438251234"), Written(None, None),
    ]  # fmt: skip
    if not text:
        ways.append(Written(int(number), full, ("phone.leading_zero_restored",)))
    return random.choice(ways[:1] if random.random() < 0.4 else ways)


def start(random: Random, person: Person, *, text: bool) -> Written:
    """The first day at work."""
    since = person.since
    ways = [
        Written(f"{since:%d/%m/%Y}", since.isoformat()), Written(f"{since:%d-%m-%Y}", since.isoformat()),
        Written(f"{since:%m/%Y}", f"{since:%Y-%m}", ("start_date.partial",)), Written(None, None),
        Written(f"{since:%Y}", f"{since:%Y}", ("start_date.partial",)),
        Written("lâu rồi", None, ("start_date.invalid",)),
    ]  # fmt: skip
    if not text:
        ways += [Written(since, since.isoformat()), Written((since - EPOCH).days, since.isoformat())]
    return random.choice(ways)


def insurance(random: Random, person: Person) -> Written:
    """Mã số BHXH."""
    number = f"{random.choice(['79', '01', '27'])}{person.serial:08}"
    ways = [
        Written(number, number), Written(None, None), Written("sổ mới", None, ("social_insurance.bad_format",)),
        Written(number[1:], f"0{number[1:]}", ("social_insurance.leading_zero_restored",)),
    ]  # fmt: skip
    return random.choice(ways)
