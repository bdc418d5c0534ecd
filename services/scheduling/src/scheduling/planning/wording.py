"""The explanations in words, Vietnamese and English."""

from collections.abc import Iterable, Mapping

from scheduling.planning.checking import Excess
from scheduling.planning.choices import WindowCase
from scheduling.planning.explaining import (
    NOT_NEEDED,
    NOT_PERMITTED,
    ON_HOLIDAY,
    OPENED,
    OUT_OF_REACH,
    TOO_LATE,
    Overview,
    Scarcity,
    SessionCase,
)
from scheduling.planning.model import DAY, END_OF_SHIFT, FASTING, QUIET_REST
from scheduling.planning.relieving import LineRelief, Relief
from scheduling.planning.remedies import (
    A_LICENCE,
    A_PERMIT,
    ANOTHER_DESK,
    BACK_FROM_LEAVE,
    EARLIER_START,
    LATER_DEADLINE,
    ONE_MORE_ABSENT,
    ONE_MORE_PLACE,
    OTHER_HOURS,
    SHORTER_WAY,
    TOTAL,
    Lack,
    Remedy,
)

Words = tuple[str, str]
HARDLY = 0.5  # prices below it are told as none
KEPT = "Lịch đã qua hoặc quá gần nên không đổi được.", "They are over or too near to be changed."

VERDICTS: dict[str, Words] = {
    OPENED: ("mở", "opened"),
    NOT_NEEDED: ("không cần mở", "not needed"),
    NOT_PERMITTED: ("chưa có giấy phép", "no permit"),
    ON_HOLIDAY: ("rơi vào ngày nghỉ lễ", "on a public holiday"),
    OUT_OF_REACH: ("quá xa mọi nơi làm việc", "too far from every workplace"),
    TOO_LATE: ("vào ngày không còn xếp lịch mới", "on a day that takes no new appointments"),
}

LACKS: dict[str, Words] = {
    ONE_MORE_PLACE: ("một chỗ ở bàn {vi}", "one more place at {en}"),
    ANOTHER_DESK: ("bàn {vi}", "a desk for {en}"),
    ONE_MORE_ABSENT: ("một người nữa của chuyền được vắng", "one more of the line being let go"),
    BACK_FROM_LEAVE: ("việc có mặt ngày đó", "being present that day"),
    EARLIER_START: ("việc được khám sớm hơn", "being due earlier"),
    A_PERMIT: ("giấy phép cho buổi đó", "a permit for that session"),
    A_LICENCE: ("giấy phép khám bệnh nghề nghiệp", "the occupational-disease licence"),
    OTHER_HOURS: ("giờ hợp với yêu cầu {vi}", "hours that suit {en}"),
    LATER_DEADLINE: ("một ngày trước hạn chót", "a day before the deadline"),
    SHORTER_WAY: ("đường đi ngắn hơn", "a shorter way"),
}
ANYBODY: dict[str, Words] = {
    ONE_MORE_PLACE: ("một chỗ", "one more place"),
    ANOTHER_DESK: ("nhận người vào giờ đó", "places at that hour"),
}
TIMINGS: dict[str, Words] = {
    FASTING: ("nhịn ăn", "fasting"),
    QUIET_REST: ("nghỉ yên tĩnh sau ca", "a quiet rest after the shift"),
    END_OF_SHIFT: ("cuối ca", "the end of a shift"),
}


def dotted(value: float, sign: str = "") -> str:
    """A number as Vietnamese writes it, 1.234; with "+" its sign is always told."""
    return f"{value:{sign},.0f}".replace(",", ".")


def lack(case: Lack, stations: Mapping[str, Words] | None = None) -> Words:
    """What a window lacks; stations by the names given, else by their codes."""
    vi, en = TIMINGS.get(case.what) or (stations or {}).get(case.what) or (case.what, case.what)
    words = ANYBODY[case.kind] if case.what == TOTAL else LACKS[case.kind]
    return words[0].format(vi=vi), words[1].format(en=en)


def lacks(cases: Iterable[Lack], stations: Mapping[str, Words] | None = None) -> Words:
    """Everything that a window lacks."""
    vi, en = zip(*(lack(case, stations) for case in cases), strict=True)
    return ", ".join(vi), " and ".join(en)


def remedy(case: Remedy) -> Words:
    """The nearest change that would serve somebody."""
    if case.session is None:
        return "Không có buổi nào ở gần: cần một buổi khám khác.", "No session comes near: another one is needed."
    vi, en = lacks(case.lacks)
    return (
        f"Gần nhất: buổi {case.session}, khung giờ {case.window} (ngày {case.day}), chỉ còn thiếu {vi}.",
        f"Nearest: session {case.session}, window {case.window} (day {case.day}); all it lacks is {en}.",
    )


def session(case: SessionCase) -> Words:
    """Why a session is opened or not."""
    vi, en = VERDICTS[case.verdict]
    more_vi, more_en = without(case)
    if not case.visits:
        return f"Buổi {case.session}: {vi}{more_vi}.", f"Session {case.session}: {en}{more_en}."
    return (
        f"Buổi {case.session}: {vi}, {case.visits} lượt khám, kín {case.filled:.0%} chỗ{more_vi}.",
        f"Session {case.session}: {en}, {case.visits} visits, {case.filled:.0%} of its places taken{more_en}.",
    )


