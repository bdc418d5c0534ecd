"""Changes that were tried beside a plan, as the event tells them: in dates, names and both languages."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from contracts.plans import Lever
from scheduling import plan_words
from scheduling.model import Crew, Session
from scheduling.plan_words import Words

WEEK = 7


def told(case: Mapping[str, Any], start: date, sessions: Mapping[str, Session], crews: Mapping[str, Crew]) -> Lever:
    """A lever as data and words; the instance's days count from `start`."""
    session, crew = sessions.get(case["session"] or ""), crews.get(case["line"] or "")
    first = start + timedelta(days=WEEK * case["week"]) if case["week"] is not None else None
    last = first + timedelta(days=WEEK - 1) if first else None
    away = crew.ceiling + 1 if crew else None
    vi, en = _subject(case, session, crew)
    facts = {"vi": vi, "en": en, "away": away, "first": plan_words.day(first) if first else "",
             "last": plan_words.day(last) if last else ""}  # fmt: skip
    what_vi, what_en = (words.format(**facts) for words in plan_words.LEVERS[case["kind"]])
    return Lever(
        kind=case["kind"], session_id=session.session_id if session else None,
        line_id=crew.crew_id if crew else None, stations=list(case["stations"]), first_day=first, last_day=last,
        away=away, saves=case["saves"], serves=case["serves"], sessions=case["sessions"], at_most=case["at_most"],
        text_vi=f"{what_vi}: {case['effect_vi']}.", text_en=f"{what_en}: {case['effect_en']}.",
    )  # fmt: skip


def _subject(case: Mapping[str, Any], session: Session | None, crew: Crew | None) -> Words:
    if session:
        day, site = plan_words.day(session.day), session.site
        return f"{day}, điểm khám {site}", f"{day}, site {site}"
    if crew:
        name = f"{crew.name or crew.crew_id} ({crew.site})"
        return f"dây chuyền {name}", f"line {name}"
    return case["places_vi"], case["places_en"]
