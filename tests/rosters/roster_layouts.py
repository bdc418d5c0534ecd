"""Roster files as nobody has laid them out before: drawn from a seed, with the reading that every row deserves."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import roster_files
import roster_people
from openpyxl.utils import get_column_letter
from roster_people import Person, Written

HEADINGS = {
    "number": ["STT", "TT", "Số TT", "No.", "Stt"],
    "code": [
        "Mã NV", "Mã thẻ", "Mã số NV", "Số thẻ", "MSNV", "Employee ID", "Mã nhân viên", "Mã số CNV", "Mã nhân sự",
        "MSCN", "Employee No.",
    ],
    "name": [
        "Họ và tên", "Họ tên", "Họ tên NLĐ", "Tên người lao động", "Full name", "Họ và tên người lao động",
        "Họ, chữ đệm và tên", "Tên CBNV", "Employee's name",
    ],
    "family": ["Họ và đệm", "Họ đệm", "Họ và tên đệm", "Họ lót", "Họ & đệm"],
    "given": ["Tên"],
    "birth": [
        "Ngày sinh", "Năm sinh", "Ngày tháng năm sinh", "DOB", "Ngày, tháng, năm sinh", "Ngày/tháng/năm sinh",
        "N.T.N.S", "Sinh ngày", "Date of birth",
    ],
    "sex": ["Giới tính", "GT", "Phái", "Nam/Nữ", "Sex", "G.tính", "Giới tính (Nam/Nữ)", "Gender"],
    "female": ["Nữ"],
    "id": [
        "Số CCCD", "CCCD", "CMND/CCCD", "Số căn cước", "Số định danh cá nhân", "Số CCCD/CMND", "Căn cước công dân",
        "Số CC/CCCD", "Số định danh/CCCD", "Số chứng minh thư", "Citizen ID",
    ],
    "bhxh": ["Số BHXH", "Số sổ BHXH", "Mã số BHXH", "Sổ BHXH", "Mã BHXH"],
    "phone": [
        "Điện thoại", "SĐT", "ĐTDĐ", "Di động", "Mobile", "Số điện thoại", "Đ.thoại", "Số ĐT", "SĐT liên hệ", "Tel.",
    ],
    "department": [
        "Bộ phận", "Đơn vị", "Phòng/Xưởng", "Phòng ban", "Khoa/Phòng", "Xưởng SX", "Đơn vị công tác", "Dept.",
    ],
    "line": ["Chuyền/tổ", "Tổ", "Chuyền", "Tổ SX", "Tổ/Đội", "Dây chuyền"],
    "shift": ["Ca", "Ca làm việc", "Kíp", "Ca SX", "Ca/Kíp"],
    "job": [
        "Công việc", "Công việc đang làm", "Nghề nghiệp", "Chức danh nghề", "Vị trí", "Vị trí việc làm", "Chức danh",
        "Job title",
    ],
    "hazards": [
        "Yếu tố có hại", "Yếu tố tiếp xúc", "Yếu tố độc hại", "Tiếp xúc", "Yếu tố nguy hại", "Yếu tố MTLĐ",
        "Yếu tố THNN",
    ],
    "class": ["Loại lao động", "Loại LĐ", "Điều kiện lao động", "ĐKLĐ", "Phân loại LĐ", "Điều kiện LĐ"],
    "start": ["Ngày vào làm", "Ngày vào", "Ngày HĐLĐ", "Ngày vào cty", "Ngày bắt đầu làm", "Ngày nhận việc"],
    "union": ["Đoàn viên", "ĐV công đoàn", "ĐVCĐ", "Đoàn viên CĐ", "Là ĐVCĐ"],
    "note": ["Ghi chú", "G.chú", "Lưu ý"],
    "strange": [
        "Cột khác", "Size áo", "Mã số thuế", "Nhóm máu cũ", "Ký nhận", "Trình độ chuyên môn", "Ngày cấp thẻ BHYT",
        "Ngày khám", "Điện thoại người thân", "Năm sinh con", "Tham gia BHXH",
    ],
}  # fmt: skip
FIELDS = {
    "name": "full_name", "code": "employee_code", "birth": "birth_date", "sex": "sex", "department": "department",
    "line": "line", "shift": "shift", "job": "job", "hazards": "hazard_codes", "class": "heavy_class",
    "start": "start_date", "union": "union_member", "phone": "phone", "note": "note",
}  # fmt: skip
TITLES = (
    ["CÔNG TY TNHH MAY THỬ NGHIỆM"], ["Địa chỉ: số 1, đường 2, phường 3"], ["DANH SÁCH NGƯỜI LAO ĐỘNG KHÁM SỨC KHỎE"],
    ["Năm 2026", None, None, "Biểu 01"], [], ["Kính gửi: Sở Y tế"], ["(Kèm theo công văn số 12/CV)"],
)  # fmt: skip
FOOTERS = (["Người lập biểu"], [None, "Giám đốc"], ["Ngày 01 tháng 11 năm 2026"], ["Ghi chú: x là đoàn viên"])
SENDER = ["Họ và tên người lập: Trần A", "Điện thoại: 0912345678", "Đơn vị: Công ty X"]
NUMBERINGS: tuple[Callable[[int], str], ...] = (str, "({})".format, "[{}]".format, lambda n: chr(64 + n))
CONVERTED = "text.legacy_encoding_converted"


@dataclass
class Expected:
    """What one row deserves: outcome is told by the codes; fields are None where it is refused."""

    row: int
    codes: list[str]
    fields: dict[str, Any] | None


@dataclass
class Layout:
    """A file and the reading it deserves."""

    content: bytes
    what: str
    rows: list[Expected] = field(default_factory=list)


class Drawn:
    """A layout while it is drawn: rows of cells, and what is expected of those that are persons."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.text = self.random.random() < 0.5
        self.encoding = self.random.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1258", "tcvn3", "vni"])
        self.old = self.encoding in roster_files.OLD_FONTS and self.text
        self.people = roster_people.people(self.random, self.random.randrange(4, 25))
        self.left = 0 if self.text else self.random.choice([0, 0, 0, 1, 2])
        self.sex_way = self.random.choice(["word", "word", "tick", "number", "none", "by birth"])
        self.department_way = self.random.choice(["column", "merged", "groups", "none"])
        if self.text and self.department_way == "merged":
            self.department_way = "groups"
        if self.text and self.sex_way == "by birth":
            self.sex_way = "word"
        self.two_names = self.random.random() < 0.25
        self.columns = self._columns()
        self.rows: list[list[Any]] = []
        self.merges: list[str] = []
        self.hidden: set[int] = set()
        self.expected: list[Expected] = []

    @property
    def is_unicode(self) -> bool:
        """Whether any character can be written."""
        return not self.text or self.encoding.startswith("utf")

    def _columns(self) -> list[str]:
        columns = ["code", "id", "phone", "line", "shift", "job", "hazards", "class", "start", "union", "bhxh", "note"]
        columns = self.random.sample(columns, self.random.randrange(2, len(columns)))
        if self.sex_way in ("none", "number") and "id" not in columns:
            columns.append("id")
        columns += ["name", "birth", *(["strange"] if self.random.random() < 0.3 else [])]
        if self.sex_way in ("word", "number"):
            columns.append("sex")
        if self.sex_way == "tick":
            columns.append("female")
        if self.department_way in ("column", "merged"):
            columns.append("department")
        self.random.shuffle(columns)
        if self.two_names:
            place = columns.index("name")
            columns[place : place + 1] = ["family", "given"]
        if self.sex_way == "by birth":
            place = columns.index("birth")
            columns[place : place + 1] = ["birth if male", "birth if female"]
        return ["number", *columns] if self.random.random() < 0.8 else columns

    def heading(self, column: str) -> str:
        """A heading as people write it: other case, no marks, a remark, another language beside it."""
        words = self.random.choice(HEADINGS[column])
        ways: list[Callable[[str], str]] = [
            str, str, str if self.old else str.upper, str.lower, lambda w: f" {w} ", lambda w: f"{w}:",
            lambda w: f"{w} (*)", lambda w: w.replace(" ", "  "),
        ]  # fmt: skip
        if not self.old:
            ways.append(lambda w: unicodedata.normalize("NFC", _bare(w)) if column != "female" else w)
        if not self.text:
            ways.append(lambda w: w.replace(" ", "\n"))
        if column == "birth":
            ways.append(lambda w: f"{w} (dd/mm/yyyy)")
        return self.random.choice(ways)(words)

    def put(self, cells: Sequence[Any]) -> int:
        """Add a row; returns its number."""
        self.rows.append([*[None] * self.left, *cells] if any(cell is not None for cell in cells) else [])
        return len(self.rows)


