"""The rules of records and conclusions that are not medicine, pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from contracts.clinics import LaboratoryReported
from contracts.fields import Problem
from results.classification import laboratory

Sections = dict[str, dict[str, Any]]
Kind = Literal["section", "laboratory"]

_MESSAGES = {
    "record.other_clinic": ("Lượt khám thuộc cơ sở khác", "The visit belongs to another clinic"),
    "record.station_not_in_package": (
        "Bàn khám này không có trong gói khám của lượt",
        "The visit's package does not have this station",
    ),
    "laboratory.other_station": (
        "Chỉ số này thuộc bàn khám khác",
        "The index belongs to another station",
    ),
    "record.concluded": (
        "Lượt khám đã kết luận; cần bản sửa đổi",
        "The visit is concluded; an amendment is needed",
    ),
    "record.in_future": (
        "Thời điểm ghi nhận chưa đến",
        "The record is dated after it was sent and after the business date",
    ),
    "examination.incomplete": ("Chưa đủ các bàn khám", "Stations of the package have not reported"),
    "examination.not_concluded": ("Lượt khám chưa có kết luận", "The visit has no conclusion yet"),
    "conclusion.reason_missing": (
        "Phân loại khác với đề xuất thì phải ghi lý do",
        "A class other than the proposed one needs a reason",
    ),
    "conclusion.in_future": ("Ngày kết luận chưa đến", "The conclusion is dated after the business date"),
    "conclusion.before_visit": ("Ngày kết luận trước ngày khám", "The conclusion is dated before the visit"),
    "amendment.before_conclusion": (
        "Ngày sửa trước ngày của kết luận được sửa",
        "The amendment is dated before the conclusion that it corrects",
    ),
    "amendment.reason_missing": ("Sửa kết luận thì phải ghi lý do", "An amendment needs a reason"),
    "follow_up.other_visit": ("Mục theo dõi thuộc lượt khám khác", "The follow-up belongs to another visit"),
    "follow_up.in_future": ("Ngày đóng chưa đến", "The closing is dated after the business date"),
    "follow_up.before_visit": ("Ngày đóng trước ngày khám", "The closing is dated before the visit"),
    "follow_up.outcome_missing": ("Đóng theo dõi thì phải ghi kết quả", "Closing a follow-up needs its outcome"),
    "follow_up.no_suspicion": (
        "Mục theo dõi này không phải là nghi ngờ bệnh nghề nghiệp",
        "The follow-up is no suspected occupational disease",
    ),
    "follow_up.closed": ("Mục theo dõi đã đóng", "The follow-up is closed already"),
}


def problem(code: str, where: str | None = None) -> Problem:
    """A problem with its texts in both languages."""
    vi, en = _MESSAGES[code]
    return Problem(code=code, field=where, message_vi=vi, message_en=en)


@dataclass(slots=True)
class Records:
    """All records of one visit: the sections they merge to, and whom a proposal answers."""

    sections: Sections = field(default_factory=dict)
    received: set[str] = field(default_factory=set)
    unanswered: list[str] = field(default_factory=list)

    def add(self, station: str, findings: Mapping[str, Any], source: str, *, answered: bool) -> None:
        """Merge one record; of a field reported twice the later report stands, all others stay."""
        self.sections.setdefault(station, {}).update(findings)
        self.received.add(station)
        if not answered:
            self.unanswered.append(source)


def laboratory_findings(report: LaboratoryReported) -> tuple[dict[str, Any], list[Problem]]:
    """A report's rows as the fields of its station, in their units; and what is wrong with rows that do not fit.

    A row with an index that no rule knows is kept under its own name and classified by none.
    """
    placed, strange = laboratory.sections((row.index, row.value, row.unit) for row in report.rows)
    known = {one.field for one in strange}
    problems = [
        Problem(code=f"laboratory.{one.code}", field=one.field, message_vi=one.vi, message_en=one.en)
        for one in strange
        if one.severity == "reject"
    ]
    problems += [
        problem("laboratory.other_station", field)
        for section, fields in placed.items()
        if section != report.station
        for field in fields
    ]
    others = {row.index: row.value for row in report.rows if row.index in known}
    return {**placed.get(report.station, {}), **others}, problems


def record_problems(station: str, clinic_id: str, visit: Mapping[str, Any], kind: Kind) -> list[Problem]:
    """Why a desk's record does not belong to a visit."""
    found = []
    if clinic_id != visit["clinic_id"]:
        found.append(problem("record.other_clinic", "clinic_id"))
    if station not in visit["stations"] and not (kind == "section" and station == "REC"):
        found.append(problem("record.station_not_in_package", "station"))
    if visit["version"]:
        found.append(problem("record.concluded", "visit_id"))
    return found


def age_on(day: date, born: str) -> int:
    """Full years on a day; where only a month or year is known, the younger age (its last day is taken)."""
    year, _, month = born.partition("-")
    had_birthday = (int(month) if month else 12) < day.month
    return day.year - int(year) - (0 if had_birthday else 1)


def valid_until(concluded_on: date) -> date:
    """Twelve months from the signing of the conclusion (TT 32/2023 art 38); 29 February counts to the 28th.

    A correction makes no check younger: of an amended conclusion the first signing counts.
    """
    try:
        return concluded_on.replace(year=concluded_on.year + 1)
    except ValueError:
        return concluded_on.replace(year=concluded_on.year + 1, day=28)
