"""What other sessions or ceilings would bring: asked by a party or a clinic, computed like a plan, never published."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from asyncpg import Record

from contracts import clinics, health, unions
from contracts.fields import OtherSession, Question
from scheduling import demand_store, plan_store, what_if_answers, what_if_store
from scheduling.model import Person, Seat, Session, Window
from scheduling.plan_folder import Inputs
from scheduling.what_if_answers import Side
from scheduling.what_if_store import Asked
from shared import outbox, waiting
from shared.consuming import Batch
from shared.database import Transaction

OPEN_COST = 6_000
NO_CLINIC = "00000"
AnyAsked = TypeVar("AnyAsked", unions.WhatIfAsked, health.WhatIfAsked, clinics.WhatIfAsked)


async def ask(tx: Transaction, batch: Batch[AnyAsked]) -> None:
    """Note questions for the plan runner, one of each party and campaign at a time, or refuse them."""
    campaigns = await demand_store.get_campaigns(tx, {m.event.campaign_id for m in batch})
    early = [m for m in batch if m.event.campaign_id not in campaigns]
    await waiting.hold(tx, early, "campaign", [m.event.campaign_id for m in early])
    today, refused = await demand_store.today(tx), []
    planned = await plan_store.published_of(tx, list(campaigns))
    for message in batch:
        campaign = campaigns.get(message.event.campaign_id)
        if campaign is None:
            continue
        asked = Asked(*_question(message.event), today)
        code = _why_not(asked, campaign, planned)
        code = code or await what_if_store.add(tx, asked, message.party, message.ref)
        if code is not None:
            refused.append(message.leads_to(what_if_answers.refusal(asked, [code])))
    await outbox.append(tx, refused)


def _question(event: AnyAsked) -> tuple[Question, str | None]:
    """What is asked, and the clinic that asks it, None for one of both parties."""
    if isinstance(event, Question):
        return event, None
    sessions = [OtherSession(**dict(session)) for session in event.sessions]
    return Question(request_id=event.request_id, campaign_id=event.campaign_id, sessions=sessions), event.clinic_id


def _why_not(asked: Asked, campaign: Record, planned: set[UUID]) -> str | None:
    """Why a question cannot be asked of a campaign as it is; clinics learn of plans once they are published."""
    if campaign["closing_on"] is not None:
        return "campaign.closed"
    days = [other.day for other in asked.question.sessions if other.day is not None]
    if not all(campaign["period_from"] <= day <= campaign["period_to"] for day in days):
        return "session.outside-campaign"
    is_early = asked.clinic_id is not None and campaign["campaign_id"] not in planned
    return "what-if.no-plan-yet" if is_early else None


async def answer(tx: Transaction, asked: Asked, sides: tuple[Side, Side] | None, codes: Sequence[str] = ()) -> bool:
    """Say the answer, unless somebody else has."""
    causes = await what_if_store.finish(tx, asked.question.request_id, asked.attempt)
    if causes:
        said = what_if_answers.refusal(asked, codes) if sides is None else what_if_answers.told(asked, sides)
        await outbox.append(tx, [outbox.because_of(causes, said)])
    return bool(causes)


def problems_of(inputs: Inputs, asked: Asked) -> list[str]:
    """Why a question cannot be answered: nobody is due, or it speaks of what is not there or not the asker's."""
    question = asked.question
    listed = {session.session_id: session.clinic_id for session in inputs.sessions}
    lines = {person.crew.crew_id for person in inputs.people}
    fresh = [other for other in question.sessions if other.session_id not in listed]
    foreign = [listed.get(other.session_id, asked.clinic_id) != asked.clinic_id for other in question.sessions]
    rules = {
        "session.of-another-clinic": asked.clinic_id is not None and any(foreign),
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


def imagined(inputs: Inputs, asked: Asked) -> Inputs:
    """The side that could be; sessions that are not listed are the asking clinic's."""
    question, clinic_id = asked.question, asked.clinic_id or NO_CLINIC
    sessions = {session.session_id: session for session in inputs.sessions}
    published = dict(inputs.published)
    for other in question.sessions:
        was = sessions.get(other.session_id)
        if was is None and not other.held:
            continue
        sessions[other.session_id] = _other(inputs, was, other, clinic_id)
        if was is not None and other.windows is not None:
            published = _followed(published, was, sessions[other.session_id])
    ceilings = {ceiling.line_id: ceiling.max_absent_pct for ceiling in question.ceilings}
    people = [_under(person, ceilings) for person in inputs.people]
    return replace(inputs, sessions=list(sessions.values()), people=people, published=published)


def _other(inputs: Inputs, was: Session | None, other: OtherSession, clinic_id: str) -> Session:
    """A session as imagined; what is named counts as permitted."""
    base = was or Session(
        other.session_id, clinic_id, inputs.campaign_id, other.site or "", other.day or inputs.today, (),
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
