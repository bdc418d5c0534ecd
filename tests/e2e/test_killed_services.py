"""Every service is killed in the middle of a campaign: the books agree all the same."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from itertools import cycle
from pathlib import Path

import pytest
from e2e_house import House

from demo import story, summary, world
from demo.display import Display
from demo.edge import Edge
from demo.scenario import HAGIANG
from khamdoan import services

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]

SMALL = replace(
    HAGIANG, title="Một đợt khám nhỏ", units=6, members=90, communes=2, clinics=2, seats_per_session=48,
    period_to=date(2026, 7, 25),
)  # fmt: skip
KILLED_AS_IT_BEGINS = {
    "rosters_answered": "registry",
    "scope": "scheduling",
    "plan": "coordination",
    "closing": "gateway",
}
DAYS_BETWEEN = 3


class Saboteur(Display):
    """Shows nothing, and kills a service as a stage begins or, day after day, the next one of all five."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.console.quiet = True
        self.house = house
        self.killed: list[str] = []
        self.next = cycle(services.NAMES)
        self.days = 0

    @contextmanager
    def stage(self, name: str, title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """The stage, whose work is under way already in other services."""
        if name in KILLED_AS_IT_BEGINS:
            self.kill(KILLED_AS_IT_BEGINS[name])
        with super().stage(name, title, total) as progress:

            def moved(number: int) -> None:
                progress(number)
                self.days += name == "half_year"
                if name == "half_year" and self.days % DAYS_BETWEEN == 0:
                    self.kill(next(self.next))

            yield moved

    def kill(self, name: str) -> None:
        """What this service was sent last, nobody has waited for."""
        self.house.kill(name)
        self.killed.append(name)


async def test_the_books_agree_whoever_was_killed_meanwhile(own_edge: Edge, own_house: House, tmp_path: Path) -> None:
    saboteur = Saboteur(own_house)
    played = await world.gather(SMALL, own_edge, saboteur)

    await story.play(played)
    found = await summary.collect(played)

    assert set(saboteur.killed) == set(services.NAMES)
    summary.reconcile(played, found)
    assert found["visits"] > 0
    for clinic in played.clinics:
        page = await clinic.caller.get(f"/clinics/{clinic.clinic_id}/feed", limit=5_000)
        assert [entry["sequence"] for entry in page["entries"]] == list(range(1, page["last"] + 1))
        assert len({(entry["source"], entry["id"]) for entry in page["entries"]}) == page["last"]
    own_house.await_ready(*services.NAMES)
