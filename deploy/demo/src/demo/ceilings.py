"""Lines that may not stand still: how many of each were away at once, from the parties' own books."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from demo.land import Line
from demo.world import World

DAY = 1440
STEP = 5
SHORTEST_VISIT = 75
"""A visit takes at least so long; with the way there and back it is at least so long an absence."""


@dataclass(frozen=True, slots=True)
class Fullest:
    """The line that came nearest to its ceiling, and how many lines reached theirs or went beyond."""

    line: Line
    most: int
    lines: int
    at_ceiling: int
    beyond: int


async def learn_lines(world: World) -> None:
    """Ask the edge which worker each row of each roster became."""
    for roster_id, line in list(world.union.lines_of_rosters.items()):
        rows = await world.union.portal.pages(f"/rosters/{roster_id}/answers")
        for row in rows:
            if row["worker_id"]:
                world.line_of[UUID(row["worker_id"])] = line


def fullest(world: World) -> Fullest | None:
    """Hold every visit against the shifts and ceiling of its line; None where nobody's line is known."""
    visits: dict[UUID, list[tuple[date, int]]] = defaultdict(list)
    lines: dict[UUID, Line] = {}
    for worker, day, start in world.ledger.away:
        line = world.line_of.get(worker)
        if line is not None:
            lines[line.line_id] = line
            visits[line.line_id].append((day, start))
    if not lines:
        return None
    most = {key: _most_away(world, line, visits[key]) for key, line in lines.items()}
    top = max(lines, key=lambda key: (most[key] / lines[key].ceiling, most[key], str(key)))
    return Fullest(
        lines[top], most[top], len(lines), sum(most[key] == line.ceiling for key, line in lines.items()),
        sum(most[key] > line.ceiling for key, line in lines.items()),
    )  # fmt: skip


def _most_away(world: World, line: Line, visits: list[tuple[date, int]]) -> int:
    """How many were away at once at the worst moment of a shift."""
    travel = next(iter(world.land.places[0].reaches.values())) if len(world.land.places) == 1 else 0
    away: Counter[int] = Counter()
    for day, start in visits:
        at = day.toordinal() * DAY + start
        for step in range((at - travel) // STEP, -(-(at + SHORTEST_VISIT + travel) // STEP)):
            if _on_shift(line, step * STEP):
                away[step] += 1
    return max(away.values(), default=0)


def _on_shift(line: Line, at: int) -> bool:
    for day in (at // DAY - 1, at // DAY):
        shift = line.shifts[(day - line.shifts_from.toordinal()) % len(line.shifts)]
        if shift is not None and day * DAY + shift[0] <= at < day * DAY + shift[1]:
            return True
    return False


def told(found: Fullest) -> dict[str, Any]:
    """What the summary says of it."""
    return {
        "lines": found.lines, "lines_at_their_ceiling": found.at_ceiling, "lines_beyond": found.beyond,
        "fullest": {"line": found.line.name, "away_at_once": found.most, "ceiling": found.line.ceiling,
                    "headcount": found.line.headcount},
    }  # fmt: skip
