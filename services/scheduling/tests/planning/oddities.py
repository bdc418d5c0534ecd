"""Instances at the edges of the format: a plain one with one thing carried to its end."""

from collections.abc import Callable
from dataclasses import replace

from scheduling.planning import Instance, Session, Worker

Odd = Callable[[Instance], Instance]
NAMES = "Đội-{} é中"


def _workers(change: Callable[[int, Worker], Worker]) -> Odd:
    return lambda base: replace(base, workers=tuple(change(n, w) for n, w in enumerate(base.workers)))


def _sessions(change: Callable[[int, Session], Session]) -> Odd:
    return lambda base: replace(base, sessions=tuple(change(n, s) for n, s in enumerate(base.sessions)))


def _ceilings(headcount: int, pct: int) -> Odd:
    return lambda base: replace(
        base, lines=tuple(replace(line, headcount=headcount, max_absent_pct=pct) for line in base.lines)
    )


def _weights(**weights: object) -> Odd:
    return lambda base: replace(base, weights=replace(base.weights, **weights))  # type: ignore[arg-type]


def _params(**params: int) -> Odd:
    return lambda base: replace(base, params=replace(base.params, **params))


def _without_capacity(number: int, session: Session) -> Session:
    """No arrivals, no stations, no windows, every other window, every other place: each in its turn."""
    windows = range(len(session.windows))
    emptied: list[dict[str, object]] = [
        {"total": tuple(0 for _ in windows)},
        {"capacity": {}},
        {"windows": (), "total": (), "capacity": dict.fromkeys(session.capacity, ())},
        {"total": tuple(n * (i % 2) for i, n in enumerate(session.total))},
        {"capacity": {q: tuple(n * (i % 2) for i, n in enumerate(row)) for q, row in session.capacity.items()}},
    ]
    return replace(session, **emptied[number % len(emptied)])  # type: ignore[arg-type]


def _renamed(base: Instance) -> Instance:
    def name(text: str) -> str:
        return NAMES.format(text)

    return replace(
        base,
        packages=tuple(replace(p, id=name(p.id)) for p in base.packages),
        calendars={name(c): days for c, days in base.calendars.items()},
        travel={name(a): {name(b): minutes for b, minutes in reach.items()} for a, reach in base.travel.items()},
        lines=tuple(replace(x, id=name(x.id), site=name(x.site), calendar=name(x.calendar)) for x in base.lines),
        sessions=tuple(replace(s, id=name(s.id), site=name(s.site)) for s in base.sessions),
        workers=tuple(replace(w, id=name(w.id), line=name(w.line), package=name(w.package)) for w in base.workers),
    )


def _in_one_day(base: Instance) -> Instance:
    together = replace(base, days=1, holidays=frozenset(), calendars={c: d[:1] for c, d in base.calendars.items()})
    return _sessions(lambda _, s: replace(s, day=0))(together)


LEAVES = (((3, 3), (3, 3), (3, 5), (4, 6)), ((9, 3),), ((0, 2), (1, 1), (13, 13)), ((100, 200),), ((0, 10_000),))
ODDITIES: dict[str, Odd] = {
    "one worker": lambda base: replace(base, workers=base.workers[:1]),
    "nobody": lambda base: replace(base, workers=()),
    "no sessions": lambda base: replace(base, sessions=()),
    "no permits": _sessions(lambda _, s: replace(s, permit=False)),
    "holidays only": lambda base: replace(base, holidays=frozenset(range(base.days))),
    "sessions without capacity": _sessions(_without_capacity),
    "all deadlines past": _workers(lambda _, w: replace(w, deadline=-1)),
    "on leave every day": _workers(lambda _, w: replace(w, unavailable=((0, 10_000),))),
    "leaves doubled, turned round, outside": _workers(lambda n, w: replace(w, unavailable=LEAVES[n % len(LEAVES)])),
    "first days beyond the horizon": _workers(lambda n, w: replace(w, earliest=(0, 13, 59, 500)[n % 4])),
    "overdue by years": _workers(lambda n, w: replace(w, due=(-3_000, 0, 3_000)[n % 3])),
    "nobody may be away": _ceilings(30, 0),
    "lines without heads": _ceilings(0, 15),
    "whole lines may be away": _ceilings(1_000, 100),
    "never at work": lambda base: replace(base, calendars=dict.fromkeys(base.calendars, (None,) * base.days)),
    "nobody travels": _params(max_travel_minutes=0),
    "no travel listed": lambda base: replace(base, travel={}),
    "fasting ends at midnight": _params(fasting_before=0),
    "rest that nobody has": _params(quiet_rest_minutes=100_000),
    "at the very end of a shift": _params(end_of_shift_minutes=0),
    "sessions that cost nothing": _sessions(lambda _, s: replace(s, open_cost=0)),
    "sessions dearer than people": _sessions(lambda _, s: replace(s, open_cost=10_000_000)),
    "people worth little": _weights(unassigned={1: 1, 2: 2, 3: 3, 4: 4}),
    "people worth nothing at all": _weights(
        unassigned=dict.fromkeys(range(1, 5), 0), late_day=dict.fromkeys(range(1, 5), 0), travel_minute=0,
        shift_minute=0, rest_day_visit=0,
    ),
    "priorities far apart": _weights(unassigned={1: 100, 2: 1_000, 3: 1_000_000, 4: 100_000_000}),
    "every timing at once": lambda base: replace(
        base, packages=tuple(replace(p, timing=("fasting", "quiet_rest", "end_of_shift")) for p in base.packages)
    ),
    "names in other letters": _renamed,
    "all in one day": _in_one_day,
}  # fmt: skip
