"""What a plan says of itself, for those who approve it, are placed by it or left out: in both languages and as data."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import Any, TypeVar

from contracts.fields import Problem
from contracts.plans import Lack, Lever, Limit, PlaceCase, SessionCase
from scheduling import plan_held, plan_levers, plan_words
from scheduling.model import Crew, Person, Session
from scheduling.plan_folder import DAYS_BEFORE, Inputs, Result
from scheduling.plan_words import Words
from scheduling.planning.wording import HARDLY, dotted
from scheduling.problems import REASONS

SHOWN_LIMITS, SHOWN_LEVERS = 20, 3  # in the event; in its summary
# A part of this many cases stays well below what one event may carry.
CASES_AT_ONCE = 500
KEEPING = " giữ nguyên lịch của những người khác", " that leaves the others where they are"
INCLUDING = ", kể cả những lịch được giữ nguyên", ", appointments that stay included"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Explained:
    """A plan's explanation: `cases` of sessions and people, made when read, cut into `parts` of the size of events."""

    lines_vi: list[str]
    lines_en: list[str]
    cost_parts: dict[str, int]
    unassigned_by_priority: dict[str, int]
    limits: list[Limit]
    levers: list[Lever]
    held: list[Problem]
    parts: int
    cases: Iterator[tuple[list[SessionCase], list[PlaceCase]]]


def of(inputs: Inputs, result: Result, cases: Mapping[str, Any]) -> Explained:
    """Put the cases that the planning process left into words and events' records."""
    author = _Author(inputs, cases)
    limits, levers, held = author.limits(), author.levers(), plan_held.told(inputs, cases)
    parts = {name: cost for name, cost in cases["cost_parts"].items() if cost}
    sessions, people = list(_chunks(cases["sessions"])), list(_chunks(list(cases["people"])))
    lines = _summary(inputs, result, parts, levers, limits)
    return Explained(
        [vi for vi, _ in lines] + [problem.message_vi for problem in held],
        [en for _, en in lines] + [problem.message_en for problem in held],
        parts,
        cases["unassigned_by_priority"],
        limits,
        levers,
        held,
        len(sessions) + len(people),
        chain(((list(author.sessions(some)), []) for some in sessions), (([], list(author.people(s))) for s in people)),
    )


def _chunks(cases: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(cases), CASES_AT_ONCE):
        yield cases[first : first + CASES_AT_ONCE]


