"""The words of a plan's explanations, Vietnamese and English: stations, verdicts, remedies, dates and times."""

from datetime import date

Words = tuple[str, str]
MINUTES = 1440  # of a day

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
# What costs are counted in, beside them: no sum of money, but what decisions are weighed by.
UNIT: Words = (
    "Một đơn vị chi phí ứng với khoảng 1.000 đồng; người chưa có chỗ và việc khám muộn được tính bằng điểm phạt.",
    "A unit of cost is about 1,000 VND; people left out and visits that are late count by penalties.",
)
KEPT: Words = (
    "Kế hoạch đang áp dụng giữ nguyên mọi lịch đã hẹn, cả khi đổi lịch thì rẻ hơn.",
    "The plan in force keeps every appointment, also where moving people would be cheaper.",
)
VERDICTS: dict[str, Words] = {
    "opened": ("được mở", "opened"),
    "not_needed": ("không cần mở", "not needed"),
    "not_permitted": ("chưa có giấy phép", "no permit"),
    "on_holiday": ("rơi vào ngày nghỉ lễ", "on a public holiday"),
    "too_late": ("vào ngày không còn xếp lịch mới", "on a day that takes no new appointments"),
    "out_of_reach": ("quá xa mọi nơi làm việc", "too far from every workplace"),
}
NO_SESSION: Words = ("không có buổi nào ở gần, cần một buổi khám khác", "no session comes near, another one is needed")
LEVERS: dict[str, Words] = {
    "more_places": ("Thêm {vi} trong mỗi khung giờ từ {first} đến {last}", "In each window of {first}–{last} {en}"),
    "higher_ceiling": ("Cho {vi} vắng {away} người cùng lúc", "Letting {away} of {en} go at a time"),
    "permit": ("Có giấy phép cho buổi {vi}", "A permit for the session of {en}"),
    "without": ("Không tổ chức buổi {vi}", "Without the session of {en}"),
    "for_nothing": ("Nếu mở buổi {vi} không tốn gì", "If opening the session of {en} cost nothing"),
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