def draw(seed: int) -> Layout:
    """A file, and what every one of its rows deserves."""
    drawn = Drawn(seed)
    random = drawn.random
    for title in random.sample(TITLES, random.randrange(0, len(TITLES))):
        drawn.put([cell and cell.capitalize() for cell in title] if drawn.old else title)
    if not drawn.old and random.random() < 0.1:
        drawn.put(SENDER)
    first = _header(drawn)
    if random.random() < 0.3:
        drawn.put([*map(random.choice(NUMBERINGS), range(1, len(drawn.columns) + 1))])
    _body(drawn)
    if random.random() < 0.5:
        drawn.put([None, f"Tổng cộng: {len(drawn.people)} người"])
    for footer in random.sample(FOOTERS, random.randrange(0, 3)):
        drawn.put(footer)
    content = _content(drawn)
    kind = f"{drawn.encoding} text" if drawn.text else "workbook"
    what = f"seed {seed}: {kind}, header in {first}, sex {drawn.sex_way}, department {drawn.department_way}"
    return Layout(content, what, drawn.expected)


def _content(drawn: Drawn) -> bytes:
    if drawn.text:
        return roster_files.text(drawn.random, drawn.rows, drawn.encoding)
    return roster_files.workbook(drawn.random, drawn.rows, drawn.merges, drawn.hidden)