def without(case: SessionCase) -> Words:
    """What opening a session costs beside what it would cost to do without it, or what it could save at most."""
    vi, en = f"; chi phí mở {dotted(case.open_cost)}", f"; opening costs {case.open_cost:,}"
    if case.elsewhere is not None:
        vi += f", còn ở nơi khác những người này tốn thêm ít nhất {dotted(case.elsewhere)}"
        en += f", its people elsewhere at least {case.elsewhere:,} more"
        if case.stranded:
            vi += f" ({case.stranded} người không còn chỗ nào)"
            en += f" ({case.stranded} of them find no other place)"
        return vi, en
    if case.would_save is not None:
        vi += f", những người thấy rẻ hơn chỉ bớt được nhiều nhất {dotted(case.would_save)}"
        return vi, en + f", those for whom it is cheaper would save {case.would_save:,} at most"
    return "", ""


def window(case: WindowCase) -> Words:
    """Why somebody has this window."""
    vi = f"Chi phí {dotted(case.cost.total)}; {case.options} khung giờ hợp lệ"
    en = f"Costs {case.cost.total:,}; {case.options} windows are allowed"
    cheaper_vi, cheaper_en = cheaper(case)
    return f"{vi}, {cheaper_vi}.", f"{en}, {cheaper_en}."


def cheaper(case: WindowCase) -> Words:
    """The cheaper windows, why they cannot be had, and who needs the best of them more."""
    counts = [
        (case.cheaper_but_full, "đã kín", "full"),
        (case.cheaper_for_line, "vượt trần vắng mặt của chuyền", "beyond the line's absence ceiling"),
        (case.cheaper_unopened, "thuộc buổi không mở", "in sessions that are not opened"),
        (case.cheaper_free, "còn trống", "free"),
    ]
    named = [(n, vi, en) for n, vi, en in counts if n]
    if not named:
        return "không khung nào rẻ hơn", "none is cheaper"
    vi = "rẻ hơn: " + ", ".join(f"{n} {word}" for n, word, _ in named)
    en = "cheaper ones: " + ", ".join(f"{n} {word}" for n, _, word in named)
    if case.saves is None or case.others_lose is None:
        return vi, en
    saves, loss = dotted(case.saves), dotted(case.others_lose)
    vi += f"; khung kín rẻ nhất bớt {saves}, nhưng người đang ngồi đó tốn thêm ít nhất {loss}"
    en += f"; the cheapest full one would save {case.saves:,}, those there would lose at least {case.others_lose:,}"
    return vi, en


def overview(case: Overview) -> Words:
    """The whole plan in a sentence."""
    left_out = sum(case.unassigned_by_reason.values())
    vi, en = f"Chi phí {dotted(case.cost.total)}", f"Cost {case.cost.total:,}"
    if case.bound:
        vi, en = f"{vi}, cận dưới {dotted(case.bound)}", f"{en}, at least {case.bound:,} for any plan"
    return f"{vi}; {dotted(left_out)} người chưa có lịch.", f"{en}; {left_out:,} people have no appointment."


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
    worth_vi, worth_en = _worth(case.price, "thêm một người vắng lúc chặt nhất", "one more away at its tightest moment")
    vi, en = "chạm trần vắng mặt", "its absence ceiling is reached"
    if case.waiting:
        vi, en = f"{case.waiting} người chờ vì trần vắng mặt", f"{case.waiting} wait because of the absence ceiling"
    return f"Chuyền {case.line}: {vi}{worth_vi}.", f"Line {case.line}: {en}{worth_en}."


def scarcity(case: Scarcity) -> Words:
    """Where places ran out and what one more is worth."""
    worth_vi, worth_en = _worth(case.price, "thêm một chỗ", "one more place")
    vi, en = (f"bàn {case.station} kín", f"{case.station} is full") if case.station != TOTAL else ("kín", "it is full")
    return (
        f"Buổi {case.session}: {vi} {case.full_windows}/{case.windows} khung giờ{worth_vi}.",
        f"Session {case.session}: {en} in {case.full_windows} of {case.windows} windows{worth_en}.",
    )


def held(case: Excess) -> Words:
    """A rule that appointments break which a re-plan must keep."""
    many, allowed = case.people, case.allowed
    if case.at:
        where, (vi, en) = case.at, (f", bàn {case.station}", f", {case.station}") if case.station else ("", "")
        return (
            f"Buổi {where[0]}, khung giờ {where[1]}{vi}: {many} người đã giữ chỗ, chỉ có {allowed} chỗ. {KEPT[0]}",
            f"Session {where[0]}, window {where[1]}{en}: {many} people hold {allowed} places. {KEPT[1]}",
        )
    when = f"{case.moment // DAY}, {case.moment % DAY // 60:02}:{case.moment % 60:02}"
    return (
        f"Chuyền {case.line}: {many} người vắng cùng lúc vào ngày {when}, trần là {allowed}. {KEPT[0]}",
        f"Line {case.line}: {many} away at once on day {when}, its ceiling is {allowed}. {KEPT[1]}",
    )


def _worth(price: float, vi: str, en: str) -> Words:
    """What the relaxation would pay, an estimate; nothing where no price is known."""
    if price < HARDLY:
        return "", ""
    return f"; {vi} ước đáng giá {dotted(price)}", f"; {en} is worth some {price:,.0f}"
