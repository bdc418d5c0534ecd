"""What a plan says of itself, for those who approve it, are placed by it or left out: in both languages and as data."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any, TypeVar

from contracts.plans import Limit, PlaceCase, SessionCase
from scheduling import plan_words
from scheduling.model import Crew, Person, Session
from scheduling.plan_folder import DAYS_BEFORE, Inputs, Result
from scheduling.problems import REASONS

SHOWN_LIMITS = 20
# A part of this many cases stays well below what one event may carry.
CASES_AT_ONCE = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Explained:
    """A plan's explanation: `cases` of sessions and people, made when read, cut into `parts` of the size of events."""

    lines_vi: list[str]
    lines_en: list[str]
    cost_parts: dict[str, int]
    unassigned_by_priority: dict[str, int]
    limits: list[Limit]
    parts: int
    cases: Iterator[tuple[list[SessionCase], list[PlaceCase]]]


def of(inputs: Inputs, result: Result, cases: Mapping[str, Any]) -> Explained:
    """Put the cases that the planning process left into words and events' records."""
    author = _Author(inputs, cases)
    limits = author.limits()
    parts = {name: cost for name, cost in cases["cost_parts"].items() if cost}
    sessions, people = list(_chunks(cases["sessions"])), list(_chunks(list(cases["people"])))
    return Explained(
        _summary(result, parts, limits, 0),
        _summary(result, parts, limits, 1),
        parts,
        cases["unassigned_by_priority"],
        limits,
        len(sessions) + len(people),
        chain(((list(author.sessions(some)), []) for some in sessions), (([], list(author.people(s))) for s in people)),
    )


def _chunks(cases: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(cases), CASES_AT_ONCE):
        yield cases[first : first + CASES_AT_ONCE]