def _header(drawn: Drawn) -> int:
    random = drawn.random
    plain = {c: drawn.heading(c) for c in drawn.columns if c in HEADINGS}
    pair = "birth if male" in drawn.columns
    two_rows = pair or (not drawn.text and random.random() < 0.3)
    if not two_rows:
        return drawn.put([plain[c] for c in drawn.columns])
    top: list[str | None] = [plain.get(c) for c in drawn.columns]
    below: list[str | None] = [None] * len(top)
    number = len(drawn.rows) + 1
    grouped: set[int] = set()
    if pair:
        place = drawn.columns.index("birth if male")
        top[place : place + 2] = [drawn.random.choice(["Năm sinh", "Ngày sinh"]), None]
        below[place : place + 2] = ["Nam", "Nữ"]
        drawn.merges.append(_area(drawn, place, number, place + 1, number))
        grouped |= {place, place + 1}
    else:
        place = random.randrange(len(top) - 1)
        for index in (place, place + 1):
            below[index] = top[index]
        top[place : place + 2] = [random.choice(["Thông tin chung", "Thông tin", "Phần I"]), None]
        drawn.merges.append(_area(drawn, place, number, place + 1, number))
        grouped |= {place, place + 1}
    for index in range(len(top)):
        if index not in grouped:
            drawn.merges.append(_area(drawn, index, number, index, number + 1))
    drawn.put(top)
    drawn.put(below)
    return number


