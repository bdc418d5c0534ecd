"""What is told of a question: both sides in figures and words, to a clinic of its own sessions alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from contracts.plans import ClinicWhatIfAnswered, Outcome, OwnOutcome, OwnSession, WhatIfAnswered
from scheduling import plan_held, plan_words
from scheduling.plan_folder import Inputs, Result
from scheduling.plan_words import Words
from scheduling.planning.wording import dotted
from scheduling.problems import problem
from scheduling.what_if_store import Asked

Said = WhatIfAnswered | ClinicWhatIfAnswered
Arrival = tuple[UUID, str, date, int]


@dataclass(frozen=True, slots=True)
class Side:
    """A side of the comparison: what was planned from, the plan and its cases."""

    inputs: Inputs
    result: Result
    cases: Mapping[str, Any]

    def arrivals(self) -> dict[str, Arrival]:
        """Session, site, day and minute of everybody who has a place."""
        return _arrivals(self.inputs, self.cases["places"])


def refusal(asked: Asked, codes: Sequence[str]) -> Said:
    """The no to a question, with its reasons."""
    return _said(asked, problems=[problem(code) for code in codes])


def told(asked: Asked, sides: tuple[Side, Side]) -> Said:
    """The answer to a question: what is and what could be."""
    on_day, published = sides[0].inputs.today, sides[0].inputs.published
    before = _arrivals(sides[0].inputs, {str(who): [str(seat[0]), seat[1]] for who, seat in published.items()})
    if asked.clinic_id is None:
        now, then = (_outcome(side, before) for side in sides)
        words = [_words_of(now, then), _words_of_costs(now, then)]
        return _answered(asked, on_day, now, then, words)
    own_now, own_then = (_own_outcome(side, before, asked.clinic_id) for side in sides)
    return _answered(asked, on_day, own_now, own_then, [_words_of(own_now, own_then), _words_of_own(own_now, own_then)])


def _answered(
    asked: Asked, on_day: date, now: Outcome | OwnOutcome, then: Outcome | OwnOutcome, words: Sequence[list[Words]]
) -> Said:
    texts = [pair for some in words for pair in some]
    text_vi, text_en = [vi for vi, _ in texts], [en for _, en in texts]
    return _said(asked, on_day=on_day, in_force=now, imagined=then, text_vi=text_vi, text_en=text_en)


def _said(asked: Asked, **told: Any) -> Said:
    ids = {"request_id": asked.question.request_id, "campaign_id": asked.question.campaign_id}
    if asked.clinic_id is None:
        return WhatIfAnswered(**ids, **told)
    return ClinicWhatIfAnswered(clinic_id=asked.clinic_id, **ids, **told)


def _arrivals(inputs: Inputs, places: Mapping[str, Sequence[Any]]) -> dict[str, Arrival]:
    sessions = {str(session.session_id): session for session in inputs.sessions}
    found = {}
    for who, (session_id, window) in places.items():
        session = sessions[session_id]
        found[who] = (session.session_id, session.site, session.day, session.windows[window].start)
    return found


def _moved(side: Side, before: Mapping[str, Arrival]) -> int:
    """How many would come at another time or elsewhere, or no longer have a place."""
    after = side.arrivals()
    return sum(after.get(who) != arrival for who, arrival in before.items())


def _outcome(side: Side, before: Mapping[str, Arrival]) -> Outcome:
    """One side in figures; the weight that keeps people where they are is no cost, `moved` tells."""
    inputs, cases = side.inputs, side.cases
    places, priorities = cases["places"], {str(p.health_check_id): p.priority for p in inputs.people}
    left_out = {who: number for who, number in cases["people"].items() if who not in places}
    reasons = Counter(cases["remedies"][number]["reason"] for number in left_out.values())
    moves = cases["cost_parts"].get("moves", 0)
    return Outcome(
        demand=len(inputs.people),
        appointments=len(places),
        unassigned=dict(sorted(reasons.items())),
        unassigned_by_priority=dict(sorted(Counter(str(priorities[who]) for who in left_out).items())),
        sessions_used=len({session for session, _ in places.values()}),
        moved=_moved(side, before),
        cost=side.result.cost - moves,
        cost_parts={name: cost for name, cost in cases["cost_parts"].items() if cost and name != "moves"},
        lower_bound=max(0, side.result.bound - moves),
        held=plan_held.told(inputs, cases),
    )


def _own_outcome(side: Side, before: Mapping[str, Arrival], clinic_id: str) -> OwnOutcome:
    """The totals, and how many come to each of a clinic's own sessions: nothing of others, nor of costs."""
    visits = Counter(session for session, _ in side.cases["places"].values())
    own = sorted(
        (session for session in side.inputs.sessions if session.clinic_id == clinic_id),
        key=lambda session: (session.day, session.session_id),
    )
    return OwnOutcome(
        demand=len(side.inputs.people),
        appointments=len(side.cases["places"]),
        moved=_moved(side, before),
        sessions=[
            OwnSession(
                session_id=session.session_id,
                day=session.day,
                seats=sum(window.total for window in session.windows) if session.status == "confirmed" else 0,
                visits=visits[str(session.session_id)],
            )
            for session in own
        ],
    )


