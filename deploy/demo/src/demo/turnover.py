"""What moves in a roster: the same file again, people who join after the scope froze, people who leave."""

from dataclasses import replace
from datetime import date
from random import Random

from contracts import unions
from demo import rosters
from demo.people import make
from demo.world import World

LEAVERS_OF_UNIT, JOINERS_OF_UNIT = 2, 3


async def repeat_a_roster(world: World) -> None:
    """A unit sends its roster a second time; every row is answered unchanged."""
    unit = next(unit for unit in world.land.units if len(unit.lines[0].people) >= 5)
    receipt = await world.union.upload(
        world.union.portal, unit, rosters.as_csv(unit.lines[0].people), world.campaign_id,
        world.scenario.period_from,
    )  # fmt: skip
    await world.union.portal.answered([receipt])
    assessed = (await world.union.portal.get(f"/receipts/{receipt}"))["answers"][-1]["data"]
    world.figures["same_roster_again"] = assessed
    if assessed["registered"] or assessed["changed"]:
        raise AssertionError(f"the same roster twice said something new: {assessed}")


async def join_and_leave(world: World, day: date) -> None:
    """On the fifth of some months a few units send a new complete roster: some joined, some are gone.

    A unit with several lines sends only those who joined the first of them.
    """
    if day.day != 5 or day.month not in world.scenario.turnover_months:
        return
    random = Random(day.isoformat())
    candidates = [unit for unit in world.land.units if 10 <= len(unit.people) <= 60 or len(unit.lines) > 1]
    for unit in random.sample(candidates, min(len(candidates), max(1, world.scenario.units // 200))):
        serial = random.randrange(500_000, 900_000)
        joined = [make(random, serial + n, serial + n, world.land.workforce) for n in range(JOINERS_OF_UNIT)]
        joined = [replace(person, last_check="") for person in joined]
        whole = len(unit.lines) == 1
        stayed = unit.people[LEAVERS_OF_UNIT:] if whole else ()
        receipt = await world.union.upload(
            world.union.portal, unit, rosters.as_csv([*stayed, *joined]), world.campaign_id, day,
            complete=whole,
        )  # fmt: skip
        await world.union.portal.answered([receipt])
        if not whole:
            continue
        leaving = (await world.union.portal.get(f"/receipts/{receipt}"))["answers"][-1]["data"]["leaving"]
        confirmed = unions.LeavingConfirmed(unit_id=unit.unit_id, worker_ids=leaving, left_on=day)
        await world.union.portal.answered(await world.union.portal.say([confirmed]))
