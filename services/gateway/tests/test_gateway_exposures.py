"""What monitoring reports found, as the union of the unit reads it."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from gateway_builders import Clients, an_organisation

from contracts.monitoring import ExposuresProfiled
from gateway.consumers import make_consumer
from shared.database import Database
from shared.testing import Deliver

UNIT, LINE = uuid4(), uuid4()
NOISE = [{"hazard": "PHYS_NOISE"}]


def profiled(number: int, valid_from: date, *places: dict[str, Any], version: int = 1) -> ExposuresProfiled:
    return ExposuresProfiled.model_validate({
        "unit_id": UNIT, "report_id": UUID(int=number), "version": version, "measured_on": date(2026, 1, 5),
        "valid_from": valid_from, "places": [{"hazards": NOISE} | place for place in places],
    })  # fmt: skip


@pytest.fixture
async def reports(database: Database, deliver: Deliver) -> None:
    """A first report of a line and two jobs, one on the line a year later, and a correction of it on the same day."""
    said = [
        an_organisation(UNIT),
        profiled(1, date(2026, 1, 20), {"line_id": LINE}, {"job": "Công nhân may"}, {"job": "Thợ cắt"}),
        profiled(2, date(2027, 1, 20), {"line_id": LINE}, {"job": "CONG NHAN  MAY"}),
        profiled(3, date(2027, 1, 20), {"line_id": LINE}, {"job": "công nhân may"}, version=2),
    ]
    for event in said:
        await deliver(make_consumer(), database, [event])


@pytest.mark.usefixtures("reports")
@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-01-19", []),
        ("2027-01-19", [(1, 3)]),
        ("2027-01-20", [(3, 2), (1, 1)]),
        (None, [(3, 2), (2, 2), (1, 3)]),
    ],
)
async def test_of_reports_that_no_longer_hold_a_day_shows_nothing(
    as_: Clients, as_of: str | None, expected: list[tuple[int, int]]
) -> None:
    union = await as_.union(UNIT)

    shown = (await union.get(f"/units/{UNIT}/exposures", params={"as_of": as_of} if as_of else {})).json()

    assert [(UUID(report["report_id"]).int, len(report["places"])) for report in shown] == expected
