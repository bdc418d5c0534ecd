"""What is worth money in a plan: single changes, each tried by planning anew what it concerns, with it and without."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, zip_longest

from scheduling.planning import changing, relieving
from scheduling.planning.explaining import LARGE, NOT_NEEDED, NOT_PERMITTED, OPENED, Explanation
from scheduling.planning.model import CapacityChange, Instance, Plan, Session
from scheduling.planning.relieving import WEEK
from scheduling.planning.remedies import ONE_MORE_PLACE, TOTAL
from scheduling.planning.revising import Change, Figures, Revision, Task, perform

MORE_PLACES, HIGHER_CEILING, PERMIT, WITHOUT, FOR_NOTHING = (
    "more_places",
    "higher_ceiling",
    "permit",
    "without",
    "for_nothing",
)
OF_EACH = 6  # changes of one kind that are tried at most
NEARLY_ALL = 0.95
CHANCE = 0.1  # of what a search leaves open: by so much two searches may differ that ask the same
SECONDS_PER_PERSON, SECONDS_PER_LISTED, AT_LEAST = 1e-3, 2e-5, 0.5  # that trying takes on one core, and preparing


@dataclass(frozen=True, slots=True)
class Lever:
    """A change that was tried: what it saves, how many more it serves, how many team-days fewer it takes.

    `stations` get one place more in each of the `places` windows of a week; a line's ceiling goes `up` from one per
    cent to another; a session is permitted, or not held, or costs nothing. No plan under the change saves more than
    `at_most`, where that is known.
    """

    kind: str
    stations: tuple[str, ...] = ()
    week: int | None = None
    places: int = 0
    line: str | None = None
    up: tuple[int, int] | None = None
    session: str | None = None
    saves: int = 0
    serves: int = 0
    sessions: int = 0
    at_most: int | None = None


def measure(explanation: Explanation, seconds: float, seed: int = 0) -> list[Lever]:
    """The most promising changes, tried in about so many seconds on two cores: what saves, best first, then losses."""
    ends, instance = time.monotonic() + seconds, explanation.instance
    appointments = explanation.plan.appointments
    trials: list[tuple[Lever, Revision]] = []
    work = SECONDS_PER_LISTED * len(instance.workers)
    for lever, then in _promising(explanation):
        revision = Revision(Change.between(instance, then), appointments)
        people = sum(task.people for task in revision.tasks)
        cost = AT_LEAST + SECONDS_PER_PERSON * people
        if trials and work + 2 * cost > seconds:
            break
        trials.append((lever, revision))
        work += cost / 2 + SECONDS_PER_LISTED * len(instance.workers)
    listed = {s.id for s in instance.sessions}
    concerned = frozenset(name for _, revision in trials for name in revision.sessions()) & listed
    now = Revision(Change(instance, concerned), appointments)
    tasks = [*now.tasks, *(task for _, revision in trials for task in revision.tasks)]
    perform(tasks, max(AT_LEAST, ends - time.monotonic()), seed)
    tried = [judged(lever, revision, explanation.plan, now.tasks) for lever, revision in trials]
    found = [lever for lever in tried if lever and (lever.saves > 0 or lever.kind == WITHOUT)]
    told = [lever for lever in found if not any(_does_as_much(other, lever) for other in found)]
    return sorted(told, key=lambda lever: (-lever.saves, lever.kind, lever.session or ""))


def _does_as_much(less: Lever, more: Lever) -> bool:
    """Whether fewer stations in the same week bring nearly all that more would."""
    if less.kind != MORE_PLACES or less.week != more.week:
        return False
    return set(less.stations) < set(more.stations) and less.saves > NEARLY_ALL * more.saves


def judged(lever: Lever, revision: Revision, plan: Plan, now: list[Task]) -> Lever | None:
    """The lever with its effect, beside the plan in force with the same pieces planned anew; None if that is chance."""
    held = revision.change.sessions.union(*(task.sessions for task in revision.tasks))
    concerned = [task for task in now if held & task.sessions]
    before = Figures.of(plan)
    for task in concerned:
        before -= task.gain()
    by = before - Figures.of(revision.plan())
    gaps = [sum(task.gap() for task in tasks) for tasks in (concerned, revision.tasks)]
    if abs(by.cost) < CHANCE * max(gaps):
        return None
    proved = all(task.whole for task in revision.tasks)
    at_most = by.cost + int(gaps[1]) if proved else None
    return replace(lever, saves=by.cost, serves=by.waiting, sessions=by.sessions, at_most=at_most)


def _promising(explanation: Explanation) -> Iterator[tuple[Lever, Instance]]:
    """Changes worth trying, the most promising of every kind first; a whole week's places only in smaller plans."""
    kinds = [_ceilings(explanation), _permits(explanation), _openings(explanation)]
    if len(explanation.instance.workers) <= LARGE:
        kinds.insert(0, _places(explanation))
    for several in zip_longest(*(islice(kind, OF_EACH) for kind in kinds)):
        yield from (each for each in several if each is not None)


