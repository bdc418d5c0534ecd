"""Invented people on rosters twice, as personnel offices write them, with the truth of who is who beside it.

Names, birth dates and numbers are drawn by the same seed every time; any likeness to a person is chance. Rates of noise
are ours, above what offices report: domain knowledge says that 3 to 12 in a hundred have no citizen's number at hand.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from uuid import UUID

FAMILIES = {
    "Nguyễn": 35, "Trần": 11, "Lê": 9.5, "Phạm": 7, "Hoàng": 3, "Huỳnh": 2.5, "Phan": 4.5, "Vũ": 2.5, "Võ": 2,
    "Đặng": 2.1, "Bùi": 2, "Đỗ": 1.4, "Hồ": 1.3, "Ngô": 1.3, "Dương": 1, "Lý": 0.5, "Vàng": 2.6, "Giàng": 2,
    "Sùng": 1.6, "Lò": 1.6, "Hầu": 1.2, "Nông": 1.2, "Triệu": 1, "Mai": 0.8, "Đinh": 0.9, "Hà": 0.6, "Tạ": 0.4,
    "Chu": 0.4, "Quách": 0.2, "Thái": 0.3,
}  # fmt: skip
MIDDLES = {
    "Nữ": {"Thị": 52, "Thị Thu": 5, "Thị Thanh": 5, "Ngọc": 7, "Thị Kim": 3, "Thị Hồng": 4, "Thúy": 3,
           "Phương": 4, "Thị Bích": 2, "Hoài": 2, "Mỹ": 2, "": 3, "Khánh": 2, "Thị Minh": 2, "Bảo": 2, "Diệu": 2},
    "Nam": {"Văn": 38, "Đức": 8, "Minh": 7, "Quang": 6, "Hữu": 5, "Xuân": 4, "Ngọc": 4, "Đình": 5, "Công": 3,
            "Thanh": 4, "Quốc": 4, "Anh": 2, "": 3, "Tiến": 3, "Mạnh": 2, "Trọng": 2},
}  # fmt: skip
GIVENS = {
    "Nữ": "Anh Hương Lan Hoa Hòa Hoà Huệ Mai Nga Ngọc Thảo Trang Linh Hà Hằng Hạnh Thủy Thúy Thu Yến Oanh Dung Duyên "
          "Phương Loan Nhung Vân Xuân Tuyết Hiền Liên Lý Mỹ My Nhi Quỳnh Tâm Thơm Trinh Uyên Chi Châu Diệp Giang Hường "
          "Khuyên Ly Minh Nguyệt Như Phượng Sen Thanh Thương Tươi Vy Ánh Bình Cúc Đào Gấm Hậu Ngân Quyên",
    "Nam": "Anh Hùng Hưng Dũng Cường Tuấn Nam Long Minh Đức Hải Sơn Thắng Tùng Trung Thành Hiếu Hoàng Quân Kiên Phong "
           "Phúc Khoa Bình An Đạt Giang Huy Khánh Lâm Lộc Mạnh Nghĩa Phát Quang Quý Sáng Tài Tâm Thái Thịnh Tiến Toàn "
           "Trường Tú Vinh Vũ Việt Bảo Chiến Công Duy Hậu Hòa Hào Khôi Luân Lực Nhân Sinh Thuận Triệu Dương Đông",
}  # fmt: skip
PROVINCES = {"002": 46, "008": 20, "001": 6, "010": 5, "015": 4, "024": 4, "038": 5, "040": 5, "034": 3, "079": 2}
LETTERS = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
FIRST_YEAR, LAST_YEAR = 1966, 2007


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as they are; `card` is the old identity card, `number` the citizen's number."""

    name: str
    birth: str
    sex: str
    number: str
    card: str
    phone: str
    code: str
    unit: int
    has_number: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a roster: its cells, the unit whose roster it is, and whom it is about (None: nobody on the first)."""

    person: int | None
    unit: int
    name: str
    birth: str
    sex: str
    number: str
    phone: str
    code: str

    @property
    def cells(self) -> list[str | None]:
        """The cells in the order of `HEADER`."""
        return [self.name, self.birth, self.sex, self.number or None, self.code or None, self.phone or None]


HEADER = ["Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Mã NV", "Điện thoại"]


@dataclass(frozen=True, slots=True)
class Noise:
    """How often in a hundred rows of the second rosters something is otherwise."""

    no_number: float = 7.0
    old_card: float = 6.0
    wrong_digit: float = 0.7
    other_unit: float = 10.0
    unmarked: float = 8.0
    capitals: float = 12.0
    tone_elsewhere: float = 15.0
    letter: float = 1.5
    other_order: float = 1.0
    wrong_birth: float = 1.0
    year_alone: float = 0.5
    wrong_sex: float = 0.2
    no_phone: float = 40.0
    no_code: float = 40.0


class Population:
    """People of some units, their first rosters and their second ones; strangers are new on the second."""

    def __init__(self, people: int, strangers: int, seed: int = 1, noise: Noise | None = None) -> None:
        self.noise = noise or Noise()
        self._random = Random(seed)
        self.units = max(4, people // 250)
        weights = [self._random.paretovariate(1.2) for _ in range(self.units)]
        homes = self._random.choices(range(self.units), weights, k=people + strangers)
        self._used: set[str] = set()
        self.people = [self._person(serial, home) for serial, home in enumerate(homes)]
        # Twins: one birth date, one family, two names that differ in a mark; on one roster or on two.
        for first in range(0, people - 1, 400):
            one = self.people[first]
            given = one.name.rpartition(" ")[0]
            names = ("Hùng", "Hưng") if one.sex == "Nam" else ("Hương", "Hường")
            self.people[first] = replace(one, name=f"{given} {names[0]}")
            self.people[first + 1] = replace(
                self.people[first + 1], name=f"{given} {names[1]}", birth=one.birth, sex=one.sex, unit=one.unit,
                number=self._number(one.sex, one.birth), has_number=one.has_number,
            )  # fmt: skip
        self.first = [self._first_row(number) for number in range(people)]
        self.second = [self._second_row(number) for number in range(people)]
        self.second += [self._stranger_row(number) for number in range(people, people + strangers)]
        self._random.shuffle(self.second)

    def _draw(self, weighted: dict[str, float] | dict[str, int]) -> str:
        return self._random.choices(list(weighted), list(weighted.values()))[0]

    def _person(self, serial: int, home: int) -> Person:
        random = self._random
        sex = "Nữ" if random.random() < 0.55 else "Nam"
        givens = GIVENS[sex].split()
        given = givens[min(int(random.expovariate(0.045)), len(givens) - 1)]
        name = " ".join(f"{self._draw(FAMILIES)} {self._draw(MIDDLES[sex])} {given}".split())
        # Offices heap: the first of January stands for "some day of that year".
        heaped = random.random() < 0.03
        day, month = (1, 1) if heaped else (random.randint(1, 28), random.randint(1, 12))
        birth = f"{day:02}/{month:02}/{int(random.triangular(FIRST_YEAR, LAST_YEAR, 1992))}"
        without = random.uniform(3, 12) / 100
        return Person(
            name=name, birth=birth, sex=sex, number=self._number(sex, birth),
            card=self._fresh(lambda: f"{random.randrange(10**9):09}"), phone=f"09{random.randrange(10**8):08}",
            code=f"NV{serial:06}", unit=home, has_number=random.random() >= without,
        )  # fmt: skip

    def _number(self, sex: str, birth: str) -> str:
        century = (0 if birth[6:8] == "19" else 2) + (sex == "Nữ")
        head = f"{century}{birth[8:]}"
        return self._fresh(lambda: f"{self._draw(PROVINCES)}{head}{self._random.randrange(10**6):06}")

    def _fresh(self, draw: object) -> str:
        while (drawn := draw()) in self._used:  # type: ignore[operator]
            pass
        self._used.add(drawn)
        return str(drawn)

    def _happens(self, rate: float) -> bool:
        return self._random.random() * 100 < rate

    def _plain(self, number: int, person: int | None) -> Row:
        known = self.people[number]
        return Row(
            person, known.unit, known.name, known.birth, known.sex, known.number if known.has_number else "",
            known.phone, known.code,
        )  # fmt: skip

    def _first_row(self, number: int) -> Row:
        row = self._plain(number, number)
        if row.number and self._happens(self.noise.old_card):
            row = replace(row, number=self.people[number].card)
        return replace(row, code="" if self._happens(30) else row.code)

    def _stranger_row(self, number: int) -> Row:
        row = self._plain(number, None)
        return replace(row, number="" if self._happens(self.noise.no_number) else row.number)

    def _second_row(self, number: int) -> Row:
        noise, row = self.noise, self._plain(number, number)
        if self._happens(noise.other_unit):
            row = replace(row, unit=self._random.randrange(self.units), code=f"MV{number:06}")
        if self._happens(noise.no_number):
            row = replace(row, number="")
        elif row.number and self._happens(noise.wrong_digit):
            row = replace(row, number=self._mistyped(row.number))
        if self._happens(noise.wrong_birth):
            row = replace(row, birth=self._misdated(row.birth))
        elif self._happens(noise.year_alone):
            row = replace(row, birth=row.birth[6:])
        if self._happens(noise.wrong_sex):
            row = replace(row, sex="Nam" if row.sex == "Nữ" else "Nữ")
        if self._happens(noise.no_phone):
            row = replace(row, phone="")
        if self._happens(noise.no_code):
            row = replace(row, code="")
        return replace(row, name=self._written(row.name))

    def _written(self, name: str) -> str:
        noise = self.noise
        if self._happens(noise.letter):
            name = self._misspelled(name)
        if self._happens(noise.other_order):
            family, _, rest = name.partition(" ")
            name = f"{rest} {family}"
        if self._happens(noise.tone_elsewhere):
            name = moved_tones(name)
        if self._happens(noise.unmarked):
            name = unmarked(name)
        return name.upper() if self._happens(noise.capitals) else name

    def _misspelled(self, name: str) -> str:
        place = self._random.choice([n for n, letter in enumerate(name) if letter.isalpha()])
        letter = self._random.choice(LETTERS)
        kind = self._random.randrange(3)
        written = name[:place] + ("" if kind == 0 else letter) + name[place + (kind != 2) :]
        return " ".join(word.capitalize() for word in written.split())

    def _mistyped(self, number: str) -> str:
        place = self._random.randrange(6, 12)
        if self._happens(30) and place < 11 and number[place] != number[place + 1]:
            return number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        digit = self._random.choice([d for d in "0123456789" if d != number[place]])
        return number[:place] + digit + number[place + 1 :]

    def _misdated(self, birth: str) -> str:
        day, month, year = birth.split("/")
        if self._happens(40) and int(day) <= 12 and day != month:
            return f"{month}/{day}/{year}"
        if self._happens(50):
            others = [f"{other:02}" for other in range(1, 29) if f"{other:02}" != day and f"{other:02}"[0] == day[0]]
            return f"{self._random.choice(others)}/{month}/{year}"
        return f"{day}/{month}/{int(year) + self._random.choice([-1, 1])}"


def rosters(rows: list[Row]) -> Iterator[tuple[int, list[Row]]]:
    """The rows by unit."""
    by_unit: dict[int, list[Row]] = {}
    for row in rows:
        by_unit.setdefault(row.unit, []).append(row)
    yield from sorted(by_unit.items())


def unit_id(number: int) -> UUID:
    """The id of a unit."""
    return UUID(int=1_000 + number)


def unmarked(name: str) -> str:
    """A name as it is typed without a Vietnamese keyboard."""
    decomposed = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def moved_tones(name: str) -> str:
    """A name with tones where the other school puts them, and i for y."""
    pairs = ("òa oà", "óa oá", "ủy uỷ", "úy uý", "ùy uỳ", "Mỹ Mĩ", "Lý Lí")
    for one, other in (pair.split() for pair in pairs):
        name = name.replace(one, other)
    return name
