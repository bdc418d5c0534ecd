"""Large instances out of a small one: many copies of it, each perturbed, apart or linked to their neighbours."""

import random
from dataclasses import replace

from scheduling.planning import Instance, Line, Session, Worker

FAR = (30, 35, 40, 45)


def multiplied(base: Instance, copies: int, seed: int = 0, linked: bool = False) -> Instance:
    """`copies` perturbed copies of an instance; `linked`: some sites of each also reach hosts of the next."""
    dice = random.Random(seed)
    travel: dict[str, dict[str, int]] = {}
    lines: list[Line] = []
    sessions: list[Session] = []
    people: list[Worker] = []
    hosts_before: list[str] = []
    for copy in range(copies):
        prefix = f"{copy:04d}-"
        own = {
            prefix + a: {prefix + b: _jittered(dice, n) for b, n in reach.items()} for a, reach in base.travel.items()
        }
        hosts = sorted({prefix + s.site for s in base.sessions})
        if linked and hosts_before:
            for site in dice.sample(sorted(own), max(1, len(own) // 4)):
                own[site][dice.choice(hosts_before)] = dice.choice(FAR)
        travel |= own
        lines += [_line(dice, prefix, line) for line in base.lines]
        sessions += [_session(dice, prefix, session, base) for session in base.sessions]
        people += _people(dice, prefix, base)
        hosts_before = hosts
    return replace(
        base,
        travel=travel,
        lines=tuple(lines),
        sessions=tuple(sessions),
        workers=tuple(people),
        name=f"{base.name}-x{copies}",
    )


def _jittered(dice: random.Random, minutes: int) -> int:
    return max(5, minutes + dice.choice((-5, 0, 0, 5))) if minutes else 0


def _line(dice: random.Random, prefix: str, line: Line) -> Line:
    return replace(
        line, id=prefix + line.id, site=prefix + line.site, headcount=max(1, line.headcount + dice.randint(-2, 2))
    )


def _session(dice: random.Random, prefix: str, session: Session, base: Instance) -> Session:
    day = session.day + dice.randint(-2, 2)
    if not 0 <= day < base.days or day in base.holidays:
        day = session.day
    more = dice.randint(-1, 1)
    return replace(
        session,
        id=prefix + session.id,
        site=prefix + session.site,
        day=day,
        total=tuple(max(0, n + more) for n in session.total),
    )


def _people(dice: random.Random, prefix: str, base: Instance) -> list[Worker]:
    moved = {line.id: dice.randint(-3, 3) for line in base.lines}
    people = []
    for worker in base.workers:
        if dice.random() < 0.97:
            due = worker.due + moved[worker.line] + (dice.randint(-10, 10) if dice.random() < 0.1 else 0)
            people.append(replace(worker, id=prefix + worker.id, line=prefix + worker.line, due=due))
    return people