def _area(drawn: Drawn, left: int, top: int, right: int, bottom: int) -> str:
    first, last = (get_column_letter(drawn.left + column + 1) for column in (left, right))
    return f"{first}{top}:{last}{bottom}"


def _body(drawn: Drawn) -> None:
    random, department, since = drawn.random, None, 0
    ordered = sorted(drawn.people, key=lambda person: person.department) if _is_grouped(drawn) else drawn.people
    heading = None if drawn.merges else list(drawn.rows[-1])
    for index, person in enumerate(ordered):
        if drawn.department_way == "groups" and person.department != department:
            _heading_row(drawn, person.department, index)
        starts = person.department != department
        department = person.department
        number = _person(drawn, person, index, starts=starts)
        if drawn.department_way == "merged":
            since = number if starts else since
            following = ordered[index + 1].department if index + 1 < len(ordered) else None
            if following != department and number > since:
                place = drawn.columns.index("department")
                drawn.merges.append(_area(drawn, place, since, place, number))
        elif random.random() < 0.04:
            drawn.put([])
        elif heading and random.random() < 0.03 and index + 1 < len(ordered):
            drawn.rows.append(list(heading))


def _heading_row(drawn: Drawn, department: str, index: int) -> None:
    """The department above its people: numbered in front or in a cell of its own, counted behind or not."""
    random = drawn.random
    count = random.choice(["", " (45 người)", ": 45 LĐ", ", 45 người", " (tổng số 45)"])
    if drawn.columns[0] == "number" and random.random() < 0.3:
        drawn.put(["ABCDEFGHIKLMNOPQRSTUVXY"[index % 23], f"{department}{count}"])
    else:
        numbering = random.choice(["I. ", "II - ", "1. ", "A) ", "III. ", ""])
        drawn.put([f"{numbering}{department}{count}"])


def _is_grouped(drawn: Drawn) -> bool:
    return drawn.department_way in ("groups", "merged")


def _person(drawn: Drawn, person: Person, index: int, *, starts: bool) -> int:
    random = drawn.random
    written = _written(drawn, person, index)
    cells = [written[column].cell for column in drawn.columns]
    if drawn.department_way == "merged" and not starts:
        cells[drawn.columns.index("department")] = None
    number = drawn.put(cells)
    codes = sorted({code for cell in written.values() for code in cell.codes} | _missing(written))
    refused = any(cell.refuses for cell in written.values())
    if not drawn.text and random.random() < 0.03:
        drawn.hidden.add(number)
        codes = sorted({*codes, "row.hidden"})
    drawn.expected.append(Expected(number, codes, None if refused else _fields(drawn, person, written)))
    return number


def _missing(written: dict[str, Written]) -> set[str]:
    return set() if "id" in written else {"national_id.missing"}


def _written(drawn: Drawn, person: Person, index: int) -> dict[str, Written]:
    random, text = drawn.random, drawn.text
    made: dict[str, Callable[[], Written]] = {
        "number": lambda: Written(str(index + 1) if text else index + 1, None),
        "code": lambda: Written(person.code, person.code),
        "birth": lambda: roster_people.birth(random, person, text=text),
        "id": lambda: roster_people.national_id(random, person, text=text),
        "phone": lambda: roster_people.phone(random, person, text=text),
        "start": lambda: roster_people.start(random, person, text=text),
        "bhxh": lambda: roster_people.insurance(random, person),
        "department": lambda: _text(drawn, person.department),
        "line": lambda: _text(drawn, random.choice(["Chuyền 1", "Tổ 2", "Line 3"])),
        "shift": lambda: _text(drawn, random.choice(["Ca 1", "Hành chính", "Đêm"])),
        "job": lambda: _text(drawn, person.job),
        "note": lambda: random.choice([Written(None, None), _text(drawn, "mới vào")]),
        "hazards": lambda: _text(drawn, *person.hazards),
        "class": lambda: Written(*person.work_class),
        "union": lambda: random.choice([Written("x", True), Written(None, False), Written("1", True)]),
        "strange": lambda: Written(random.choice([None, "A", "12"]), None),
    }
    written = {column: made[column]() for column in drawn.columns if column in made}
    written |= _name(drawn, person)
    if "id" in written:
        _whole_id(person, written)
    _sex(drawn, person, written)
    return written


