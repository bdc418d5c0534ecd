"""Rules that appointments break which no plan may change, as proposals and answers tell them: named, not hidden."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from contracts.fields import Problem
from scheduling import plan_words
from scheduling.model import Crew, Session
from scheduling.plan_folder import DAYS_BEFORE, Inputs
from scheduling.plan_words import Words
from scheduling.problems import MESSAGES


def told(inputs: Inputs, cases: Mapping[str, Any]) -> list[Problem]:
    """The faults that a plan has because of whom it must leave where they are."""
    sessions = {str(session.session_id): session for session in inputs.sessions}
    crews = {str(person.crew.crew_id): person.crew for person in inputs.people}
    start = inputs.today - timedelta(days=DAYS_BEFORE)
    return [_problem(case, start, sessions, crews) for case in cases["held"]]


def _problem(
    case: Mapping[str, Any], start: date, sessions: Mapping[str, Session], crews: Mapping[str, Crew]
) -> Problem:
    where_vi, where_en = _where(case, start, sessions, crews)
    vi, en = MESSAGES[case["code"]]
    numbers = f"({case['people']}/{case['allowed']})"
    return Problem(
        code=case["code"], message_vi=f"{where_vi}: {vi} {numbers}.", message_en=f"{where_en}: {en} {numbers}."
    )


def _where(case: Mapping[str, Any], start: date, sessions: Mapping[str, Session], crews: Mapping[str, Crew]) -> Words:
    if case["at"]:
        session, window = sessions[case["at"][0]], case["at"][1]
        at = f"{plan_words.day(session.day)} {plan_words.time(session.windows[window].start)}, {session.site}"
        vi, en = (f", {word}" for word in plan_words.station(case["station"] or None))
        return f"Buổi {at}{vi}", f"Session of {at}{en}"
    days, minute = divmod(case["moment"], plan_words.MINUTES)
    at = f"{plan_words.day(start + timedelta(days=days))} {plan_words.time(minute)}"
    name = crews[case["line"]].name or case["line"]
    return f"Dây chuyền {name}, {at}", f"Line {name}, {at}"
