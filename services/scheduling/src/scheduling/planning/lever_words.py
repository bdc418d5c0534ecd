"""Changes that were tried, in words, Vietnamese and English: what each brought, and what it could bring at most."""

from collections.abc import Iterable, Mapping

from scheduling.planning.levers import FOR_NOTHING, HIGHER_CEILING, MORE_PLACES, PERMIT, WITHOUT, Lever
from scheduling.planning.remedies import ONE_MORE_PLACE, Lack
from scheduling.planning.wording import Words, dotted, lacks

TRIED: dict[str, Words] = {
    PERMIT: ("Có giấy phép cho buổi {vi}", "A permit for session {en}"),
    WITHOUT: ("Không tổ chức buổi {vi}", "Without session {en}"),
    FOR_NOTHING: ("Nếu mở buổi {vi} không tốn gì", "If opening session {en} cost nothing"),
}


def lever(case: Lever, names: Mapping[str, Words] | None = None) -> Words:
    """What a change that was tried brought, and what it could at most; stations, line, session by the names given."""

    def named(code: str | None) -> Words:
        return (names or {}).get(code or "") or (code or "", code or "")

    if case.kind == MORE_PLACES:
        vi, en = places(case.stations, names)
        week = (case.week or 0) + 1
        what_vi = f"Thêm {vi} trong mỗi khung giờ của tuần {week} ({case.places} khung)"
        what_en = f"In each of the {case.places} windows of week {week} {en}"
    elif case.kind == HIGHER_CEILING:
        (vi, en), (low, high) = named(case.line), case.up or (0, 0)
        what_vi = f"Nâng trần vắng mặt của chuyền {vi} từ {low} % lên {high} %"
        what_en = f"Raising the absence ceiling of line {en} from {low} % to {high} %"
    else:
        vi, en = named(case.session)
        what_vi, what_en = (words.format(vi=vi, en=en) for words in TRIED[case.kind])
    effect_vi, effect_en = effect(case)
    return f"{what_vi}: {effect_vi}.", f"{what_en}: {effect_en}."


def places(stations: Iterable[str], names: Mapping[str, Words] | None = None) -> Words:
    """One more place at each of several stations."""
    return lacks((Lack(ONE_MORE_PLACE, q) for q in stations), names)


def effect(case: Lever) -> Words:
    """What planning anew brought under a change, and what it could bring at most."""
    by, most = abs(case.saves), abs(case.at_most or 0)
    if case.saves < 0:
        vi, en, limit = f"đắt thêm {dotted(by)}", f"{by:,} dearer", (f"ít nhất {dotted(most)}", f"at least {most:,}")
    else:
        vi, en, limit = f"rẻ hơn {dotted(by)}", f"{by:,} cheaper", (f"nhiều nhất {dotted(most)}", f"at most {most:,}")
    if case.at_most is not None:
        vi, en = f"{vi} ({limit[0]})", f"{en} ({limit[1]})"
    if case.serves > 0:
        vi, en = f"{vi}, thêm {case.serves} người có lịch", f"{en}, {case.serves} more people served"
    if case.serves < 0:
        vi, en = f"{vi}, thêm {-case.serves} người không có lịch", f"{en}, {-case.serves} more people left out"
    if case.sessions and case.kind != FOR_NOTHING:
        vi, en = f"{vi}, số buổi khám {-case.sessions:+}", f"{en}, {-case.sessions:+} team-days"
    return f"lập lại kế hoạch thì {vi}", f"planned anew it is {en}"


def comparison(force: Mapping[str, int], now: Mapping[str, int], then: Mapping[str, int]) -> Words:
    """What a change brings, beside what the plan in force would gain by searching on without it."""
    by = then["total"] - now["total"]
    served, sessions = now["left_out"] - then["left_out"], then["sessions"] - now["sessions"]
    vi = f"Thay đổi này làm chi phí {dotted(by, '+')}, số người có lịch {dotted(served, '+')}, số buổi {sessions:+}"
    en = f"The change makes it {by:+,} in cost, {served:+} people served, {sessions:+} sessions"
    if now["total"] < force["total"]:
        less = force["total"] - now["total"]
        vi += f"; không đổi gì mà tìm tiếp thì kế hoạch đang áp dụng cũng rẻ hơn {dotted(less)}"
        en += f"; without any change a longer search makes the plan in force {less:,} cheaper"
    return f"{vi}.", f"{en}."
