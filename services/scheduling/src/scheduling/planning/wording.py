"""The explanations in words, Vietnamese and English."""

from scheduling.planning.explaining import (
    ANOTHER_SESSION,
    BACK_FROM_LEAVE,
    LATER_DEADLINE,
    NOT_NEEDED,
    NOT_PERMITTED,
    ON_HOLIDAY,
    ONE_MORE_ABSENT,
    ONE_MORE_PLACE,
    OPENED,
    OUT_OF_REACH,
    Overview,
    Remedy,
    Scarcity,
    SessionCase,
    WindowCase,
)
from scheduling.planning.relieving import LineRelief, Relief

Words = tuple[str, str]
HARDLY = 0.5  # prices below it are told as none

VERDICTS: dict[str, Words] = {
    OPENED: ("mở", "opened"),
    NOT_NEEDED: ("không cần mở", "not needed"),
    NOT_PERMITTED: ("chưa có giấy phép", "no permit"),
    ON_HOLIDAY: ("rơi vào ngày nghỉ lễ", "on a public holiday"),
    OUT_OF_REACH: ("quá xa mọi nơi làm việc", "too far from every workplace"),
}

REMEDIES: dict[str, Words] = {
    ONE_MORE_PLACE: (
        "thêm một chỗ {station} ở buổi {session}, khung giờ {window} (ngày {day})",
        "one more place at {station} in session {session}, window {window} (day {day})",
    ),
    ONE_MORE_ABSENT: (
        "cho phép chuyền {line} vắng thêm một người, buổi {session} khung giờ {window}",
        "one more person of line {line} away, session {session} window {window}",
    ),
    LATER_DEADLINE: ("lùi hạn chót đến ngày {day}", "a deadline on day {day} or later"),
    BACK_FROM_LEAVE: ("có mặt vào ngày {day}", "being present on day {day}"),
    ANOTHER_SESSION: (
        "mở thêm buổi khám phù hợp cho chuyền {line} ({station})",
        "another session that suits line {line} ({station})",
    ),
}


def remedy(case: Remedy) -> Words:
    """The nearest change that would serve somebody."""
    facts = {name: getattr(case, name) for name in case.__slots__}
    vi, en = REMEDIES[case.kind]
    return vi.format(**facts), en.format(**facts)


def session(case: SessionCase) -> Words:
    """Why a session is opened or not."""
    vi, en = VERDICTS[case.verdict]
    if not case.visits:
        return f"Buổi {case.session}: {vi}.", f"Session {case.session}: {en}."
    return (
        f"Buổi {case.session}: {vi}, {case.visits} lượt khám, kín {case.filled:.0%} chỗ.",
        f"Session {case.session}: {en}, {case.visits} visits, {case.filled:.0%} of its places taken.",
    )


def window(case: WindowCase) -> Words:
    """Why somebody has this window."""
    vi = f"Chi phí {case.cost.total}; có {case.options} khung giờ hợp lệ, {case.cheaper_but_full} khung rẻ hơn đã kín."
    en = f"Costs {case.cost.total}; {case.options} windows are allowed, {case.cheaper_but_full} cheaper ones are full."
    return vi, en


def overview(case: Overview) -> Words:
    """The whole plan in a sentence."""
    left_out = sum(case.unassigned_by_reason.values())
    vi = f"Chi phí {case.cost.total}, cận dưới {case.bound}; {left_out} người chưa có lịch."
    return vi, f"Cost {case.cost.total}, at least {case.bound} for any plan; {left_out} people have no appointment."


def relief(case: Relief) -> Words:
    """What one more place per window would bring; weeks count from 1."""
    anywhere = case.station == "total"
    vi_station, en_station = ("chỗ", "place") if anywhere else (f"chỗ {case.station}", f"{case.station} place")
    vi = (
        f"Thêm một {vi_station} mỗi khung giờ trong tuần {case.week + 1} ({case.places} chỗ) phục vụ thêm ít nhất "
        f"{case.serves} người."
    )
    en = (
        f"One more {en_station} in each window of week {case.week + 1} ({case.places} places) would serve at least "
        f"{case.serves} more."
    )
    return vi, en


def line_relief(case: LineRelief) -> Words:
    """What one more person of a line away at a time would bring."""
    worth_vi, worth_en = _worth(case.price, "thêm một người vắng cùng lúc", "one more away at a time")
    return (
        f"Chuyền {case.line}: {case.waiting} người chờ vì trần vắng mặt{worth_vi}.",
        f"Line {case.line}: {case.waiting} wait because of the absence ceiling{worth_en}.",
    )


def scarcity(case: Scarcity) -> Words:
    """Where places ran out and what one more is worth."""
    worth_vi, worth_en = _worth(case.price, "thêm một chỗ", "one more place")
    full = f"{case.full_windows} of {case.windows} windows"
    return (
        f"Buổi {case.session}: {case.station} kín {case.full_windows}/{case.windows} khung giờ{worth_vi}.",
        f"Session {case.session}: {case.station} is full in {full}{worth_en}.",
    )


def _worth(price: float, vi: str, en: str) -> Words:
    """What the search would have paid; nothing where no price is known, as with plans read from files."""
    return (f"; {vi} đáng giá {price:.0f}", f"; {en} is worth {price:.0f}") if price >= HARDLY else ("", "")