def _places(explanation: Explanation) -> Iterator[tuple[Lever, Instance]]:
    """One more place per window and week: where people left out lack nothing else, then where places are dear."""
    instance, worth = explanation.instance, Counter[tuple[tuple[str, ...], int]]()
    penalties = instance.weights.unassigned
    for who in explanation.plan.unassigned:
        remedy = explanation.remedy(who)
        if remedy.day is not None and {lack.kind for lack in remedy.lacks} == {ONE_MORE_PLACE}:
            worth[remedy.stations, remedy.day // WEEK] += penalties[explanation.workers[who].priority]
    days = {s.id: s.day for s in instance.sessions}
    for (session, station), price in explanation.notes.station_prices.items():
        worth[(station,), days[session] // WEEK] += round(price)
    for (stations, week), _ in sorted(worth.items(), key=lambda item: (-item[1], item[0])):
        more = [
            CapacityChange(s.id, w, *_one_more(s, w, stations))
            for s in instance.sessions
            if s.day // WEEK == week and all(q == TOTAL or q in s.capacity for q in stations)
            for w in range(len(s.windows))
        ]
        yield Lever(MORE_PLACES, stations, week, len(more)), changing.what_if(instance, more)


def _one_more(session: Session, window: int, stations: tuple[str, ...]) -> tuple[int | None, dict[str, int]]:
    total = session.total[window] + 1 if TOTAL in stations else None
    return total, {q: session.capacity[q][window] + 1 for q in stations if q != TOTAL}


def _ceilings(explanation: Explanation) -> Iterator[tuple[Lever, Instance]]:
    """The least higher ceiling that lets one more of a line go at a time."""
    instance = explanation.instance
    for relief in relieving.lines(explanation, OF_EACH):
        line = instance.lines[explanation.rules.line_at[relief.line]]
        if line.headcount:
            per_cent = -(-100 * (line.ceiling + 1) // line.headcount)
            lever = Lever(HIGHER_CEILING, line=line.id, up=(line.max_absent_pct, per_cent))
            yield lever, changing.what_if(instance, ceilings={line.id: per_cent})


def _permits(explanation: Explanation) -> Iterator[tuple[Lever, Instance]]:
    """Sessions that lack nothing but a permit, the largest first."""
    lacking = [
        s for s in explanation.instance.sessions if explanation.session(s, instead=False).verdict == NOT_PERMITTED
    ]
    for session in sorted(lacking, key=lambda s: (-sum(s.total), s.id)):
        yield Lever(PERMIT, session=session.id), _with(explanation.instance, replace(session, permit=True))


def _openings(explanation: Explanation) -> Iterator[tuple[Lever, Instance]]:
    """The emptiest sessions in use not held, and those that nobody comes to for nothing, in turn."""
    instance = explanation.instance
    cases = [(explanation.session(s), s) for s in instance.sessions]
    idle = sorted((case.filled, s.id) for case, s in cases if case.verdict == OPENED and s.open_cost)
    closed = sorted((-(case.gain or 0.0), s.id, s) for case, s in cases if case.verdict == NOT_NEEDED and s.open_cost)
    for used, other in zip_longest(idle, closed):
        if used:
            yield Lever(WITHOUT, session=used[1]), changing.what_if(instance, withdrawn=[used[1]])
        if other:
            yield Lever(FOR_NOTHING, session=other[1]), _with(instance, replace(other[2], open_cost=0))


def _with(instance: Instance, session: Session) -> Instance:
    return replace(instance, sessions=tuple(session if s.id == session.id else s for s in instance.sessions))
