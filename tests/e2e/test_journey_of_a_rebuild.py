"""What services know from topics can be made again from them: after a campaign, after an erasure, after a mishap."""

import json
from typing import Any

import asyncpg
import pytest
from e2e_campaign import Campaign, people
from e2e_house import Command, House

from demo.edge import Edge

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("house")]

LOSE_A_VISIT = "DELETE FROM visits WHERE visit_id = (SELECT visit_id FROM visits LIMIT 1) RETURNING visit_id"
BEND_A_CLASS = """
UPDATE fitness SET final_class = 6 WHERE visit_id = (SELECT visit_id FROM fitness LIMIT 1) RETURNING visit_id
"""
MAKE_UP_A_UNIT = """
INSERT INTO organisations
SELECT gen_random_uuid(), valid_from, kind, name, code, parent_id, province_code, commune_code, code_system
FROM organisations LIMIT 1
"""
REBUILT = ("gateway", "coordination", "results", "scheduling")


async def test_a_campaigns_projections_are_what_its_topics_say_and_what_was_bent_by_hand_is_put_right(
    edge: Edge, house: House, khamdoan: Command
) -> None:
    workers = await a_campaign_examined(edge)
    khamdoan("subject", "erase", workers[0], "--who", "An", "--why", "the worker asked for it")

    reports = {service: check(khamdoan, service) for service in REBUILT}

    told = [(service, table["table"], table["examples"]) for service in REBUILT for table in reports[service]["tables"]]
    assert [found for found in told if found[2]] == []
    assert all(report["equal"] and not report["cut"] for report in reports.values())
    assert rows(reports["gateway"], "appointments") >= 3
    assert rows(reports["coordination"], "people") >= 3

    connection = await asyncpg.connect(house.database_url("gateway"))
    try:
        lost = await connection.fetchval(LOSE_A_VISIT)
        bent = await connection.fetchval(BEND_A_CLASS)
        await connection.execute(MAKE_UP_A_UNIT)

        found = check(khamdoan, "gateway", status=1)
        khamdoan("rebuild", "gateway")

        examples = {table["table"]: table["examples"] for table in found["tables"] if table["examples"]}
        assert examples["visits"] == [{"kind": "missing", "key": [str(lost)]}]
        assert examples["fitness"] == [{"kind": "differing", "key": [str(bent)], "columns": ["final_class"]}]
        assert [example["kind"] for example in examples["organisations"]] == ["surplus"]
        assert check(khamdoan, "gateway")["equal"]
        assert await connection.fetchval("SELECT final_class FROM fitness WHERE visit_id = $1", bent) < 6
    finally:
        await connection.close()


def check(khamdoan: Command, service: str, status: int = 0) -> dict[str, Any]:
    """The report of a comparison that changes nothing."""
    report: dict[str, Any] = json.loads(khamdoan("rebuild", service, "--check", "--json", status=status))
    return report


def rows(report: dict[str, Any], name: str) -> int:
    """How many rows a table has."""
    return next(int(table["rows"]) for table in report["tables"] if table["table"] == name)


async def a_campaign_examined(edge: Edge) -> list[str]:
    """A small campaign up to its conclusions; the workers in it."""
    campaign = await Campaign.begin(edge)
    await campaign.organise(members=3)
    await campaign.agree()
    await campaign.send_roster(people(3))
    await campaign.close_rosters()
    await campaign.offer(seats=3)
    await campaign.start(campaign.period[0])
    await campaign.examine()
    booked = await campaign.clinic.caller.pages("/appointments")
    return [appointment["worker_id"] for appointment in booked]
