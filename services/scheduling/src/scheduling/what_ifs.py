"""What other sessions or ceilings would bring: asked by either party, computed like a plan, never published."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from asyncpg import Record

from contracts import health, unions
from contracts.fields import OtherSession, Question
from contracts.plans import Outcome, WhatIfAnswered
from scheduling import demand_store, plan_words, what_if_store
from scheduling.model import Person, Seat, Session, Window
from scheduling.plan_folder import Inputs, Result
from scheduling.problems import problem
from scheduling.what_if_store import Asked
from shared import outbox, waiting
from shared.consuming import Batch
from shared.database import Transaction

OPEN_COST = 6_000
NO_CLINIC = "00000"


async def ask(tx: Transaction, batch: Batch[unions.WhatIfAsked] | Batch[health.WhatIfAsked]) -> None:
    """Note questions for the plan runner, one of each party and campaign at a time, or refuse them."""
    campaigns = await demand_store.get_campaigns(tx, {m.event.campaign_id for m in batch})
    early = [m for m in batch if m.event.campaign_id not in campaigns]
    await waiting.hold(tx, early, "campaign", [m.event.campaign_id for m in early])
    today, refused = await demand_store.today(tx), []
    for message in batch:
        campaign = campaigns.get(message.event.campaign_id)
        if campaign is None:
            continue
        code = _why_not(message.event, campaign)
        code = code or await what_if_store.add(tx, message.event, today, message.party, message.ref)
        if code is not None:
            refused.append(message.leads_to(refusal(message.event, [code])))
    await outbox.append(tx, refused)


def _why_not(question: Question, campaign: Record) -> str | None:
    """Why a question cannot be asked of a campaign as it is."""
    if campaign["closing_on"] is not None:
        return "campaign.closed"
    days = [other.day for other in question.sessions if other.day is not None]
    within = all(campaign["period_from"] <= day <= campaign["period_to"] for day in days)
    return None if within else "session.outside-campaign"


async def answer(
    tx: Transaction, asked: Asked, sides: tuple[Outcome, Outcome] | None, on_day: date, codes: Sequence[str] = ()
) -> bool:
    """Say the answer, unless somebody else has."""
    question = asked.question
    causes = await what_if_store.finish(tx, question.request_id, asked.attempt)
    if not causes:
        return False
    if sides is None:
        said = refusal(question, codes)
    else:
        vi, en = _words(*sides)
        said = WhatIfAnswered(
            request_id=question.request_id, campaign_id=question.campaign_id, on_day=on_day, in_force=sides[0],
            imagined=sides[1], text_vi=vi, text_en=en,
        )  # fmt: skip
    await outbox.append(tx, [outbox.because_of(causes, said)])
    return True


def refusal(question: Question, codes: Sequence[str]) -> WhatIfAnswered:
    """The no to a question, with its reasons."""
    problems = [problem(code) for code in codes]
    return WhatIfAnswered(request_id=question.request_id, campaign_id=question.campaign_id, problems=problems)


def problems_of(inputs: Inputs, question: Question) -> list[str]:
    """Why a question cannot be answered: nobody is due, or it speaks of lines or sessions that are not there."""
    listed = {session.session_id for session in inputs.sessions}
    lines = {person.crew.crew_id for person in inputs.people}
    fresh = [other for other in question.sessions if other.session_id not in listed]
    rules = {
        "what-if.nobody-due": not inputs.people,
        "what-if.session-incomplete": any(
            other.held and (other.site is None or other.day is None or not other.windows) for other in fresh
        ),
        "what-if.session-past": any(o.day is not None and o.day <= inputs.today for o in question.sessions),
        "what-if.unknown-line": any(ceiling.line_id not in lines for ceiling in question.ceilings),
    }
    return [code for code, broken in rules.items() if broken]


def in_force(inputs: Inputs, question: Question) -> Inputs:
    """The side that is: everybody with a place keeps it, or nobody where the question plans anew."""
    if not question.anew:
        return inputs
    first_day = inputs.today + timedelta(days=inputs.terms.freeze_days)
    return replace(inputs, sessions=[s for s in inputs.sessions if s.day >= first_day], published={})


def imagined(inputs: Inputs, question: Question) -> Inputs:
    """The side that could be."""
    sessions = {session.session_id: session for session in inputs.sessions}
    published = dict(inputs.published)
    for other in question.sessions:
        was = sessions.get(other.session_id)
        if was is None and not other.held:
            continue
        sessions[other.session_id] = _other(inputs, was, other)
        if was is not None and other.windows is not None:
            published = _followed(published, was, sessions[other.session_id])
    ceilings = {ceiling.line_id: ceiling.max_absent_pct for ceiling in question.ceilings}
    people = [_under(person, ceilings) for person in inputs.people]
    return replace(inputs, sessions=list(sessions.values()), people=people, published=published)


def _other(inputs: Inputs, was: Session | None, other: OtherSession) -> Session:
    """A session as imagined; what is named counts as permitted."""
    base = was or Session(
        other.session_id, NO_CLINIC, inputs.campaign_id, other.site or "", other.day or inputs.today, (),
        open_cost=OPEN_COST,
    )  # fmt: skip
    named: dict[str, Any] = {
        name: getattr(other, name) for name in ("site", "day", "bnn", "open_cost") if getattr(other, name) is not None
    }
    if other.windows is not None:
        named["windows"] = tuple(Window(w.start, w.total, {str(q): n for q, n in w.capacity.items()})
                                 for w in sorted(other.windows, key=lambda w: w.start))  # fmt: skip
    return replace(base, **named, status="confirmed" if other.held else "withdrawn")


def _followed(published: dict[UUID, Seat], was: Session, now: Session) -> dict[UUID, Seat]:
    """Places in a session whose windows differ: the window that begins at the same time, or none."""
    number = {window.start: index for index, window in enumerate(now.windows)}
    kept = {}
    for check_id, seat in published.items():
        if seat.session_id != was.session_id:
            kept[check_id] = seat
        elif (window := number.get(was.windows[seat.window].start)) is not None:
            kept[check_id] = Seat(was.session_id, window)
    return kept


def _under(person: Person, ceilings: Mapping[UUID, int]) -> Person:
    per_cent = ceilings.get(person.crew.crew_id)
    if per_cent is None:
        return person
    return replace(person, crew=replace(person.crew, ceiling=max(1, person.crew.headcount * per_cent // 100)))


def outcome(inputs: Inputs, result: Result, cases: Mapping[str, Any]) -> Outcome:
    """One side of the comparison in figures; the weight that keeps people where they are is no cost, `moved` tells."""
    places, priorities = cases["places"], {str(p.health_check_id): p.priority for p in inputs.people}
    left_out = {who: number for who, number in cases["people"].items() if who not in places}
    reasons = Counter(cases["remedies"][number]["reason"] for number in left_out.values())
    moved = sum(
        places.get(str(check_id)) != [str(seat.session_id), seat.window] for check_id, seat in inputs.published.items()
    )
    moves = cases["cost_parts"].get("moves", 0)
    return Outcome(
        demand=len(inputs.people),
        appointments=len(places),
        unassigned=dict(sorted(reasons.items())),
        unassigned_by_priority=dict(sorted(Counter(str(priorities[who]) for who in left_out).items())),
        sessions_used=len({session for session, _ in places.values()}),
        moved=moved,
        cost=result.cost - moves,
        cost_parts={name: cost for name, cost in cases["cost_parts"].items() if cost and name != "moves"},
        lower_bound=max(0, result.bound - moves),
    )


def _words(now: Outcome, other: Outcome) -> tuple[list[str], list[str]]:
    """The comparison, a sentence per figure."""
    served, used = other.appointments - now.appointments, other.sessions_used - now.sessions_used
    parts = sorted({*now.cost_parts, *other.cost_parts})
    changed = {p: other.cost_parts.get(p, 0) - now.cost_parts.get(p, 0) for p in parts}
    shares = [", ".join(f"{plan_words.PARTS[p][n]} {by:+,}" for p, by in changed.items() if by) for n in (0, 1)]
    vi = [
        f"Có chỗ khám: {now.appointments:,} → {other.appointments:,} trên {other.demand:,} người ({served:+,}).",
        f"Buổi khám: {now.sessions_used} → {other.sessions_used} ({used:+}); {other.moved} người phải đổi lịch.",
        f"Chi phí: {now.cost:,} → {other.cost:,} ({other.cost - now.cost:+,}){': ' if shares[0] else ''}{shares[0]}.",
    ]
    en = [
        f"Places: {now.appointments:,} → {other.appointments:,} of {other.demand:,} people ({served:+,}).",
        f"Sessions: {now.sessions_used} → {other.sessions_used} ({used:+}); {other.moved} people would move.",
        f"Cost: {now.cost:,} → {other.cost:,} ({other.cost - now.cost:+,}){': ' if shares[1] else ''}{shares[1]}.",
    ]
    return vi, en
