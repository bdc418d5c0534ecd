"""Schedules one after the other in worlds that are renewed now and then, and their figures."""

import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

from ledger_entries import History
from ledger_schedule import Schedule
from ledger_world import Result, World

REPORTS = Path(__file__).parents[2] / ".khamdoan" / "faults"
TEST = "tests/faults/test_ledger.py::test_the_books_agree_after_every_seeded_schedule"
SCHEDULES_PER_WORLD = 20
REBUILT_EVERY = 7
FAILURES_AT_MOST = 10
SUMMED = ("entries", "ok", "refused", "left_unknown", "of_these_happened", "repeated", "copies")
SEED = int(os.environ.get("FAULT_SEED", "1"))
SCHEDULES = int(os.environ.get("FAULT_SCHEDULES", "200"))


@dataclass
class Run:
    """Plays schedules; every result is kept, and what failed is told with the command that repeats it."""

    folder: Path
    results: list[Result] = field(default_factory=list)
    worlds: int = 0
    began: float = field(default_factory=monotonic)

    async def play(self, schedules: Iterable[Schedule], name: str = "seed") -> None:
        """All of them; a world ends with the first violation in it."""
        todo = list(schedules)
        while todo and len(self.failed) < FAILURES_AT_MOST:
            async with self._world(f"{name}-{todo[0].seed}") as world:
                while todo and world.played < SCHEDULES_PER_WORLD:
                    schedule = todo.pop(0)
                    file = REPORTS / f"{name}-{schedule.seed}.jsonl"
                    file.unlink(missing_ok=True)
                    last = not todo or world.played == SCHEDULES_PER_WORLD - 1
                    rebuild = last or world.played % REBUILT_EVERY == REBUILT_EVERY - 1
                    result = await world.play(schedule, History(file), rebuild=rebuild)
                    self.results.append(result)
                    self._tell(result)
                    if result.violations:
                        (REPORTS / f"{name}-{schedule.seed}.log").write_text(world.stand.logs())
                        break

    @contextlib.asynccontextmanager
    async def _world(self, name: str) -> AsyncIterator[World]:
        self.worlds += 1
        world = World(self.folder / str(self.worlds))
        try:
            await world.open(History(REPORTS / f"world-of-{name}.jsonl"))
            yield world
        finally:
            await world.close()

    def _tell(self, result: Result) -> None:
        kinds = ", ".join(f"{fault.kind} {fault.target} {fault.detail}".strip() for fault in result.schedule.faults)
        print(f"  {monotonic() - self.began:6.1f} s  {result.schedule.seed}: {kinds}: {result.figures}", flush=True)
        if result.violations:
            print(f"  repeat: FAULT_SEED={result.schedule.seed} FAULT_SCHEDULES=1 make faults FAULTS={TEST}")
            print(f"  history: {result.history}")
            for violation in result.violations[:12]:
                print(f"    {violation.invariant}: {violation.text}")

    @property
    def failed(self) -> list[Result]:
        """Those whose books do not agree."""
        return [result for result in self.results if result.violations]

    def by_kind(self) -> dict[str, dict[str, Any]]:
        """For each kind of fault how often it struck, and how long it took until it was undone."""
        found: dict[str, list[float]] = {}
        for result in self.results:
            for what, seconds in result.saboteur.figures.items():
                found.setdefault(what.partition(" ")[0], []).append(seconds)
        return {
            kind: {"times": len(seconds), "seconds_median": median(seconds), "seconds_most": max(seconds)}
            for kind, seconds in sorted(found.items())
        }

    def figures(self) -> dict[str, Any]:
        """The sum of everything, and the worst of what took time."""
        total: Counter[str] = Counter()
        for result in self.results:
            total.update({name: value for name, value in result.figures.items() if isinstance(value, int)})
        rests = sorted(result.figures["rest_seconds"] for result in self.results)
        return {
            "schedules": len(self.results), "violated": len(self.failed), "worlds": self.worlds,
            "faults": sum(len(result.schedule.faults) for result in self.results),
            "failpoints_struck": sum(len(result.saboteur.struck) for result in self.results),
            "failpoints_passed_by": sum(len(result.saboteur.passed_by) for result in self.results),
            **{name: total[name] for name in SUMMED},
            "rest_seconds_median": rests[len(rests) // 2], "rest_seconds_most": rests[-1],
            "slowest_answer_seconds": max(result.figures["slowest_answer_seconds"] for result in self.results),
            "minutes": round((monotonic() - self.began) / 60, 1),
        }  # fmt: skip