def _whole_id(person: Person, written: dict[str, Written]) -> None:
    """Without anything in the number's cell the row must still be somebody; a number of a year's own is kept."""
    if written["id"].value is None and not written["id"].refuses and written.get("birth") is None:
        written["id"] = Written(person.cccd, person.cccd)


def _text(drawn: Drawn, text: str, value: Any = ..., codes: tuple[str, ...] = ()) -> Written:
    """A text cell; where the table is in an old font, it is typed so and converted back."""
    return Written(text, text if value is ... else value, (*codes, *_converted(drawn, text, CONVERTED)))


def _name(drawn: Drawn, person: Person) -> dict[str, Written]:
    if drawn.two_names:
        codes = _converted(drawn, person.name, "name.legacy_encoding_converted")
        family = f"{person.family} {person.middle}"
        return {"family": Written(family, None, codes), "given": Written(person.given, person.name)}
    name = roster_people.name(drawn.random, person, plain=drawn.old, in_unicode=drawn.is_unicode)
    converted = _converted(drawn, person.name, "name.legacy_encoding_converted")
    return {"name": name._replace(codes=(*name.codes, *converted))}


def _converted(drawn: Drawn, text: str, code: str) -> tuple[str, ...]:
    return (code,) if drawn.old and roster_files.in_old_font(text, drawn.encoding) != text else ()


def _sex(drawn: Drawn, person: Person, written: dict[str, Written]) -> None:
    random, female = drawn.random, person.female
    number = written["id"].value if "id" in written else None
    if drawn.sex_way == "word":
        words = ["Nữ", "nữ", "NỮ", "Nu", "F", "female"] if female else ["Nam", "nam", "NAM", "M", "Male"]
        written["sex"] = Written(random.choice([w for w in words if w != "NỮ" or not drawn.old]), person.sex)
    elif drawn.sex_way == "tick":
        written["female"] = Written(random.choice(["x", "X", "1", "v"]) if female else None, person.sex)
    elif drawn.sex_way == "by birth":
        birth = roster_people.birth(random, person, text=drawn.text)
        blank = Written(None, None)
        written["birth if male"], written["birth if female"] = (blank, birth) if female else (birth, blank)
        written["sex"] = Written(None, person.sex)
        written["birth"] = birth
    elif number is not None:
        written["sex"] = Written(None, person.sex, ("sex.derived_from_national_id",))
    else:
        written["sex"] = Written(None, None, ("sex.missing",), refuses=True)


def _fields(drawn: Drawn, person: Person, written: dict[str, Written]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "full_name": person.name, "family_name": person.family, "middle_name": person.middle,
        "given_name": person.given, "sex": person.sex,
    }  # fmt: skip
    for column, cell in written.items():
        if column in FIELDS and cell.value is not None:
            fields[FIELDS[column]] = cell.value
    fields["full_name"] = person.name
    birth = written["birth"].value
    fields["birth_date_precision"] = {10: "YMD", 7: "YM", 4: "Y"}[len(birth)]
    identifiers = {}
    if "id" in written and written["id"].value:
        identifiers["cccd"] = written["id"].value
    elif "id" in written and "national_id.old_cmnd" in written["id"].codes:
        identifiers["cmnd"] = written["id"].cell
    if "bhxh" in written and written["bhxh"].value:
        identifiers["bhxh"] = written["bhxh"].value
    if identifiers:
        fields["identifiers"] = identifiers
    if drawn.department_way == "groups":
        fields["department"] = person.department
    return fields


def _bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
