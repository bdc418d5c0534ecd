"""Every report says by the tree of which day it was added up, and is read by that one."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from gateway_builders import DAY, Clients, a_campaign, a_day, an_organisation, fit

from contracts import coordination
from contracts.organisations import FormerPlace
from gateway.consumers import make_consumer
from shared.database import Database
from shared.testing import Deliver

CONSUMER = make_consumer()
MOVED_ON, TODAY = date(2026, 4, 1), date(2026, 5, 4)


class Merger:
    """A unit that stood under one union when its campaign was opened, and under another one since."""

    def __init__(self) -> None:
        self.root, self.before, self.after, self.unit, self.campaign = (uuid4() for _ in range(5))

    @property
    def story(self) -> list[Any]:
        """The tree, the campaign by the tree of its day, the move, and twelve people who were examined."""
        figures = {"in_scope": 12, "examined": 12, "visits": 12}
        tree = [an_organisation(self.root, kind="LDLD_TINH")]
        tree += [an_organisation(union, self.root, kind="CD_XA") for union in (self.before, self.after)]
        tree.append(an_organisation(self.unit, self.before))
        covered = [
            coordination.CoverageChanged.model_validate(
                {"unit_id": unit, "campaign_id": self.campaign, "as_of": TODAY, "tree_as_of": DAY, "target_pct": 90,
                 "figures": figures}
            )
            for unit in (self.root, self.before, self.unit)
        ]  # fmt: skip
        moved = an_organisation(self.unit, self.after, valid_from=MOVED_ON)
        closed = coordination.CampaignClosed.model_validate(
            {"campaign_id": self.campaign, "on_day": TODAY, "tree_as_of": DAY, "digest": "d", "signature": "s",
             "public_key": "k", "figures": figures}
        )  # fmt: skip
        stated = [fit(uuid4(), self.unit, self.campaign, 2) for _ in range(12)]
        opened = a_campaign(self.campaign, [self.root], [self.unit])
        return [a_day(DAY), *tree, opened, a_day(TODAY), moved, *covered, *stated, closed]


@pytest.fixture
async def merger(database: Database, deliver: Deliver) -> Merger:
    told = Merger()
    await deliver(CONSUMER, database, told.story)
    return told


async def read(as_: Clients, merger: Merger, path: str, party: UUID | None = None, **asked: str) -> Any:
    client = await as_.union(party or merger.root)
    return (await client.get(path, params={"campaign_id": str(merger.campaign), **asked})).json()


async def test_coverage_stands_below_whom_the_campaigns_tree_puts_it(as_: Clients, merger: Merger) -> None:
    path = f"/campaigns/{merger.campaign}/coverage"

    before = await read(as_, merger, path, unit_id=str(merger.before))
    after = await read(as_, merger, path, unit_id=str(merger.after))

    assert [child["unit_id"] for child in before["children"]] == [str(merger.unit)]
    assert before["unit"]["figures"] == before["children"][0]["figures"]
    assert (after["unit"], after["children"]) == (None, [])
    assert {before["unit"]["tree_as_of"], before["children"][0]["tree_as_of"]} == {str(DAY)}


async def test_a_class_mix_is_added_up_by_the_campaigns_tree_and_says_so(as_: Clients, merger: Merger) -> None:
    mixes = {
        name: await read(as_, merger, f"/units/{unit}/class-mix")
        for name, unit in (("before", merger.before), ("after", merger.after), ("unit", merger.unit))
    }

    assert (mixes["before"]["people"], mixes["unit"]["people"]) == (12, 12)
    assert (mixes["before"]["as_of"], mixes["before"]["tree_as_of"]) == (str(TODAY), str(DAY))
    assert mixes["after"]["released"] is False


async def test_closed_loops_and_reconciliation_say_their_days(as_: Clients, merger: Merger) -> None:
    loops = await read(as_, merger, f"/units/{merger.before}/closed-loops")
    whole = await read(as_, merger, f"/campaigns/{merger.campaign}/reconciliation")

    assert (loops["as_of"], loops["tree_as_of"]) == (str(TODAY), str(DAY))
    assert (whole["as_of"], whole["tree_as_of"]) == (str(TODAY), str(DAY))


async def test_the_trees_of_a_day_are_asked_for_apart_and_say_the_codes_of_before(
    as_: Clients, database: Database, deliver: Deliver
) -> None:
    root, employer = uuid4(), uuid4()
    former = FormerPlace(code_system="2008-08-01", province_code="15")
    told = an_organisation(root, kind="LDLD_TINH").model_copy(update={"former_place": former})
    await deliver(CONSUMER, database, [a_day(TODAY), told, an_organisation(employer, kind="EMPLOYER")])
    authority = await as_.health()

    trees = {
        which: (await authority.get("/organisations", params={"tree": which})).json()["items"]
        for which in ("unions", "workplaces")
    }

    assert [[node["organisation_id"] for node in nodes] for nodes in trees.values()] == [[str(root)], [str(employer)]]
    assert (trees["unions"][0]["code_system"], trees["unions"][0]["former_place"]) == (
        "2025-07-01",
        former.model_dump(),
    )
    assert trees["workplaces"][0]["former_place"] is None
