"""The words of a plan's explanations, Vietnamese and English: stations, verdicts, remedies, dates and times."""

from datetime import date

Words = tuple[str, str]

STATIONS: dict[str, Words] = {
    "total": ("tiếp nhận", "arrival"),
    "REC": ("tiếp đón", "reception"),
    "MEA": ("đo thể lực", "measurements"),
    "BLD": ("lấy máu", "blood draw"),
    "URI": ("nước tiểu", "urine"),
    "XRY": ("X-quang", "X-ray"),
    "EYE": ("mắt", "eyes"),
    "ENT": ("tai mũi họng", "ear, nose and throat"),
    "DEN": ("răng hàm mặt", "dental"),
    "INT": ("nội khoa", "internal medicine"),
    "SUR": ("ngoại khoa", "surgery"),
    "GYN": ("sản phụ khoa", "gynaecology"),
    "ECG": ("điện tim", "ECG"),
    "AUD": ("đo thính lực", "audiometry"),
    "SPI": ("đo chức năng hô hấp", "spirometry"),
}
PARTS: dict[str, Words] = {
    "unassigned": ("người chưa có chỗ", "people left out"),
    "late": ("khám sau ngày đến hạn", "visits after the due day"),
    "travel": ("đi lại", "travel"),
    "shift": ("giờ làm việc bị mất", "working time lost"),
    "rest_day": ("khám vào ngày nghỉ", "visits on rest days"),
    "opening": ("mở buổi khám", "opening sessions"),
    "moves": ("đổi lịch", "moves"),
}
VERDICTS: dict[str, Words] = {
    "opened": ("được mở", "opened"),
    "not_needed": ("không cần mở", "not needed"),
    "not_permitted": ("chưa có giấy phép", "no permit"),
    "on_holiday": ("rơi vào ngày nghỉ lễ", "on a public holiday"),
    "out_of_reach": ("quá xa mọi nơi làm việc", "too far from every workplace"),
}
REMEDIES: dict[str, Words] = {
    "one_more_place": (
        "thêm một chỗ ở bàn {station_vi}, buổi {day} tại {site} lúc {time}",
        "one more place at {station_en} in the session of {day} at {site}, {time}",
    ),
    "one_more_absent": (
        "cho phép dây chuyền vắng thêm một người, buổi {day} tại {site} lúc {time}",
        "one more person of the line away, session of {day} at {site}, {time}",
    ),
    "later_deadline": (
        "hạn chót muộn hơn: buổi sớm nhất phù hợp là ngày {day} tại {site}",
        "a later deadline: the first session that suits is on {day} at {site}",
    ),
    "back_from_leave": ("có mặt vào ngày {day} (buổi tại {site})", "being present on {day} (session at {site})"),
    "another_session": ("một buổi khám khác, phù hợp với dây chuyền này", "another session that suits this line"),
}


def day(value: date) -> str:
    """A day as both languages write it here."""
    return f"{value:%d/%m/%Y}"


def time(minute: int) -> str:
    """A minute of day as hours and minutes."""
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def station(code: str | None) -> Words:
    """The names of a desk."""
    return STATIONS.get(code or "total", (code or "", code or ""))