class _Author:
    """Knows the plan's sessions and people by the ids that the folder used."""

    def __init__(self, inputs: Inputs, cases: Mapping[str, Any]) -> None:
        self.inputs, self.cases = inputs, cases
        self.sessions_by_id: dict[str, Session] = {str(s.session_id): s for s in inputs.sessions}
        self.persons: dict[str, Person] = {str(p.health_check_id): p for p in inputs.people}
        self.crews: dict[str, Crew] = {str(p.crew.crew_id): p.crew for p in inputs.people}
        self.wanting = Counter(self._wanted())

    def _wanted(self) -> Iterator[tuple[str, str]]:
        """For everybody left out whom one more place would serve: where."""
        for number in self._numbers(left_out=True).values():
            lacks = self.cases["remedies"][number]["lacks"]
            if [kind for kind, _ in lacks] == ["one_more_place"]:
                yield self.cases["remedies"][number]["session"], lacks[0][1]

    def _numbers(self, *, left_out: bool) -> dict[str, int]:
        places = self.cases["places"]
        return {who: number for who, number in self.cases["people"].items() if (who not in places) == left_out}

    def limits(self) -> list[Limit]:
        """What holds the plan back, whatever would serve most people first, then what is worth most."""
        found = [self._scarce(case) for case in self.cases["scarce"]]
        found += [self._line(line, price) for line, price in self.cases["scarce_lines"] if price > 0]
        return sorted(found, key=lambda limit: (-limit.would_serve, -limit.price))[:SHOWN_LIMITS]

    def levers(self) -> list[Lever]:
        """What was tried and found to be worth money, best first, then what would cost more."""
        start = self.inputs.today - timedelta(days=DAYS_BEFORE)
        return [plan_levers.told(case, start, self.sessions_by_id, self.crews) for case in self.cases["levers"]]

    def _scarce(self, case: Mapping[str, Any]) -> Limit:
        session = self.sessions_by_id[case["session"]]
        served = self.wanting[case["session"], case["station"]]
        vi, en = plan_words.station(case["station"])
        day, site = plan_words.day(session.day), session.site
        full, windows, price = case["full_windows"], case["windows"], case["price"]
        what_vi, what_en = f"bàn {vi} hết chỗ", f"{en} is full"
        if case["station"] == "total":
            what_vi, what_en = "hết chỗ", "it is full"
        # Several clinics may examine on one day at one site.
        vi_at = f"{day}, điểm khám {site}, cơ sở {session.clinic_id}"
        en_at = f"{day}, site {site}, clinic {session.clinic_id}"
        text_vi = f"Buổi {vi_at}: {what_vi} ở {full}/{windows} khung giờ"
        text_en = f"Session of {en_at}: {what_en} in {full} of {windows} windows"
        if price >= HARDLY:  # repairs know no prices
            text_vi += f"; thêm một chỗ ước đáng {dotted(price)} nghìn đồng"
            text_en += f"; one more place is worth some {price:,.0f} thousand VND"
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
            text_vi=f"{vi} chạm mức vắng mặt tối đa; thêm một người lúc chặt nhất ước đáng {dotted(price)} nghìn đồng.",
            text_en=f"{en} reaches its absence ceiling; one more away at its tightest is worth some {price:,.0f}"
            " thousand VND.",
        )  # fmt: skip

    def sessions(self, cases: Sequence[Mapping[str, Any]]) -> Iterator[SessionCase]:
        """The cases of sessions."""
        for case in cases:
            session = self.sessions_by_id[case["session"]]
            vi, en = plan_words.VERDICTS[case["verdict"]]
            day, filled = plan_words.day(session.day), round(100 * case["filled"])
            if case["visits"]:
                vi += f", {case['visits']} lượt khám, kín {filled} % chỗ"
                en += f", {case['visits']} visits, {filled} % of its places taken"
            yield SessionCase(
                session_id=session.session_id, clinic_id=session.clinic_id, verdict=case["verdict"],
                visits=case["visits"], filled_pct=min(100, filled), open_cost=case["open_cost"], gain=case["gain"],
                elsewhere=case["elsewhere"], stranded=case["stranded"], would_save=case["would_save"],
                text_vi=f"Buổi {day}, điểm khám {session.site}: {vi}{case['why_vi']}.",
                text_en=f"Session of {day}, site {session.site}: {en}{case['why_en']}.",
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
        texts = {name: f"{at}: {case[name]}" for name in ("text_vi", "text_en")}
        return {**case, "session_id": session.session_id, "window": window, **texts}

    def _left_out(self, case: Mapping[str, Any]) -> dict[str, Any]:
        session = self.sessions_by_id.get(case["session"] or "")
        vi, en = plan_words.NO_SESSION
        if session is not None:
            start = plan_words.time(session.windows[case["window"]].start)
            at = f"{plan_words.day(session.day)} {start}, {session.site}"
            vi, en = f"{at}, chỉ còn thiếu {case['lacks_vi']}", f"{at}; all it lacks is {case['lacks_en']}"
        why_vi, why_en = REASONS[case["reason"]]
        places = [what for kind, what in case["lacks"] if kind == "one_more_place"]
        return {
            "reason": case["reason"],
            "remedy": case["kind"],
            "remedy_session_id": session.session_id if session else None,
            "remedy_window": case["window"],
            "remedy_station": places[0] if case["kind"] == "one_more_place" else None,
            "remedy_lacks": [Lack(kind=kind, what=what) for kind, what in case["lacks"]],
            "remedy_day": session.day if session else None,
            "text_vi": f"Chưa có lịch: {why_vi}. Gần nhất: {vi}.",
            "text_en": f"No appointment: {why_en}. Nearest: {en}.",
        }


def _summary(
    inputs: Inputs, result: Result, parts: Mapping[str, int], levers: list[Lever], limits: list[Limit]
) -> list[Words]:
    """The plan, a sentence or two per fact."""
    placed, total, used = result.placed, len(result.placements), result.sessions_used
    cost, bound = result.cost, result.bound
    gap_en = f"{100 * (cost - bound) / max(1, bound):.1f}"
    total_vi, low, gap_vi = dotted(cost), dotted(bound), gap_en.replace(".", ",")
    # Whoever has a place already keeps it: a plan that moved them too might cost less.
    (same_vi, same_en), (all_vi, all_en) = (KEEPING, INCLUDING) if inputs.published else (("", ""), ("", ""))
    shares_vi = ", ".join(f"{plan_words.PARTS[name][0]} {dotted(value)}" for name, value in parts.items())
    shares_en = ", ".join(f"{plan_words.PARTS[name][1]} {value:,}" for name, value in parts.items())
    lines = [
        (
            f"{dotted(placed)} trên {dotted(total)} người có chỗ khám; số buổi khám có họ: {used}.",
            f"People with a place: {placed:,} of {total:,}; sessions that they come to: {used}.",
        ),
        (
            f"Chi phí {total_vi}{all_vi}; không phương án hợp lệ nào{same_vi} dưới {low} ({gap_vi} % trên cận dưới).",
            f"Cost {cost:,}{all_en}; no valid plan{same_en} costs less than {bound:,} ({gap_en} % above the bound).",
        ),
        (f"Gồm: {shares_vi}. {plan_words.UNIT[0]}", f"Of it: {shares_en}. {plan_words.UNIT[1]}"),
    ]
    for reason, n in Counter(reason for *_, reason in result.placements if reason).most_common():
        why_vi, why_en = REASONS[reason]
        lines.append((f"{dotted(n)} người chưa có chỗ: {why_vi}.", f"Without a place: {n:,}; {why_en}."))
    told: list[Lever | Limit] = [lever for lever in levers if lever.saves > 0]
    told = told or [limit for limit in limits if limit.would_serve or limit.price >= HARDLY]
    return lines + [(each.text_vi, each.text_en) for each in told[:SHOWN_LEVERS]]