class _Author:
    """Knows the plan's sessions and people by the ids that the folder used."""

    def __init__(self, inputs: Inputs, cases: Mapping[str, Any]) -> None:
        self.cases = cases
        self.start = inputs.today - timedelta(days=DAYS_BEFORE)
        self.sessions_by_id: dict[str, Session] = {str(s.session_id): s for s in inputs.sessions}
        self.persons: dict[str, Person] = {str(p.health_check_id): p for p in inputs.people}
        self.crews: dict[str, Crew] = {str(p.crew.crew_id): p.crew for p in inputs.people}
        self.wanting = Counter(self._wanted())

    def _wanted(self) -> Iterator[tuple[str, str]]:
        """For everybody left out whom one more place would serve: where."""
        for number in self._numbers(left_out=True).values():
            remedy = self.cases["remedies"][number]
            if remedy["kind"] == "one_more_place":
                yield remedy["session"], remedy["station"] or "total"

    def _numbers(self, *, left_out: bool) -> dict[str, int]:
        places = self.cases["places"]
        return {who: number for who, number in self.cases["people"].items() if (who not in places) == left_out}

    def limits(self) -> list[Limit]:
        """What holds the plan back, whatever would serve most people first, then what is worth most."""
        found = [self._scarce(case) for case in self.cases["scarce"]]
        found += [self._line(line, price) for line, price in self.cases["scarce_lines"] if price > 0]
        return sorted(found, key=lambda limit: (-limit.would_serve, -limit.price))[:SHOWN_LIMITS]

    def _scarce(self, case: Mapping[str, Any]) -> Limit:
        session = self.sessions_by_id[case["session"]]
        served = self.wanting[case["session"], case["station"]]
        vi, en = plan_words.station(case["station"])
        where = f"{plan_words.day(session.day)}, {session.site}"
        full, windows, price = case["full_windows"], case["windows"], case["price"]
        worth = f"{price:,.0f}"
        what_vi, what_en = f"bàn {vi} hết chỗ", f"{en} is full"
        if case["station"] == "total":
            what_vi, what_en = "hết chỗ", "it is full"
        # Several clinics may examine on one day at one site.
        vi_at, en_at = f"{where}, cơ sở {session.clinic_id}", f"{where}, clinic {session.clinic_id}"
        text_vi = f"Buổi {vi_at}: {what_vi} ở {full}/{windows} khung giờ; thêm một chỗ đáng {worth} nghìn đồng"
        text_en = f"Session of {en_at}: {what_en} in {full} of {windows} windows; one more place is worth {worth}"
        if served:
            text_vi += f", {served} người chưa có lịch chỉ thiếu chỗ này"
            text_en += f", and {served} people left out lack nothing else"
        return Limit(
            kind="station", session_id=session.session_id, station=case["station"], full_windows=full,
            windows=windows, price=price, would_serve=served, text_vi=f"{text_vi}.", text_en=f"{text_en}.",
        )  # fmt: skip

    def _line(self, line: str, price: float) -> Limit:
        crew = self.crews[line]
        vi, en = f"Dây chuyền {crew.name or line} ({crew.site})", f"Line {crew.name or line} ({crew.site})"
        return Limit(
            kind="line", line_id=crew.crew_id, price=price,
            text_vi=f"{vi} chạm mức vắng mặt tối đa; thêm một người vắng đáng {price:,.0f} nghìn đồng.",
            text_en=f"{en} reaches its absence ceiling; one more person away is worth {price:,.0f}.",
        )  # fmt: skip

    def sessions(self, cases: Sequence[Mapping[str, Any]]) -> Iterator[SessionCase]:
        """The cases of sessions."""
        for case in cases:
            session = self.sessions_by_id[case["session"]]
            vi, en = plan_words.VERDICTS[case["verdict"]]
            where, filled = f"{plan_words.day(session.day)}, {session.site}", round(100 * case["filled"])
            if case["visits"]:
                vi += f", {case['visits']} lượt khám, kín {filled} % chỗ"
                en += f", {case['visits']} visits, {filled} % of its places taken"
            yield SessionCase(
                session_id=session.session_id, clinic_id=session.clinic_id, verdict=case["verdict"],
                visits=case["visits"], filled_pct=min(100, filled), open_cost=case["open_cost"], gain=case["gain"],
                text_vi=f"Buổi {where}: {vi}.", text_en=f"Session of {where}: {en}.",
            )  # fmt: skip

    def people(self, whom: Sequence[str]) -> Iterator[PlaceCase]:
        """The cases of people: whom the plan places, moves or leaves out."""
        for who in whom:
            place, number = self.cases["places"].get(who), self.cases["people"][who]
            person = self.persons[who]
            ids = {"health_check_id": person.health_check_id, "worker_id": person.worker_id, "unit_id": person.unit_id}
            if place is None:
                yield PlaceCase(**ids, **self._left_out(self.cases["remedies"][number]))
            else:
                yield PlaceCase(**ids, **self._placed(place, self.cases["windows"][number]))

    def _placed(self, place: tuple[str, int], case: Mapping[str, Any]) -> dict[str, Any]:
        session, window = self.sessions_by_id[place[0]], place[1]
        at = f"{plan_words.day(session.day)} {plan_words.time(session.windows[window].start)}, {session.site}"
        allowed, full = case["options"], case["cheaper_but_full"]
        vi = f"{at}: chi phí {case['cost']}; {allowed} khung giờ hợp lệ, {full} khung rẻ hơn đã kín."
        en = f"{at}: costs {case['cost']}; {allowed} windows are allowed, {full} cheaper ones are full."
        return {"session_id": session.session_id, "window": window, "text_vi": vi, "text_en": en, **case}

    def _left_out(self, case: Mapping[str, Any]) -> dict[str, Any]:
        session = self.sessions_by_id.get(case["session"] or "")
        station_vi, station_en = plan_words.station(case["station"])
        on_day = session.day if session else None
        if case["day"] is not None:
            on_day = self.start + timedelta(days=case["day"])
        facts = {
            "station_vi": station_vi,
            "station_en": station_en,
            "day": plan_words.day(on_day) if on_day else "",
            "site": session.site if session else "",
            "time": plan_words.time(session.windows[case["window"] or 0].start) if session else "",
        }
        (why_vi, why_en), (vi, en) = REASONS[case["reason"]], plan_words.REMEDIES[case["kind"]]
        return {
            "reason": case["reason"],
            "remedy": case["kind"],
            "remedy_session_id": session.session_id if session else None,
            "remedy_window": case["window"],
            "remedy_station": case["station"] if case["kind"] == "one_more_place" else None,
            "remedy_day": on_day,
            "text_vi": f"Chưa có lịch: {why_vi}. Thay đổi gần nhất: {vi.format(**facts)}.",
            "text_en": f"No appointment: {why_en}. Nearest change: {en.format(**facts)}.",
        }


def _summary(result: Result, parts: Mapping[str, int], limits: list[Limit], language: int) -> list[str]:
    """The plan in one language, a sentence per fact."""
    total, used, cost, bound = len(result.placements), result.sessions_used, result.cost, result.bound
    gap = f"{100 * (cost - bound) / max(1, bound):.1f}"
    shares = ", ".join(f"{plan_words.PARTS[name][language]} {value:,}" for name, value in parts.items())
    lines = (
        [
            f"{result.placed} trên {total} người có chỗ khám, trong {used} buổi khám.",
            f"Chi phí {cost}; không phương án hợp lệ nào dưới {bound} ({gap} % trên cận dưới).",
            f"Gồm: {shares}.",
        ],
        [
            f"{result.placed} of {total} people have a place, in {used} sessions.",
            f"Cost {cost}; no valid plan costs less than {bound} ({gap} % above the bound).",
            f"Of it: {shares}.",
        ],
    )[language]
    unplaced = Counter(reason for *_, reason in result.placements if reason).most_common()
    lines += [
        f"{n} người chưa có chỗ: {REASONS[reason][0]}." if language == 0
        else f"{n} people have no place: {REASONS[reason][1]}."
        for reason, n in unplaced
    ]  # fmt: skip
    return lines + [limit.text_en if language else limit.text_vi for limit in limits[:3]]