def _words_of(now: Outcome | OwnOutcome, then: Outcome | OwnOutcome) -> list[Words]:
    was, is_, of, by = now.appointments, then.appointments, then.demand, then.appointments - now.appointments
    vi = f"Có chỗ khám: {dotted(was)} → {dotted(is_)} trên {dotted(of)} người ({dotted(by, '+')})"
    en = f"Places: {was:,} → {is_:,} of {of:,} people ({by:+,})"
    return [
        (f"{vi}; {dotted(then.moved)} người phải đổi lịch.", f"{en}; {then.moved:,} people would move."),
    ]


def _words_of_costs(now: Outcome, then: Outcome) -> list[Words]:
    """Sessions and costs, part by part; the weight of moves is in neither side."""
    used, by = then.sessions_used - now.sessions_used, then.cost - now.cost
    parts = sorted({*now.cost_parts, *then.cost_parts})
    changed = {p: then.cost_parts.get(p, 0) - now.cost_parts.get(p, 0) for p in parts}
    vi = ", ".join(f"{plan_words.PARTS[p][0]} {dotted(less, '+')}" for p, less in changed.items() if less)
    en = ", ".join(f"{plan_words.PARTS[p][1]} {less:+,}" for p, less in changed.items() if less)
    sessions = f"{now.sessions_used} → {then.sessions_used} ({used:+})."
    costs_vi = f"{dotted(now.cost)} → {dotted(then.cost)} ({dotted(by, '+')}){': ' if vi else ''}{vi}"
    costs_en = f"{now.cost:,} → {then.cost:,} ({by:+,}){': ' if en else ''}{en}"
    said = [
        (f"Buổi khám: {sessions}", f"Sessions: {sessions}"),
        (f"Chi phí, chưa kể việc đổi lịch: {costs_vi}.", f"Cost, moves not counted: {costs_en}."),
        plan_words.UNIT,
    ]
    if then.moved and then.cost < now.cost:
        said.append(plan_words.KEPT)
    return said + [(fault.message_vi, fault.message_en) for fault in then.held]


def _words_of_own(now: OwnOutcome, then: OwnOutcome) -> list[Words]:
    """A sentence for each session of the clinic whose people or places would differ."""
    was = {session.session_id: session for session in now.sessions}
    said = []
    for session in then.sessions:
        old = was.get(session.session_id)
        if old == session:
            continue
        before, after, seats = old.visits if old else 0, session.visits, session.seats
        day = plan_words.day(session.day)
        said.append((
            f"Buổi của cơ sở ngày {day}: {dotted(before)} → {dotted(after)} người, {dotted(seats)} chỗ.",
            f"Your session of {day}: {before:,} → {after:,} people, {seats:,} places.",
        ))  # fmt: skip
    return said
